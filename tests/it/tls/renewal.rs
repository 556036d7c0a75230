//! A certificate that expires and is renewed while the server runs.

use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use rcgen::{CertificateParams, CertifiedKey, KeyPair};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use scimward::domain::certificate::Certificate;

use crate::support::app::TestApp;
use crate::support::database::{Database, Engine};
use crate::support::http::{self, Request};
use crate::support::mail_app::MailApp;
use crate::support::on_each_database;
use crate::support::process::{Scimward, ServerProcess};
use crate::support::smtp::MailServer;

on_each_database!(
    a_certificate_is_announced_twice_by_whichever_instance_is_first,
    a_certificate_that_was_renewed_is_not_announced,
    pages_and_metrics_know_when_the_certificate_expires,
);

/// A certificate for `localhost`, written to `cert.pem` and `key.pem`.
fn write_certificate(folder: &Path, expires: (i32, u8, u8)) -> CertifiedKey<KeyPair> {
    let mut asked = CertificateParams::new(["localhost".to_owned()]).unwrap();
    asked.not_before = rcgen::date_time_ymd(2026, 1, 1);
    asked.not_after = rcgen::date_time_ymd(expires.0, expires.1, expires.2);
    let signing_key = KeyPair::generate().unwrap();
    let cert = asked.self_signed(&signing_key).unwrap();
    std::fs::write(folder.join("cert.pem"), cert.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), signing_key.serialize_pem()).unwrap();
    CertifiedKey { cert, signing_key }
}

fn trusting(certificates: &[&CertifiedKey<KeyPair>]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(certificate.cert.der().clone()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = ClientConfig::builder_with_provider(provider);
    let client = client.with_safe_default_protocol_versions().unwrap();
    let mut client = client.with_root_certificates(roots).with_no_client_auth();
    // A session that is resumed shows no certificate.
    client.resumption = rustls::client::Resumption::disabled();
    Arc::new(client)
}

type Connection = StreamOwned<ClientConnection, TcpStream>;

fn connect(server: &ServerProcess, client: &Arc<ClientConfig>) -> Connection {
    let name = ServerName::try_from("localhost").unwrap();
    let client = ClientConnection::new(Arc::clone(client), name).unwrap();
    let mut stream = StreamOwned::new(client, http::connect(server.address));
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock).expect("a handshake");
    }
    stream
}

fn shown(stream: &Connection) -> CertificateDer<'static> {
    stream.conn.peer_certificates().expect("certificates")[0].clone().into_owned()
}

#[test]
fn a_renewed_certificate_is_shown_to_new_connections_and_cuts_none() {
    let database = Database::fresh(Engine::Sqlite);
    let folder = database.folder();
    let old = write_certificate(folder, (2998, 1, 1));
    let scimward = Scimward::on(&database)
        .with("SCIMWARD_TLS_CERT", "cert.pem")
        .with("SCIMWARD_TLS_KEY", "key.pem");
    let generated = scimward.run(&["token", "generate"]);
    let server = scimward.serve();
    let request = Request::new("GET", "/v1/token/validate");
    let request = request.header("Authorization", &format!("Bearer {}", generated.stdout.trim()));
    let request = request.header("Connection", "keep-alive").bytes(server.address);
    let (new, other) = (folder.join("new"), folder.join("other"));
    for folder in [&new, &other] {
        std::fs::create_dir(folder).unwrap();
    }
    let renewed = write_certificate(&new, (2999, 1, 1));
    write_certificate(&other, (2999, 1, 1));
    let client = trusting(&[&old, &renewed]);
    let mut connections: Vec<_> = (0..100).map(|_| connect(&server, &client)).collect();
    for connection in &mut connections {
        http::exchange_on(connection, &request).expect("an answer").expect(200);
        assert_eq!(shown(connection), *old.cert.der());
    }

    std::fs::copy(new.join("cert.pem"), folder.join("cert.pem")).unwrap();
    std::fs::copy(new.join("key.pem"), folder.join("key.pem")).unwrap();
    server.signal("HUP");
    while shown(&connect(&server, &client)) == *old.cert.der() {
        std::thread::yield_now();
    }
    for connection in &mut connections {
        http::exchange_on(connection, &request).expect("an answer").expect(200);
    }

    // A key that does not fit, as between the two steps of a program that renews them.
    std::fs::copy(other.join("key.pem"), folder.join("key.pem")).unwrap();
    server.signal("HUP");
    let mut last = connect(&server, &client);
    assert_eq!(shown(&last), *renewed.cert.der());
    http::exchange_on(&mut last, &request).expect("an answer").expect(200);
    drop(connections);
    let ended = server.stop();
    assert_eq!(ended.code, 0, "{ended:?}");
    for part in ["the certificate was replaced", "does not belong", "the old one is served on"] {
        assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
    }
}

