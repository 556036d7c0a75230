//! The mails about API keys.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use scimward::domain::admin::actor::{Actor, Author};
use scimward::domain::keys::ApiKey;
use scimward::domain::keys::scope::Scope;
use scimward::domain::keys::secret::{KeyDigest, PlainKey};
use scimward::service::keys::NewKey;
use scimward::store::{self, Lock, StoreError, Transaction};

use crate::support::database::Database;
use crate::support::mail_app::MailApp;
use crate::support::on_each_database;
use crate::support::smtp::{MailServer, Received};

on_each_database!(
    everybody_is_told_of_a_key_that_may_replace_the_token,
    its_maker_is_told_before_a_key_expires,
    a_key_that_does_not_work_wants_no_reminder,
);

fn company(database: &Database, server: &MailServer) -> MailApp {
    let app = MailApp::with(database, server, &[("SCIMWARD_MAIL_TO_EXTRA", "team@example.com")]);
    app.add_admin("Ada");
    app.add_admin("Grace");
    app.send_due();
    server.take();
    app
}

/// The subject without the product, and without the encoding of RFC 2047.
fn subject(mail: &Received) -> String {
    let raw = mail.header("Subject");
    let words = raw.split(' ').map(|word| {
        let encoded = word.strip_prefix("=?utf-8?b?").and_then(|rest| rest.strip_suffix("?="));
        match encoded {
            Some(encoded) => {
                format!(" {}", String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap())
            }
            None => format!(" {word}"),
        }
    });
    let subject = words.collect::<String>().replace("  ", " ");
    subject.trim().trim_start_matches("[scimward] ").to_owned()
}

fn sent(app: &MailApp, server: &MailServer) -> Vec<Received> {
    app.send_due();
    let mut mails = server.take();
    mails.sort_by(|one, other| one.to.cmp(&other.to));
    mails
}

/// A key that Grace, or somebody at the command line, has made: it is valid for 20 days.
fn store_key(app: &MailApp, name: &str, by: Actor) -> ApiKey {
    let plain = PlainKey::generate(|bytes| bytes.fill(u8::try_from(name.len()).unwrap()));
    let now = app.services().now();
    let key = ApiKey {
        id: plain.id().clone(),
        digest: Some(KeyDigest::of(plain.expose())),
        name: name.parse().unwrap(),
        scope: Scope::Read,
        created_at: now,
        created_by: by,
        maker_is_active: true,
        expires_at: now + TimeDelta::days(20),
        revocation: None,
        last_use: None,
    };
    let stored = key.clone();
    let write = move |conn: &mut Transaction| store::keys::insert(conn, &stored, None);
    let written: Result<(), StoreError> = app.wait(app.store().write(Lock::Admins, write));
    written.expect("a key");
    key
}

fn everybody_is_told_of_a_key_that_may_replace_the_token(database: &Database) {
    let server = MailServer::start();
    let app = company(database, &server);
    for scope in [Scope::Read, Scope::Replace] {
        let (name, validity) = ("Terraform".parse().unwrap(), "3".parse().unwrap());
        let new = NewKey { name, scope, validity, request: None };
        app.wait(app.services().keys.create(new, Author::CommandLine)).expect("a key");
    }

    let mails = sent(&app, &server);

    let told: Vec<_> = mails.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(told, ["ada@example.com", "grace@example.com", "team@example.com"]);
    let subjects: Vec<_> = mails.iter().map(subject).collect();
    assert_eq!(subjects, ["API key “Terraform” created at the command line"; 3]);
    let overview = app.overview();
    assert!(overview.events.iter().any(|event| event.subject.as_deref() == Some("Terraform")));
    assert!(sent(&app, &server).is_empty());
}

fn its_maker_is_told_before_a_key_expires(database: &Database) {
    let server = MailServer::start();
    let app = company(database, &server);
    store_key(&app, "Grafana", app.admin("Grace").actor());
    store_key(&app, "Backup", Actor::CommandLine);
    let other = app.second_instance(database, &server);
    let mut told = Vec::new();
    for _ in 0..22 {
        app.advance(TimeDelta::days(1));
        for mail in [sent(&app, &server), sent(&other, &server)].concat() {
            told.push((subject(&mail), mail.to));
        }
    }
    told.sort_unstable();

    let row = |subject: &str, to: &str| (subject.to_owned(), format!("{to}@example.com"));
    assert_eq!(
        told,
        [
            row("API key “Backup” expires in 1 day, on 12 Dec 2026", "ada"),
            row("API key “Backup” expires in 1 day, on 12 Dec 2026", "grace"),
            row("API key “Backup” expires in 1 day, on 12 Dec 2026", "team"),
            row("API key “Backup” expires in 15 days, on 12 Dec 2026", "ada"),
            row("API key “Backup” expires in 15 days, on 12 Dec 2026", "grace"),
            row("API key “Backup” expires in 15 days, on 12 Dec 2026", "team"),
            row("API key “Grafana” expires in 1 day, on 12 Dec 2026", "grace"),
            row("API key “Grafana” expires in 15 days, on 12 Dec 2026", "grace"),
        ]
    );
}

fn a_key_that_does_not_work_wants_no_reminder(database: &Database) {
    let server = MailServer::start();
    let app = company(database, &server);
    let revoked = store_key(&app, "Old", Actor::CommandLine);
    let hers = store_key(&app, "Hers", app.admin("Grace").actor());
    let revoke = app.services().keys.revoke(revoked.id, Author::CommandLine);
    app.wait(revoke).expect("it is revoked");
    app.deactivate("Grace");
    app.send_due();
    server.take();

    app.advance(TimeDelta::days(6));
    assert!(sent(&app, &server).is_empty());

    // Queued while the mail server is away, and not sent once the key has ended.
    let admins = &app.services().admins;
    app.wait(admins.set_active(app.admin("Grace").id, true, Author::CommandLine)).unwrap();
    app.send_due();
    server.take();
    let waiting = store_key(&app, "Waiting", app.admin("Grace").actor());
    app.advance(TimeDelta::days(6));
    server.set_down(true);
    app.send_due();
    for key in [hers, waiting] {
        app.wait(app.services().keys.revoke(key.id, Author::CommandLine)).expect("revoked");
    }
    server.set_down(false);
    app.advance(TimeDelta::hours(1));
    assert!(sent(&app, &server).is_empty());
}
