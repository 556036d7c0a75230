//! Who gets which mail about the expiry, and when.

use chrono::TimeDelta;
use scimward::domain::activity::Kind;
use scimward::store;

use crate::support::database::Database;
use crate::support::on_each_database;
use crate::support::post::Post;
use crate::support::smtp::{Fault, MailServer};

on_each_database!(
    a_token_is_announced_four_times_in_its_life,
    after_downtime_only_the_latest_mail_goes_out,
    a_mail_server_that_is_down_over_two_milestones_brings_only_the_latest,
    a_replaced_token_is_silent_at_once,
    whoever_is_added_or_leaves_in_between_gets_what_is_theirs,
    each_admin_hears_of_a_new_token,
    the_replaced_token_that_is_still_presented_is_reported_once,
    the_clock_may_move_in_both_directions,
    a_milestone_with_nobody_to_tell_waits_for_somebody,
    a_look_ahead_changes_nothing,
);

/// Day by day, in hours of the token's last month and a week after it.
fn a_token_is_announced_four_times_in_its_life(database: &Database) {
    let server = MailServer::start();
    let zone = [
        ("SCIMWARD_TIMEZONE", "America/Los_Angeles"),
        ("SCIMWARD_MAIL_TO_EXTRA", "team@example.com, ADA@example.com"),
    ];
    let post = Post::with(database, &server, &zone);
    post.set("2027-02-20T00:30:00Z");
    for name in ["Ada", "Grace"] {
        post.admin(name);
    }
    let token = post.generate_and_tell(1);
    assert_eq!(token.expires_at.to_rfc3339(), "2027-03-20T00:30:00+00:00");
    server.take();

    let mut arrived = Vec::new();
    for _ in 0..24 * 36 {
        post.advance(TimeDelta::hours(1));
        post.pass();
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
    let post = Post::start(database, &server);
    post.admin("Ada");
    post.generate_and_tell(1);
    server.take();

    post.set("2027-01-11T10:00:00Z");
    post.pass();

    let mails = server.take();
    assert_eq!(mails.len(), 1);
    assert_eq!(
        mails[0].header("Subject"),
        "[scimward] SCIM token expired on 22 Dec 2026, 20 days ago"
    );
    assert_eq!(
        post.states(),
        [
            "minus15 superseded ada",
            "minus1 superseded ada",
            "day0 superseded ada",
            "plus1 sent ada",
            "generated sent ada"
        ]
    );
    post.advance(TimeDelta::days(300));
    post.pass();
    assert!(server.take().is_empty());
}

fn a_mail_server_that_is_down_over_two_milestones_brings_only_the_latest(database: &Database) {
    let server = MailServer::start();
    let post = Post::start(database, &server);
    for name in ["Ada", "Grace", "Zoe"] {
        post.admin(name);
    }
    post.generate_and_tell(1);
    server.take();
    server.set_down(true);

    for day in ["2026-12-07", "2026-12-21"] {
        post.set(&format!("{day}T09:00:00Z"));
        let connections = server.connections();
        let report = post.pass();
        assert_eq!((report.due, report.sent, report.failed, report.left), (3, 0, 0, 3));
        assert_eq!(server.connections(), connections + 1, "one try tells for all");
    }
    assert!(post.states().contains(&"minus1 retrying zoe".to_owned()), "{:?}", post.states());
    post.set("2026-12-22T09:30:00Z");
    server.set_down(false);
    post.pass();

    let mails = server.take();
    let subjects: Vec<_> = mails.iter().map(|mail| mail.header("Subject")).collect();
    assert_eq!(subjects, ["[scimward] SCIM token expires today, 22 Dec 2026, at 14:03 UTC"; 3]);
    let states = post.states();
    assert_eq!(states[0], "minus15 superseded ada");
    assert_eq!(states[3], "minus1 superseded ada");
    assert_eq!(states[6], "day0 sent ada");
    assert_eq!(states[9], "plus1 planned ada");
    post.advance(TimeDelta::minutes(10));
    post.pass_now();
    assert!(server.take().is_empty());
}

fn a_replaced_token_is_silent_at_once(database: &Database) {
    let server = MailServer::start();
    let post = Post::start(database, &server);
    post.admin("Ada");
    let old = post.generate_and_tell(1);
    server.fault("ada@example.com", Fault::Recipient("451 4.3.0 later"));
    post.set("2026-12-07T09:00:00Z");
    post.pass();
    assert!(post.states().contains(&"minus15 retrying ada".to_owned()), "{:?}", post.states());
    server.mend();
    server.take();

    let new = post.generate(6);
    post.pass_now();
    post.set("2026-12-22T15:00:00Z");
    post.pass_now();

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

fn whoever_is_added_or_leaves_in_between_gets_what_is_theirs(database: &Database) {
    let server = MailServer::start();
    let post = Post::start(database, &server);
    for name in ["Ada", "Grace", "Zoe"] {
        post.admin(name);
    }
    post.generate_and_tell(1);
    server.take();
    server.fault("grace@example.com", Fault::Recipient("450 4.2.0 later"));
    post.set("2026-12-07T09:00:00Z");
    post.pass();
    assert_eq!(server.take().len(), 2);

    post.admin("Mary");
    post.deactivate("Grace");
    post.deactivate("Zoe");
    server.mend();
    post.advance(TimeDelta::hours(1));
    let report = post.pass();
    assert_eq!((report.due, report.left), (0, 0));
    assert!(server.take().is_empty());
    assert!(post.states().contains(&"minus15 cancelled grace".to_owned()), "{:?}", post.states());
    post.set("2026-12-21T09:00:00Z");
    post.pass();

    let mut recipients: Vec<_> = server.take().into_iter().map(|mail| mail.to).collect();
    recipients.sort();
    assert_eq!(recipients, ["ada@example.com", "mary@example.com"]);
}

fn each_admin_hears_of_a_new_token(database: &Database) {
    let server = MailServer::start();
    let post = Post::with(database, &server, &[("SCIMWARD_MAIL_TO_EXTRA", "team@example.com")]);
    for name in ["Ada", "Grace"] {
        post.admin(name);
    }

    let first = post.generate(2);
    post.advance(TimeDelta::seconds(1));
    let second = post.generate(3);
    post.pass();

    let mails = server.take();
    assert_eq!(mails.len(), 4, "to Server Admins only");
    assert!(
        mails[0].content.contains("Token ID: ") || mails[0].content.contains(first.id.as_str())
    );
    assert!(!mails[0].content.contains("Revoked token ID"));
    assert!(mails[2].content.contains(second.id.as_str()));
    assert!(mails[2].content.contains("Revoked token ID"));
    let entries = post
        .app
        .resources
        .store
        .read(|conn| store::activity::page(conn, None, &[Kind::MailSent], 9));
    let entries = post.wait(entries).unwrap();
    assert_eq!(entries.len(), 2);
    assert!(entries.iter().all(|entry| entry.event.count == 2));
}

fn the_replaced_token_that_is_still_presented_is_reported_once(database: &Database) {
    let server = MailServer::start();
    let post = Post::start(database, &server);
    post.admin("Ada");
    let old = post.generate_and_tell(6);
    post.generate_and_tell(6);
    server.take();
    let present = |minutes: i64| {
        post.advance(TimeDelta::minutes(minutes));
        let now = post.app.services.now();
        let id = old.id.clone();
        let late =
            scimward::domain::token::LateUse { count: 1, at: now, from: [192, 0, 2, 7].into() };
        let write = post.app.resources.store.write(store::Lock::Usage, move |conn| {
            store::tokens::record_late_use(conn, &id, &late)
        });
        post.wait(write).unwrap();
        post.pass();
        server.take()
    };

    assert!(present(15).is_empty());
    let mails = present(1);
    assert!(present(60).is_empty());

    assert_eq!(mails.len(), 1);
    assert_eq!(
        mails[0].header("Subject"),
        "[scimward] The identity provider still uses the replaced SCIM token"
    );
    assert!(mails[0].content.contains("192.0.2.7") && mails[0].content.contains("2 requests"));
}

fn the_clock_may_move_in_both_directions(database: &Database) {
    let server = MailServer::start();
    let post = Post::start(database, &server);
    post.admin("Ada");
    post.generate_and_tell(1);
    server.take();
    let subjects = |at: &str| {
        post.set(at);
        post.pass();
        post.pass_now();
        server.take().iter().map(|mail| mail.header("Subject")).collect::<Vec<_>>().join(" | ")
    };

    assert!(subjects("2026-12-07T09:00:00Z").contains("in 15 days"));
    assert_eq!(subjects("2026-12-07T08:59:58Z"), "");
    assert_eq!(subjects("2026-11-20T09:00:00Z"), "");
    assert!(subjects("2026-12-27T09:00:00Z").contains("5 days ago"));
    assert_eq!(subjects("2026-12-07T10:00:00Z"), "");
    assert!(subjects("2026-12-21T09:00:00Z").contains("in 1 day"));
    assert!(subjects("2026-12-22T09:00:00Z").contains("expires today"));
    assert_eq!(subjects("2026-12-23T09:00:00Z"), "");
}

fn a_milestone_with_nobody_to_tell_waits_for_somebody(database: &Database) {
    let server = MailServer::start();
    let post = Post::start(database, &server);
    post.generate(1);
    post.set("2026-12-07T09:00:00Z");
    assert!(post.pass().nobody_to_tell);

    post.admin("Ada");
    post.advance(TimeDelta::days(1));
    assert!(!post.pass().nobody_to_tell);

    assert_eq!(
        server.take()[0].header("Subject"),
        "[scimward] SCIM token expires in 14 days, on 22 Dec 2026"
    );
}

fn a_look_ahead_changes_nothing(database: &Database) {
    let server = MailServer::start();
    let post = Post::start(database, &server);
    post.admin("Ada");
    post.generate_and_tell(1);
    server.take();

    let at = "2026-12-21T09:00:00Z".parse().unwrap();
    let ahead = post.wait(post.app.services.mails.overview(Some(at))).unwrap();

    let states: Vec<_> = ahead.mails.iter().map(|mail| mail.status.as_str()).collect();
    assert_eq!(states, ["superseded", "due", "planned", "planned", "sent"]);
    assert_eq!(
        post.states(),
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
