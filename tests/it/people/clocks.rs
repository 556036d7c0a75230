//! A clock that is set back makes nobody wait and no session live longer.

use chrono::TimeDelta;

use super::{ACCOUNT, is_signed_in};
use crate::support::actors::{PASSWORD, Visitor};
use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::on_each_database;

on_each_database!(
    failures_of_a_clock_that_ran_ahead_delay_nobody,
    a_session_does_not_live_longer_when_the_clock_is_set_back,
    a_session_that_has_ended_does_not_revive,
    a_clock_that_runs_ahead_does_not_lengthen_a_session,
);

const NEW_PASSWORD: &str = "eleven quiet tulip engines";

fn failures_of_a_clock_that_ran_ahead_delay_nobody(database: &Database) {
    let app = TestApp::start(database);
    let ada = app.admin("Ada");
    let log_in = |password: &str| {
        app.visitor().post("/login", &[("email", "ada@example.com"), ("password", password)]).status
    };
    let change = |present: &str| {
        let fields = [("present", present), ("fresh", NEW_PASSWORD)];
        ada.submit(ACCOUNT, "/admin/account/password", &fields).status
    };
    app.advance(TimeDelta::minutes(20));
    for _ in 0..5 {
        assert_eq!(log_in("a wrong password here"), 422);
        assert_eq!(change("a wrong password here"), 422);
    }
    assert_eq!(log_in(PASSWORD), 429);

    app.advance(TimeDelta::minutes(-20));
    assert_eq!(log_in("a wrong password here"), 422, "one attempt is free");
    assert_eq!(log_in(PASSWORD), 429, "and counted by the present time");
    assert_eq!(change(PASSWORD), 303);
    app.advance(TimeDelta::minutes(15));
    assert_eq!(log_in(NEW_PASSWORD), 303);
}

fn a_session_does_not_live_longer_when_the_clock_is_set_back(database: &Database) {
    let app = TestApp::start(database);
    let ada = app.admin("Ada");
    app.advance(TimeDelta::minutes(-29));
    assert!(is_signed_in(&ada), "a small correction ends nothing");
    app.advance(TimeDelta::minutes(30));
    assert!(!is_signed_in(&ada), "its last use was noted by the clock of then");

    for back in [TimeDelta::minutes(30), TimeDelta::hours(12), TimeDelta::days(400)] {
        let ada = app.admin("Ada");
        app.advance(-back);
        assert!(!is_signed_in(&ada), "{back}");
    }
}

/// Uses a session so that it does not idle, until it is this old.
fn use_for(app: &TestApp, browser: &Visitor, minutes: i64) {
    let mut left = minutes;
    while left > 0 {
        let step = left.min(25);
        app.advance(TimeDelta::minutes(step));
        left -= step;
        if left > 0 {
            assert!(is_signed_in(browser), "{left} minutes before the end");
        }
    }
}

fn a_session_that_has_ended_does_not_revive(database: &Database) {
    let app = TestApp::start(database);
    let idle = app.admin("Ada");
    app.advance(TimeDelta::minutes(31));
    assert!(!is_signed_in(&idle));
    app.advance(TimeDelta::minutes(-20));
    assert!(!is_signed_in(&idle), "it was idle");

    let unseen = app.admin("Ada");
    app.advance(TimeDelta::minutes(31));
    app.upkeep();
    app.advance(TimeDelta::minutes(-20));
    assert!(!is_signed_in(&unseen), "it was idle, and nobody asked");

    let old = app.admin("Ada");
    use_for(&app, &old, 12 * 60);
    assert!(!is_signed_in(&old));
    app.advance(TimeDelta::minutes(-20));
    assert!(!is_signed_in(&old), "it was twelve hours old");
}

fn a_clock_that_runs_ahead_does_not_lengthen_a_session(database: &Database) {
    let app = TestApp::start(database);
    app.advance(TimeDelta::minutes(20));
    let (used, idle) = (app.admin("Ada"), app.admin("Ada"));
    app.advance(TimeDelta::minutes(-20));
    assert!(is_signed_in(&used));
    app.upkeep();
    app.advance(TimeDelta::minutes(25));
    assert!(is_signed_in(&used));
    app.advance(TimeDelta::minutes(5));
    assert!(!is_signed_in(&idle), "idle for half an hour");
    assert!(is_signed_in(&used));
    use_for(&app, &used, 12 * 60 - 30);
    assert!(!is_signed_in(&used), "twelve hours old");

    let used = app.admin("Ada");
    use_for(&app, &used, 11 * 60 + 50);
    assert!(is_signed_in(&used));
    app.advance(TimeDelta::minutes(-20));
    assert!(is_signed_in(&used));
    app.advance(TimeDelta::minutes(11));
    assert!(!is_signed_in(&used), "it keeps the age that it had");
}
