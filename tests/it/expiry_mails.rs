//! Who gets which mail about the expiry, and when.

use chrono::TimeDelta;
use scimward::domain::activity::Kind;
use scimward::store;

use crate::support::database::Database;
use crate::support::mail_app::MailApp;
use crate::support::on_each_database;
use crate::support::smtp::{Fault, MailServer};

on_each_database!(
    a_token_is_announced_four_times_in_its_life,
    after_downtime_only_the_latest_mail_goes_out,
    a_mail_server_that_is_down_over_two_milestones_brings_only_the_latest,
    a_replaced_token_is_silent_at_once,
    an_admin_gets_the_mails_that_become_due_while_active,
    everybody_gets_a_mail_about_a_new_token,
    the_replaced_token_that_is_still_presented_is_reported_once,
    the_clock_may_move_in_both_directions,
    a_milestone_with_nobody_to_tell_waits_for_somebody,
    a_look_ahead_changes_nothing,
);

/// Hour by hour through the token's month and a week after it.
fn a_token_is_announced_four_times_in_its_life(database: &Database) {
    let server = MailServer::start();
    let zone = [
        ("SCIMWARD_TIMEZONE", "America/Los_Angeles"),
        ("SCIMWARD_MAIL_TO_EXTRA", "team@example.com, ADA@example.com"),
    ];
    let app = MailApp::with(database, &server, &zone);
    app.set("2027-02-20T00:30:00Z");
    for name in ["Ada", "Grace"] {
        app.add_admin(name);
    }
    let token = app.generate_and_send(1);
    assert_eq!(token.expires_at.to_rfc3339(), "2027-03-20T00:30:00+00:00");
    server.take();

    let mut arrived = Vec::new();
    for _ in 0..24 * 36 {
        app.advance(TimeDelta::hours(1));
        app.send_due();
        for mail in server.take() {
            let name = mail.to.split('@').next().unwrap().to_owned();
            arrived.push(format!("{} {name} {}", mail.header("Date"), mail.header("Subject")));
        }
    }

    let expected = [
        ("Thu, 04 Mar 2027 17:30:00 +0000", "expires in 15 days, on 19 Mar 2027"),
        ("Thu, 18 Mar 2027 16:30:00 +0000", "expires in 1 day, on 19 Mar 2027"),
        ("Fri, 19 Mar 2027 16:30:00 +0000", "expires today, 19 Mar 2027, at 17:30 PDT"),
        ("Sat, 20 Mar 2027 16:30:00 +0000", "expired on 19 Mar 2027, SCIM sync has stopped"),
    ];
    let expected = expected.into_iter().flat_map(|(date, subject)| {
        ["ada", "grace", "team"]
            .map(|name| format!("{date} {name} [scimward] SCIM token {subject}"))
    });
    assert_eq!(arrived, expected.collect::<Vec<_>>());
}

fn after_downtime_only_the_latest_mail_goes_out(database: &Database) {
    let server = MailServer::start();
    let app = MailApp::start(database, &server);
    app.add_admin("Ada");
    app.generate_and_send(1);
    server.take();

    app.set("2027-01-11T10:00:00Z");
    app.send_due();

    let mails = server.take();
    assert_eq!(mails.len(), 1);
    assert_eq!(
        mails[0].header("Subject"),
        "[scimward] SCIM token expired on 22 Dec 2026, 20 days ago"
    );
    assert_eq!(
        app.statuses(),
        [
            "minus15 superseded ada",
            "minus1 superseded ada",
            "day0 superseded ada",
            "plus1 sent ada",
            "generated sent ada"
        ]
    );
    app.advance(TimeDelta::days(300));
    app.send_due();
    assert!(server.take().is_empty());
}