#[test]
fn a_hangup_without_a_certificate_ends_nothing() {
    let database = Database::fresh(Engine::Sqlite);
    let server = Scimward::on(&database).serve();

    server.signal("HUP");
    Request::new("GET", "/healthz").send(server.address).expect(200);

    let ended = server.stop();
    assert_eq!(ended.code, 0, "{ended:?}");
}

fn certificate(fingerprint: &str, expires_at: &str) -> Certificate {
    let expires_at: DateTime<Utc> = expires_at.parse().unwrap();
    let valid_from = expires_at - TimeDelta::days(90);
    Certificate { fingerprint: fingerprint.to_owned(), valid_from, expires_at }
}

fn a_certificate_is_announced_twice_by_whichever_instance_is_first(database: &Database) {
    let server = MailServer::start();
    let extra = [("SCIMWARD_MAIL_TO_EXTRA", "team@example.com")];
    let first = MailApp::with(database, &server, &extra);
    first.add_admin("Ada");
    let second = first.second_instance(database, &server);
    let shown = certificate("a", "2026-12-20T12:00:00Z");
    for app in [&first, &second] {
        app.services().certificate.set(shown.clone());
    }
    let mut arrived = Vec::new();
    for hour in 0..24 * 40 {
        first.advance(TimeDelta::hours(1));
        let apps = if hour % 2 == 0 { [&first, &second] } else { [&second, &first] };
        for app in apps {
            app.send_due();
        }
        for mail in server.take() {
            arrived.push((mail.header("Date"), mail.to.clone(), mail.header("Subject")));
            assert!(mail.content.contains("SCIMWARD_TLS_CERT"), "{}", mail.content);
        }
    }

    arrived.sort_by_key(|(date, to, _)| (date.contains("19 Dec"), to.clone()));
    let expected = [
        ("Sat, 05 Dec 2026 09:03:00 +0000", "expires in 15 days, on 20 Dec 2026"),
        ("Sat, 19 Dec 2026 09:03:00 +0000", "expires in 1 day, on 20 Dec 2026"),
    ];
    let expected = expected.into_iter().flat_map(|(date, what)| {
        let subject = format!("[scimward] The HTTPS certificate {what}");
        ["ada@example.com", "team@example.com"]
            .map(|to| (date.to_owned(), to.to_owned(), subject.clone()))
    });
    assert_eq!(arrived, expected.collect::<Vec<_>>());
}

fn a_certificate_that_was_renewed_is_not_announced(database: &Database) {
    let server = MailServer::start();
    let app = MailApp::start(database, &server);
    app.add_admin("Ada");
    app.services().certificate.set(certificate("a", "2026-12-20T12:00:00Z"));
    app.set("2026-12-05T09:00:00Z");
    server.set_down(true);
    assert_eq!(app.send_due().left, 1);
    server.mend();

    app.services().certificate.set(certificate("b", "2027-03-20T12:00:00Z"));
    app.advance(TimeDelta::hours(1));
    let report = app.send_due();

    assert_eq!((report.due, report.left), (0, 0), "{report:?}");
    assert!(server.take().is_empty());
    app.set("2027-03-19T09:00:00Z");
    assert_eq!(app.send_due().sent, 1);
    let mail = server.take().remove(0);
    assert!(mail.header("Subject").ends_with("expires in 1 day, on 20 Mar 2027"));
}

fn pages_and_metrics_know_when_the_certificate_expires(database: &Database) {
    let app = TestApp::with(database, &[("SCIMWARD_METRICS_LISTEN", "127.0.0.1:0")]);
    let metrics = || {
        let answer = Request::new("GET", "/metrics").send(app.metrics_address.unwrap()).expect(200);
        answer.text().to_owned()
    };
    let name = "scimward_certificate_expiry_timestamp_seconds";
    let ada = app.admin("Ada");
    let page = || ada.get("/admin/activity").expect(200).text().to_owned();
    assert!(!metrics().contains(name) && !page().contains("HTTPS certificate"));

    let served = certificate("a", "2026-12-08T12:00:00Z");
    app.services().certificate.set(served.clone());
    assert!(metrics().contains(&format!("{name} {}\n", served.expires_at.timestamp())));
    assert!(!page().contains("HTTPS certificate"), "16 days before");
    for (at, title) in [
        ("2026-11-23T14:03:00Z", "certificate expires in 15 days, on 8 Dec 2026"),
        ("2026-12-07T11:59:00Z", "certificate expires in 1 day, on 8 Dec 2026"),
        ("2026-12-08T11:59:00Z", "certificate expires today, 8 Dec 2026"),
        ("2026-12-08T12:00:01Z", "certificate expired on 8 Dec 2026"),
    ] {
        app.clock.set(at.parse().unwrap());
        let fresh = app.admin("Ada");
        let page = fresh.get("/admin/activity").expect(200);
        assert!(page.text().contains(title), "{at}: {}", page.text());
    }
}
