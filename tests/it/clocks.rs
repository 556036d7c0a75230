//! A clock that ran ahead freezes nothing and loses no mail.

use chrono::{DateTime, TimeDelta, Utc};

use crate::support::app::{START, TestApp};
use crate::support::database::Database;
use crate::support::mail_app::MailApp;
use crate::support::on_each_database;
use crate::support::smtp::MailServer;

on_each_database!(
    the_last_use_does_not_freeze,
    a_mail_that_a_clock_has_sent_too_early_goes_out_on_its_day,
    two_clocks_that_differ_by_days_do_not_mail_for_ever,
    a_clock_that_is_behind_for_a_moment_brings_no_mail_twice,
);

fn the_last_use_does_not_freeze(database: &Database) {
    let app = TestApp::start(database);
    let token = app.generate(6);
    let client = app.scim(token.plain.expose());
    let used = || {
        assert!(client.is_accepted());
        app.upkeep();
        let token = app.wait(app.services().tokens.by_id(token.token.id.clone())).unwrap();
        let token = token.expect("the token");
        (token.first_used_at.unwrap(), token.last_use.unwrap().at)
    };
    let start = app.services().now();
    app.advance(TimeDelta::days(20));
    assert_eq!(used(), (start + TimeDelta::days(20), start + TimeDelta::days(20)));

    app.advance(TimeDelta::days(-19));
    let day = start + TimeDelta::days(1);
    assert_eq!(used(), (day, day));
    app.advance(TimeDelta::minutes(2));
    assert_eq!(used(), (day, day + TimeDelta::minutes(2)));

    // The clocks of instances differ a little: the later one counts.
    app.advance(TimeDelta::minutes(-1));
    assert_eq!(used(), (day, day + TimeDelta::minutes(2)));

    // A use of which the clock is set back before it is written.
    app.advance(TimeDelta::days(3));
    assert!(client.is_accepted());
    app.advance(TimeDelta::days(-2));
    app.upkeep();
    let stored = app.wait(app.services().tokens.by_id(token.token.id.clone())).unwrap();
    let last = stored.expect("the token").last_use.unwrap().at;
    assert!(last <= app.services().now(), "{last}");
}

/// A token of one month that Ada has been told of, and the subjects that arrive at an instant.
struct Month<'a> {
    app: MailApp,
    server: &'a MailServer,
}

impl<'a> Month<'a> {
    fn start(database: &Database, server: &'a MailServer) -> Self {
        let app = MailApp::start(database, server);
        app.add_admin("Ada");
        let month = Self { app, server };
        month.begin();
        month
    }

    fn begin(&self) {
        self.app.set(START);
        let token = self.app.generate_and_send(1);
        assert_eq!(token.expires_at, "2026-12-22T14:03:00Z".parse::<DateTime<Utc>>().unwrap());
        self.server.take();
    }

    fn at(&self, at: &str) -> Vec<(String, String)> {
        self.app.set(at);
        self.app.send_due();
        let mails = self.server.take();
        mails.iter().map(|mail| (mail.header("Subject"), mail.header("Message-ID"))).collect()
    }

    fn subject_at(&self, at: &str) -> String {
        let mails = self.at(at);
        assert_eq!(mails.len(), 1, "{at}: {mails:?}");
        mails[0].0.clone()
    }
}

fn a_mail_that_a_clock_has_sent_too_early_goes_out_on_its_day(database: &Database) {
    let server = MailServer::start();
    let month = Month::start(database, &server);
    for (ahead, day, words) in [
        ("2026-12-08T10:00:00Z", "2026-12-07T09:00:00Z", "expires in 15 days"),
        ("2026-12-21T09:00:10Z", "2026-12-21T09:00:00Z", "expires in 1 day"),
        ("2026-12-22T09:00:10Z", "2026-12-22T09:00:00Z", "expires today"),
        ("2026-12-23T09:00:10Z", "2026-12-23T09:00:00Z", "expired on 22 Dec 2026"),
        ("2027-06-01T12:00:00Z", "2026-12-23T09:00:00Z", "expired on 22 Dec 2026"),
    ] {
        month.begin();
        let early = month.at(ahead);
        assert_eq!(early.len(), 1, "{ahead}");
        assert!(month.at("2026-11-22T15:00:00Z").is_empty());
        assert!(month.at("2026-11-22T15:01:00Z").is_empty());

        let on_time = month.at(day);

        assert_eq!(on_time.len(), 1, "{ahead}: {on_time:?}");
        assert!(on_time[0].0.contains(words), "{on_time:?}");
        assert_ne!(on_time[0].1, early[0].1, "a mailbox would take the two for one");
        assert!(month.at(day).is_empty());
    }
}

fn two_clocks_that_differ_by_days_do_not_mail_for_ever(database: &Database) {
    let server = MailServer::start();
    let month = Month::start(database, &server);
    let mut mails = 0;
    for _ in 0..20 {
        mails += month.at("2026-12-07T09:00:00Z").len();
        mails += month.at("2026-12-01T09:00:00Z").len();
    }

    assert_eq!(mails, 2);
}

fn a_clock_that_is_behind_for_a_moment_brings_no_mail_twice(database: &Database) {
    let server = MailServer::start();
    let month = Month::start(database, &server);
    assert!(month.subject_at("2026-12-07T09:00:00Z").contains("in 15 days"));

    // By seconds, by hours, and to a time before there was a token, as after a flat battery.
    for wrong in ["2026-12-07T08:59:58Z", "2026-12-06T22:00:00Z", "1970-01-01T00:00:10Z"] {
        assert!(month.at(wrong).is_empty(), "{wrong}");
        assert!(month.at("2026-12-07T09:10:00Z").is_empty(), "{wrong}");
    }
    assert!(month.subject_at("2026-12-21T09:00:00Z").contains("in 1 day"));
}