fn a_mail_server_that_is_down_over_two_milestones_brings_only_the_latest(database: &Database) {
    let server = MailServer::start();
    let app = MailApp::start(database, &server);
    for name in ["Ada", "Grace", "Zoe"] {
        app.add_admin(name);
    }
    app.generate_and_send(1);
    server.take();
    server.set_down(true);

    for day in ["2026-12-07", "2026-12-21"] {
        app.set(&format!("{day}T09:00:00Z"));
        let connections = server.connections();
        let report = app.send_due();
        assert_eq!((report.due, report.sent, report.failed, report.left), (3, 0, 0, 3));
        assert_eq!(server.connections(), connections + 1, "one try is enough for all");
    }
    assert!(app.statuses().contains(&"minus1 retrying zoe".to_owned()), "{:?}", app.statuses());
    app.set("2026-12-22T09:30:00Z");
    server.set_down(false);
    app.send_due();

    let mails = server.take();
    let subjects: Vec<_> = mails.iter().map(|mail| mail.header("Subject")).collect();
    assert_eq!(subjects, ["[scimward] SCIM token expires today, 22 Dec 2026, at 14:03 UTC"; 3]);
    let statuses = app.statuses();
    assert_eq!(statuses[0], "minus15 superseded ada");
    assert_eq!(statuses[3], "minus1 superseded ada");
    assert_eq!(statuses[6], "day0 sent ada");
    assert_eq!(statuses[9], "plus1 planned ada");
    app.advance(TimeDelta::minutes(10));
    app.send_now();
    assert!(server.take().is_empty());
}

fn a_replaced_token_is_silent_at_once(database: &Database) {
    let server = MailServer::start();
    let app = MailApp::start(database, &server);
    app.add_admin("Ada");
    let old = app.generate_and_send(1);
    server.fault("ada@example.com", Fault::Recipient("451 4.3.0 later"));
    app.set("2026-12-07T09:00:00Z");
    app.send_due();
    assert!(app.statuses().contains(&"minus15 retrying ada".to_owned()), "{:?}", app.statuses());
    server.mend();
    server.take();

    let new = app.generate(6);
    app.send_now();
    app.set("2026-12-22T15:00:00Z");
    app.send_now();

    let mails = server.take();
    assert_eq!(mails.len(), 1);
    assert_eq!(
        mails[0].header("Subject"),
        "[scimward] New SCIM token generated at the command line"
    );
    assert!(
        mails[0].content.contains(new.id.as_str()) && mails[0].content.contains(old.id.as_str())
    );
}

fn an_admin_gets_the_mails_that_become_due_while_active(database: &Database) {
    let server = MailServer::start();
    let app = MailApp::start(database, &server);
    for name in ["Ada", "Grace", "Zoe"] {
        app.add_admin(name);
    }
    app.generate_and_send(1);
    server.take();
    server.fault("grace@example.com", Fault::Recipient("450 4.2.0 later"));
    app.set("2026-12-07T09:00:00Z");
    app.send_due();
    assert_eq!(server.take().len(), 2);

    app.add_admin("Mary");
    app.deactivate("Grace");
    app.deactivate("Zoe");
    server.mend();
    app.advance(TimeDelta::hours(1));
    let report = app.send_due();
    assert_eq!((report.due, report.left), (0, 0));
    assert!(server.take().is_empty());
    assert!(app.statuses().contains(&"minus15 cancelled grace".to_owned()), "{:?}", app.statuses());
    app.set("2026-12-21T09:00:00Z");
    app.send_due();

    let mut recipients: Vec<_> = server.take().into_iter().map(|mail| mail.to).collect();
    recipients.sort();
    assert_eq!(recipients, ["ada@example.com", "mary@example.com"]);
}

fn everybody_gets_a_mail_about_a_new_token(database: &Database) {
    let server = MailServer::start();
    let app = MailApp::with(database, &server, &[("SCIMWARD_MAIL_TO_EXTRA", "team@example.com")]);
    for name in ["Ada", "Grace"] {
        app.add_admin(name);
    }

    let first = app.generate(2);
    app.advance(TimeDelta::seconds(1));
    let second = app.generate(3);
    app.send_due();

    let mails = server.take();
    let mut to: Vec<_> = mails.iter().map(|mail| mail.to.as_str()).collect();
    to[..3].sort_unstable();
    to[3..].sort_unstable();
    let everybody = ["ada@example.com", "grace@example.com", "team@example.com"];
    assert_eq!(to, [everybody, everybody].concat());
    let reason = "your address is configured to receive";
    for mail in &mails {
        let text = mail.content.replace("=\r\n", "").replace("\r\n", " ");
        assert_eq!(text.contains(reason), mail.to == "team@example.com", "{text}");
    }
    assert!(
        mails[0].content.contains("Token ID: ") || mails[0].content.contains(first.id.as_str())
    );
    assert!(!mails[0].content.contains("Revoked token ID"));
    assert!(mails[3].content.contains(second.id.as_str()));
    assert!(mails[3].content.contains("Revoked token ID"));
    let entries = app.store().read(|conn| store::activity::page(conn, None, &[Kind::MailSent], 9));
    let entries = app.wait(entries).unwrap();
    assert_eq!(entries.len(), 2);
    assert!(entries.iter().all(|entry| entry.event.count == 3));
}

