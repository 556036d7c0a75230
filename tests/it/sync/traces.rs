//! Sixty days of three rhythms: no false alarm, and one true one.

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc, Weekday};

use super::{accept, minute, subjects};
use crate::support::database::Database;
use crate::support::mail_app::MailApp;
use crate::support::on_each_database;
use crate::support::smtp::MailServer;

on_each_database!(
    an_hourly_rhythm_is_learnt,
    a_nightly_rhythm_is_learnt,
    an_event_driven_rhythm_has_a_holiday,
    a_server_that_was_off_is_not_silent,
    what_is_configured_about_silence_counts,
);

/// Plays hours of a rhythm; returns the subjects of the mails with the day on which they came.
fn play(
    app: &MailApp,
    server: &MailServer,
    days: i64,
    arrives: impl Fn(DateTime<Utc>) -> bool,
) -> Vec<(i64, String)> {
    let token = app.wait(app.services().tokens.history()).unwrap().newest.unwrap().id;
    let start = app.services().now();
    let (mut told, mut is_quiet) = (Vec::new(), true);
    for hour in 1..=days * 24 {
        app.clock.set(start + TimeDelta::hours(hour));
        let has_arrived = arrives(app.services().now());
        let ends_quiet = has_arrived && is_quiet;
        is_quiet = !has_arrived;
        // What is due in a quiet time stays due until it ends, so not every hour has to be looked at.
        if ends_quiet {
            app.send_due();
        }
        if has_arrived {
            accept(app, &token);
        }
        let upkeep = &app.services().upkeep;
        // The rest of it removes what is old, once an hour: here that would be with each step.
        let kept = if hour % 24 == 0 {
            app.wait(upkeep.run_once())
        } else {
            app.wait(upkeep.write_usage())
        };
        kept.expect("upkeep succeeds");
        if ends_quiet || hour % 3 == 2 {
            app.send_due();
        }
        told.extend(subjects(server).into_iter().map(|subject| (hour / 24, subject)));
    }
    told
}

fn begin(database: &Database, server: &MailServer) -> MailApp {
    let app = MailApp::start(database, server);
    app.set("2026-11-23T00:00:00Z");
    app.add_admin("Ada");
    app.generate_and_send(6);
    server.take();
    app
}

fn told(mails: &[(i64, String)]) -> Vec<(i64, &str)> {
    mails.iter().map(|(day, subject)| (*day, subject.as_str())).collect()
}

fn an_hourly_rhythm_is_learnt(database: &Database) {
    let server = MailServer::start();
    let app = begin(database, &server);

    assert_eq!(told(&play(&app, &server, 60, |_| true)), []);

    // Silence, and a second mail a week later.
    let mails = play(&app, &server, 20, |_| false);
    let expected = [
        (1, "Nothing heard from the identity provider for 1 day"),
        (8, "Still nothing heard from the identity provider, 8 days now"),
    ];
    assert_eq!(told(&mails), expected);

    let mails = play(&app, &server, 3, |_| true);
    assert_eq!(told(&mails), [(0, "SCIM sync works again after 20 days")]);
}

fn a_nightly_rhythm_is_learnt(database: &Database) {
    let server = MailServer::start();
    let app = begin(database, &server);
    let at_night = |now: DateTime<Utc>| matches!(now.hour(), 2 | 3);

    assert_eq!(told(&play(&app, &server, 60, at_night)), []);

    // 23 hours are usual: 69 hours after the last request.
    let mails = play(&app, &server, 8, |_| false);
    assert_eq!(told(&mails), [(2, "Nothing heard from the identity provider for 2 days")]);
}

fn an_event_driven_rhythm_has_a_holiday(database: &Database) {
    let server = MailServer::start();
    let app = begin(database, &server);
    let holiday: DateTime<Utc> = "2027-01-01T00:00:00Z".parse().unwrap();
    let in_office = move |now: DateTime<Utc>| {
        let is_holiday = now >= holiday && now < holiday + TimeDelta::days(7);
        let is_weekend = matches!(now.weekday(), Weekday::Sat | Weekday::Sun);
        !is_holiday && !is_weekend && matches!(now.hour(), 9 | 11 | 16)
    };

    assert_eq!(told(&play(&app, &server, 60, in_office)), []);

    let mails = play(&app, &server, 25, |_| false);
    let days: Vec<i64> = mails.iter().map(|(day, _)| *day).collect();
    assert_eq!(days, [20], "three times the holiday, at most 21 days: {mails:?}");
}

fn a_server_that_was_off_is_not_silent(database: &Database) {
    let server = MailServer::start();
    let app = begin(database, &server);
    assert_eq!(told(&play(&app, &server, 20, |_| true)), []);
    let stopped_at = app.services().now();
    drop(app);

    let app = MailApp::start(database, &server);
    app.clock.set(stopped_at + TimeDelta::days(10));
    minute(&app);
    assert_eq!(told(&play(&app, &server, 0, |_| true)), []);
    assert_eq!(subjects(&server), [""; 0], "it cannot have heard anything");

    // From now on the time counts again.
    let mails = play(&app, &server, 2, |_| false);
    assert_eq!(told(&mails), [(0, "Nothing heard from the identity provider for 10 days")]);
}

fn what_is_configured_about_silence_counts(database: &Database) {
    let server = MailServer::start();
    let settings = [("SCIMWARD_SILENCE_AFTER", "2")];
    let app = MailApp::with(database, &server, &settings);
    app.add_admin("Ada");
    app.generate_and_send(6);
    server.take();

    assert_eq!(told(&play(&app, &server, 3, |_| true)), []);
    let mails = play(&app, &server, 3, |_| false);
    assert_eq!(told(&mails), [(2, "Nothing heard from the identity provider for 2 days")]);
    let now = app.services().now();
    drop(app);

    let app = MailApp::with(database, &server, &[("SCIMWARD_SILENCE_AFTER", "off")]);
    app.clock.set(now);
    assert_eq!(told(&play(&app, &server, 30, |_| false)), []);
}
