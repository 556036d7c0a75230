//! What happens between scimward and a mail server that misbehaves, and between two instances.

pub(crate) mod certificates;

use std::time::Duration;

use chrono::TimeDelta;
use scimward::domain::activity::Kind;
use scimward::service::mails::{Delivery, MailStatus};
use scimward::store;

use crate::support::database::{Database, Engine};
use crate::support::mail_app::MailApp;
use crate::support::on_each_database;
use crate::support::process::Scimward;
use crate::support::smtp::{Fault, MailServer, Protection};

on_each_database!(
    no_recipient_holds_up_the_others,
    two_instances_send_each_mail_once,
    a_crash_between_sending_and_confirming_costs_one_duplicate,
    a_lost_answer_costs_one_duplicate,
    delays_grow_and_the_last_mail_is_given_up_after_a_week,
    many_recipients_share_a_connection,
    a_test_mail_brings_the_answer,
);

/// Three admins on the day of the first mail.
fn on_the_first_day(database: &Database, server: &MailServer) -> MailApp {
    let app = MailApp::start(database, server);
    for name in ["Ada", "Grace", "Zoe"] {
        app.add_admin(name);
    }
    app.generate_and_send(1);
    server.take();
    app.set("2026-12-07T09:00:00Z");
    app
}

fn no_recipient_holds_up_the_others(database: &Database) {
    for (fault, failed, answer) in [
        (Fault::Recipient("550 5.1.1 no such user"), 1, "550 5.1.1 no such user"),
        (Fault::Content("554 5.7.1 spam"), 1, "554 5.7.1 spam"),
        (Fault::Recipient("450 4.2.1 busy"), 0, "450 4.2.1 busy"),
        (Fault::Recipient("421 4.3.2 closing"), 0, "421 4.3.2 closing"),
        (Fault::Content("451 4.3.0 disk full"), 0, "451 4.3.0 disk full"),
        (Fault::DropInData, 0, "The mail server closed the connection."),
    ] {
        let server = MailServer::start();
        let fresh = Database::fresh(database.engine());
        let app = on_the_first_day(&fresh, &server);
        server.fault("ada@example.com", fault);

        let report = app.send_due();

        let mut recipients: Vec<_> = server.take().into_iter().map(|mail| mail.to).collect();
        recipients.sort();
        assert_eq!(recipients, ["grace@example.com", "zoe@example.com"], "{fault:?}");
        assert_eq!((report.due, report.sent, report.failed), (3, 2, failed), "{fault:?}");
        let mail = app.overview().mails.remove(0);
        match mail.status {
            MailStatus::Failed { answer: shown, .. }
            | MailStatus::Retrying { answer: shown, .. } => {
                assert!(shown.contains(answer) || matches!(fault, Fault::DropInData), "{shown}");
            }
            other => panic!("{other:?}"),
        }
        server.mend();
        app.advance(TimeDelta::minutes(1));
        app.send_due();
        assert_eq!(server.take().len(), 1 - failed, "{fault:?}");
        app.set("2026-12-21T09:00:00Z");
        assert_eq!(app.send_due().sent, 3, "{fault:?}");
    }
}

fn two_instances_send_each_mail_once(database: &Database) {
    let server = MailServer::start();
    let app = MailApp::start(database, &server);
    for number in 0..20 {
        app.add_admin(&format!("Admin{number}"));
    }
    app.generate_and_send(1);
    server.take();
    app.set("2026-12-07T09:00:00Z");
    let others: Vec<MailApp> = (0..3).map(|_| app.second_instance(database, &server)).collect();

    std::thread::scope(|scope| {
        for other in &others {
            scope.spawn(move || {
                let runtime =
                    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let sending = other.services().mails.send_due(|| false);
                runtime.block_on(sending).expect("the database answers");
            });
        }
    });

    let mut ids: Vec<_> = server.take().iter().map(|mail| mail.header("Message-ID")).collect();
    assert_eq!(ids.len(), 20);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 20);
    assert_eq!(app.send_due().due, 0);
}