fn the_replaced_token_that_is_still_presented_is_reported_once(database: &Database) {
    let server = MailServer::start();
    let app = MailApp::start(database, &server);
    app.add_admin("Ada");
    let old = app.generate_and_send(6);
    app.generate_and_send(6);
    server.take();
    let present = |minutes: i64| {
        app.advance(TimeDelta::minutes(minutes));
        let now = app.services().now();
        let id = old.id.clone();
        let late =
            scimward::domain::token::LateUse { count: 1, at: now, from: [192, 0, 2, 7].into() };
        let write = app.store().write(store::Lock::Usage, move |conn| {
            store::tokens::uses::record_late(conn, &id, &late)
        });
        app.wait(write).unwrap();
        app.send_due();
        server.take()
    };

    assert!(present(15).is_empty());
    let mails = present(1);
    assert!(present(60).is_empty());

    assert_eq!(mails.len(), 1);
    assert_eq!(
        mails[0].header("Subject"),
        "[scimward] Requests still name the replaced SCIM token"
    );
    assert!(mails[0].content.contains("192.0.2.7") && mails[0].content.contains("2 requests"));
}

fn the_clock_may_move_in_both_directions(database: &Database) {
    let server = MailServer::start();
    let app = MailApp::start(database, &server);
    app.add_admin("Ada");
    app.generate_and_send(1);
    server.take();
    let subjects = |at: &str| {
        app.set(at);
        app.send_due();
        app.send_now();
        server.take().iter().map(|mail| mail.header("Subject")).collect::<Vec<_>>().join(" | ")
    };

    assert!(subjects("2026-12-07T09:00:00Z").contains("in 15 days"));
    assert_eq!(subjects("2026-12-07T08:59:58Z"), "");
    assert_eq!(subjects("2026-11-20T09:00:00Z"), "");
    assert!(subjects("2026-12-27T09:00:00Z").contains("5 days ago"));
    assert_eq!(subjects("2026-12-07T10:00:00Z"), "");
    assert!(subjects("2026-12-21T09:00:00Z").contains("in 1 day"));
    assert!(subjects("2026-12-22T09:00:00Z").contains("expires today"));
    assert!(subjects("2026-12-23T09:00:00Z").contains("expired on 22 Dec 2026"));
    assert_eq!(subjects("2026-12-27T09:00:00Z"), "");
}

fn a_milestone_with_nobody_to_tell_waits_for_somebody(database: &Database) {
    let server = MailServer::start();
    let app = MailApp::start(database, &server);
    app.generate(1);
    app.set("2026-12-07T09:00:00Z");
    assert!(app.send_due().nobody_to_tell);

    app.add_admin("Ada");
    app.advance(TimeDelta::days(1));
    assert!(!app.send_due().nobody_to_tell);

    assert_eq!(
        server.take()[0].header("Subject"),
        "[scimward] SCIM token expires in 14 days, on 22 Dec 2026"
    );
}

fn a_look_ahead_changes_nothing(database: &Database) {
    let server = MailServer::start();
    let app = MailApp::start(database, &server);
    app.add_admin("Ada");
    app.generate_and_send(1);
    server.take();

    let at = "2026-12-21T09:00:00Z".parse().unwrap();
    let ahead = app.wait(app.services().mails.overview(Some(at))).unwrap();

    let statuses: Vec<_> = ahead.mails.iter().map(|mail| mail.status.as_str()).collect();
    assert_eq!(statuses, ["superseded", "due", "planned", "planned", "sent"]);
    assert_eq!(
        app.statuses(),
        [
            "minus15 planned ada",
            "minus1 planned ada",
            "day0 planned ada",
            "plus1 planned ada",
            "generated sent ada"
        ]
    );
    assert!(server.take().is_empty());
}
