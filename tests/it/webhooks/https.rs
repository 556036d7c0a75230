//! Receivers that are called over TLS: which are believed, and what is said about others.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{CertifiedKey, KeyPair};
use rustls::{ServerConnection, StreamOwned};

use super::{HIDDEN, SECRET};
use crate::mail_server::certificates::{own_authority, signed};
use crate::support::database::{Database, Engine};
use crate::support::process::Scimward;
use crate::support::smtp;

/// A receiver with this certificate that takes everything: its port, and how much it has taken.
fn receiver(shown: &CertifiedKey<KeyPair>) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().unwrap().port();
    let (tls, taken) = (Arc::new(smtp::tls(shown)), Arc::<AtomicUsize>::default());
    let counted = Arc::clone(&taken);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = ServerConnection::new(Arc::clone(&tls)).expect("a TLS connection");
            let mut stream = BufReader::new(StreamOwned::new(connection, stream));
            let (mut line, mut length) = (String::new(), 0);
            // A client that does not believe the certificate says nothing.
            while stream.read_line(&mut line).is_ok_and(|read| read > 2) {
                let value = line.to_ascii_lowercase();
                if let Some(value) = value.strip_prefix("content-length:") {
                    length = value.trim().parse().expect("a number");
                }
                line.clear();
            }
            if length > 0 && stream.read_exact(&mut vec![0; length]).is_ok() {
                counted.fetch_add(1, Ordering::SeqCst);
                let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                let _ = stream.get_mut().write_all(answer.as_bytes());
            }
        }
    });
    (port, taken)
}

#[test]
fn an_authority_of_ones_own_is_asked_for_and_believed() {
    let database = Database::fresh(Engine::Sqlite);
    let file = |name: &str| database.folder().join(name).display().to_string();
    std::fs::write(file("other.pem"), signed().1).unwrap();
    let (of_its_own, expired) = (own_authority(2999), own_authority(2020));
    let (pem, expired_pem) = (of_its_own.cert.pem(), expired.cert.pem());
    for ((shown, trusted), cause) in [
        ((of_its_own, pem), "self-signed"),
        (signed(), "no authority that this machine trusts"),
        ((expired, expired_pem), "has expired"),
    ] {
        let (port, taken) = receiver(&shown);
        std::fs::write(file("own.pem"), trusted).unwrap();
        let test = |host: &str, trusted: &str| {
            let setting = format!("json https://{host}:{port}/hooks/{HIDDEN} {SECRET}");
            let scimward = Scimward::on(&database).with("SCIMWARD_WEBHOOKS", &setting);
            // No variable puts a proxy in between.
            let scimward = scimward.with("HTTPS_PROXY", "http://127.0.0.1:1");
            scimward.with("SSL_CERT_FILE", trusted).run(&["webhook", "test"])
        };
        let is_expired = cause == "has expired";
        let own = if is_expired { [cause, "localhost:"] } else { ["", ""] };
        let others = if is_expired { [cause, ""] } else { [cause, "SSL_CERT_FILE"] };
        for (host, trusted, causes) in [
            ("localhost", "/dev/null", others),
            ("localhost", &*file("other.pem"), others),
            ("localhost", &*file("own.pem"), own),
            ("127.0.0.1", &*file("own.pem"), ["127.0.0.1", "SCIMWARD_WEBHOOKS"]),
        ] {
            let is_believed = causes == ["", ""];
            if is_expired && host == "127.0.0.1" {
                continue;
            }
            let ended = test(host, trusted);
            assert_eq!(
                ended.code,
                i32::from(!is_believed),
                "{cause}, {host}, {trusted}: {ended:?}"
            );
            for part in causes {
                assert!(ended.stderr.contains(part), "{part}: {ended:?}");
            }
            assert!(!ended.stderr.contains(&format!("{host}:{port}: {host}")), "{ended:?}");
            for hidden in [HIDDEN, SECRET] {
                assert!(!ended.stderr.contains(hidden) && !ended.stdout.contains(hidden));
            }
        }
        let expected = usize::from(!is_expired);
        assert_eq!(taken.load(Ordering::SeqCst), expected, "{cause}: nothing is said to others");
    }
}