fn a_crash_between_sending_and_confirming_costs_one_duplicate(database: &Database) {
    let server = MailServer::start();
    let app = on_the_first_day(database, &server);
    server.fault("ada@example.com", Fault::NeverAnswer);
    let sending = app.services().mails.send_due(|| false);
    let crashed =
        app.wait(async { tokio::time::timeout(Duration::from_millis(500), sending).await });
    assert!(crashed.is_err());
    let before = server.take();
    server.mend();

    let other = app.second_instance(database, &server);
    other.send_due();
    let meanwhile = server.take();
    app.advance(TimeDelta::minutes(5));
    other.send_due();
    let after = server.take();

    assert_eq!(before.len(), 1);
    assert_eq!(meanwhile.len(), 2, "the claim still holds");
    assert_eq!(after.len(), 1);
    assert_eq!(after[0].to, "ada@example.com");
    assert_eq!(before[0].header("Message-ID"), after[0].header("Message-ID"));
    assert!(app.statuses().contains(&"minus15 sent ada".to_owned()));
}

fn a_lost_answer_costs_one_duplicate(database: &Database) {
    let server = MailServer::start();
    let app = on_the_first_day(database, &server);
    server.fault("grace@example.com", Fault::DropAnswer);

    let report = app.send_due();
    server.mend();
    app.advance(TimeDelta::minutes(1));
    app.send_due();

    let mails = server.take();
    assert_eq!((report.sent, report.left, mails.len()), (2, 1, 4));
    let to_grace: Vec<_> = mails.iter().filter(|mail| mail.to.starts_with("grace")).collect();
    assert_eq!(to_grace.len(), 2);
    assert_eq!(to_grace[0].header("Message-ID"), to_grace[1].header("Message-ID"));
}

fn delays_grow_and_the_last_mail_is_given_up_after_a_week(database: &Database) {
    let server = MailServer::start();
    let app = on_the_first_day(database, &server);
    server.fault("ada@example.com", Fault::Recipient("450 4.2.1 busy"));
    app.set("2026-12-23T09:00:00Z");
    let first = app.services().now();
    let to_ada = |app: &MailApp| {
        let mails = app.overview().mails.into_iter();
        let mut last = mails.filter(|mail| mail.kind.as_str() == "plus1");
        last.find(|mail| mail.address.starts_with("ada")).expect("a mail to Ada").status
    };

    let mut tries = vec![0];
    app.send_due();
    while let MailStatus::Retrying { next_try_at, .. } = to_ada(&app) {
        app.clock.set(next_try_at - TimeDelta::seconds(1));
        assert_eq!(app.send_due().due, 0, "{next_try_at}");
        app.advance(TimeDelta::seconds(1));
        app.send_due();
        tries.push((next_try_at - first).num_minutes());
    }

    assert_eq!(tries[..10], [0, 1, 3, 7, 15, 31, 63, 127, 255, 511]);
    assert_eq!(tries[11] - tries[10], 360);
    assert!(*tries.last().unwrap() < 60 * 24 * 7, "{tries:?}");
    assert!(app.statuses().contains(&"plus1 failed ada".to_owned()), "{:?}", app.statuses());
    assert!(!app.overview().banner.health.reaches_nobody());
    let failures =
        app.store().read(|conn| store::activity::page(conn, None, &[Kind::MailFailed], 9));
    let failures = app.wait(failures).unwrap();
    assert_eq!(failures.len(), 1);
    let detail = failures[0].event.detail.as_deref();
    assert_eq!(detail, Some("ada@example.com: 450 4.2.1 busy"));
}

fn many_recipients_share_a_connection(database: &Database) {
    let server = MailServer::start();
    let addresses: Vec<_> = (0..150).map(|number| format!("a{number}@example.com")).collect();
    let extra = addresses.join(",");
    let app = MailApp::with(database, &server, &[("SCIMWARD_MAIL_TO_EXTRA", &extra)]);
    app.add_admin("Ada");
    app.generate_and_send(1);
    server.take();
    let connections = server.connections();
    server.fault("a50@example.com", Fault::Recipient("550 5.1.1 unknown"));
    app.set("2026-12-07T09:00:00Z");

    let report = app.send_due();

    assert_eq!((report.due, report.sent, report.failed, report.left), (151, 150, 1, 0));
    assert_eq!(server.take().len(), 150);
    assert_eq!(server.connections(), connections + 1);
}

fn a_test_mail_brings_the_answer(database: &Database) {
    let server = MailServer::start();
    let app = MailApp::start(database, &server);
    app.add_admin("Ada");
    server.fault("eve@example.com", Fault::Recipient("550 5.1.1 no such user"));
    let send = |address: &str| {
        let sent = app.services().mails.test_address(address.parse().unwrap());
        app.wait(sent).unwrap()
    };

    assert_eq!(send("ada@example.com"), Delivery::Accepted("250 2.0.0 queued as 42".to_owned()));
    assert_eq!(send("eve@example.com"), Delivery::Refused("550 5.1.1 no such user".to_owned()));
    let mails = server.take();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].header("Subject"), "[scimward] Test mail");
    assert!(!app.overview().banner.health.reaches_nobody());
}

#[test]
fn a_mail_server_is_trusted_by_its_certificate_and_signed_in_to() {
    let database = Database::fresh(Engine::Sqlite);
    for (protection, scheme) in [(Protection::StartTls, "smtp"), (Protection::Implicit, "smtps")] {
        let server = MailServer::with(protection);
        let authority = database.folder().join("authority.pem");
        std::fs::write(&authority, &server.certificate).unwrap();
        let test = |login: &str, authority: &str| {
            let url = format!("{scheme}://{login}localhost:{}", server.port);
            let scimward = Scimward::on(&database)
                .with("SCIMWARD_SMTP_URL", &url)
                .with("SCIMWARD_MAIL_FROM", "scim@example.com")
                .with("SSL_CERT_FILE", authority);
            scimward.run(&["mail", "test", "ada@example.com"])
        };
        let authority = authority.display().to_string();

        let stranger = test("user:password@", "/dev/null");
        assert_eq!(stranger.code, 1, "{stranger:?}");
        assert!(stranger.stderr.contains("certificate"), "{stranger:?}");
        assert!(!server.has_heard("AUTH"), "no password for a server that is not trusted");
        let wrong = test("user:wrong@", &authority);
        assert!(wrong.code == 1 && wrong.stderr.contains("535 5.7.8"), "{wrong:?}");
        let anonymous = test("", &authority);
        assert!(anonymous.code == 1 && anonymous.stderr.contains("530 5.7.0"), "{anonymous:?}");
        assert!(server.take().is_empty());
        let right = test("user:password@", &authority);
        assert!(right.code == 0 && right.stdout.contains("250 2.0.0 queued as 42"), "{right:?}");
        assert_eq!(server.take().len(), 1);
    }
}

#[test]
fn without_starttls_nothing_is_sent() {
    let database = Database::fresh(Engine::Sqlite);
    let server = MailServer::start();
    let url = format!("smtp://user:password@localhost:{}", server.port);

    let scimward = Scimward::on(&database)
        .with("SCIMWARD_SMTP_URL", &url)
        .with("SCIMWARD_MAIL_FROM", "scim@example.com");
    let refused = scimward.run(&["mail", "test", "ada@example.com"]);

    assert!(refused.code == 1 && refused.stderr.contains("STARTTLS"), "{refused:?}");
    assert!(!refused.stderr.contains("password"), "{refused:?}");
    assert!(!server.has_heard("AUTH") && !server.has_heard("MAIL") && server.take().is_empty());
}

#[test]
fn what_another_instance_is_sending_is_no_failure() {
    let database = Database::fresh(Engine::Sqlite);
    let server = MailServer::start();
    let scimward = Scimward::on(&database)
        .with("SCIMWARD_SMTP_URL", &server.url())
        .with("SCIMWARD_MAIL_FROM", "scim@example.com");
    scimward.add_admin("ada");
    assert_eq!(scimward.run(&["token", "generate"]).code, 0);
    server.fault("ada@example.com", Fault::NeverAnswer);
    let mut sending = scimward.spawn(&["notify"]);
    while server.take().is_empty() {
        std::thread::yield_now();
    }

    let beside = scimward.run(&["notify"]);
    let json = scimward.run(&["notify", "--json"]);

    assert_eq!(beside.code, 0, "{beside:?}");
    assert!(beside.stdout.contains("0 left, 1 being sent by another instance"), "{beside:?}");
    let json: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!((&json["left"], &json["elsewhere"]), (&0.into(), &1.into()));
    sending.kill().unwrap();
    sending.wait().unwrap();
}
