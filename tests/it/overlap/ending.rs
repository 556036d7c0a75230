//! What ends the old token by itself.

use scimward::domain::token::TokenStatus;

use super::*;
use crate::support::database::Database;
use crate::support::on_each_database;

on_each_database!(
    it_ends_once_the_new_token_has_proven_itself,
    a_use_shortly_before_the_end_is_written_at_once,
    a_token_that_expires_soon_is_kept_no_longer,
    the_row_decides_and_what_has_ended_stays_so,
);

enum Do {
    /// The old token is presented; whether it is accepted.
    Old(bool),
    /// The new one is.
    New,
}

/// Hours, minutes and seconds after the generation, and what happens then.
type Step = ([i64; 3], Do);

const UNSEEN: (Kind, &str) = (Kind::OldTokenEnded, "not presented for 60 minutes");
const TIME_OVER: (Kind, &str) = (Kind::OldTokenEnded, "after 24 hours");
const UNSWITCHED: (Kind, &str) = (Kind::OldTokenEndedUnswitched, "after 24 hours");

/// Each case: who presents what how long after the generation, in hours, minutes and seconds, and
/// what the activity list then says.
#[rustfmt::skip]
fn cases() -> Vec<(Vec<Step>, (Kind, &'static str))> {
    use Do::{New, Old};
    vec![
        // Nobody presents it: an hour after the first use of the new one.
        (vec![([0, 7, 0], New), ([1, 7, 0], Old(false))], UNSEEN),
        // Each request moves the end by an hour, and the first use of the new one is not the last of it.
        (vec![([0, 7, 0], New), ([1, 6, 59], Old(true)), ([2, 6, 58], Old(true)), ([2, 7, 0], New),
              ([3, 6, 58], Old(false))], UNSEEN),
        (vec![([0, 30, 0], Old(true)), ([0, 31, 0], New), ([1, 0, 0], New), ([1, 31, 0], Old(false))], UNSEEN),
        (vec![([0, 7, 0], New), ([0, 30, 0], Old(true)), ([1, 30, 0], Old(false))], UNSEEN),
        // The new one is never used: for as long as a token may be kept.
        (vec![([12, 0, 0], Old(true)), ([23, 59, 59], Old(true)), ([24, 0, 0], Old(false))], UNSWITCHED),
        (vec![([24, 0, 0], Old(false))], UNSWITCHED),
        // Both are presented all the time.
        (vec![([23, 30, 0], New), ([23, 59, 59], Old(true)), ([24, 0, 0], Old(false))], TIME_OVER),
    ]
}

fn it_ends_once_the_new_token_has_proven_itself(database: &Database) {
    let app = TestApp::start(database);
    let other = app.second_instance(database);
    for (number, (steps, (kind, reason))) in cases().into_iter().enumerate() {
        let old = in_use(&app);
        let new = keep(&app);
        let before = ends(&app).len();
        for (step, ([h, m, s], what)) in steps.into_iter().enumerate() {
            let at = new.token.generated_at + TimeDelta::seconds((h * 60 + m) * 60 + s);
            app.clock.set(at);
            // Whichever instance is asked.
            let instance = if step % 2 == 0 { &app } else { &other };
            let (token, expected) = match what {
                Do::Old(expected) => (&old, expected),
                Do::New => (&new, true),
            };
            assert_eq!(present(instance, token), expected, "case {number}, {h}:{m:02}:{s:02}");
        }
        for instance in [&other, &app, &other] {
            instance.upkeep();
            assert!(!instance.scim(old.plain.expose()).is_accepted(), "case {number}");
            assert!(instance.scim(new.plain.expose()).is_accepted(), "case {number}");
        }
        let ends = ends(&app);
        assert_eq!(ends.len(), before + 1, "case {number}");
        assert_eq!(ends[0], (kind, Some(reason.to_owned())), "case {number}");
        let stored = app.wait(app.services().tokens.by_id(old.token.id.clone())).unwrap().unwrap();
        assert_eq!(stored.hash, None);
        assert_eq!(stored.revocation.unwrap().replaced_by, Some(new.token.id.clone()));
    }
}

/// Otherwise the end would come before the minute in which uses are written.
fn a_use_shortly_before_the_end_is_written_at_once(database: &Database) {
    let app = TestApp::start(database);
    let old = in_use(&app);
    let new = keep(&app);
    assert!(present(&app, &new));
    let end = |app: &TestApp| {
        let stored = app.wait(app.services().tokens.by_id(old.token.id.clone()));
        stored.unwrap().unwrap().kept.unwrap().ends_at
    };
    let first_end = end(&app);
    assert_eq!(first_end, app.services().now() + hours(1));
    app.clock.set(first_end - TimeDelta::seconds(1));

    // This process has seen the token before, so it is not written as a first use.
    assert!(app.scim(old.plain.expose()).is_accepted());

    let moved = app.services().now() + hours(1);
    let is_moved = (0..50_000).any(|_| end(&app) == moved);
    assert!(is_moved, "nothing is written");
}

fn a_token_that_expires_soon_is_kept_no_longer(database: &Database) {
    let app = TestApp::start(database);
    let old = in_use(&app);
    app.clock.set(old.token.expires_at - TimeDelta::minutes(90));
    let new = keep(&app);
    assert_eq!(new.old.unwrap().kept.unwrap().ends_at, old.token.expires_at);
    app.clock.set(old.token.expires_at - TimeDelta::seconds(1));
    assert!(present(&app, &old));

    app.advance(TimeDelta::seconds(1));

    assert!(!present(&app, &old));
    assert_eq!(ends(&app), [(Kind::OldTokenEndedUnswitched, Some("it expired".to_owned()))]);
    let expiries =
        app.activity().into_iter().filter(|entry| entry.event.kind == Kind::TokenExpired);
    assert_eq!(expiries.count(), 0);
}

/// A use that is written late, by another instance, does not bring the old token back.
fn the_row_decides_and_what_has_ended_stays_so(database: &Database) {
    let app = TestApp::start(database);
    let other = app.second_instance(database);
    let old = in_use(&app);
    let new = keep(&app);
    assert!(present(&app, &new));
    let history = app.wait(app.services().tokens.history()).unwrap();
    let ends_at = history.old(app.services().now()).unwrap().kept.unwrap().ends_at;
    app.clock.set(ends_at - TimeDelta::seconds(10));
    let just_before = app.services().now();
    app.clock.set(ends_at);
    assert!(!app.scim(old.plain.expose()).is_accepted());

    let source = [203, 0, 113, 24].into();
    other.services().usage.accepted(&old.token.id, source, None, just_before);
    other.upkeep();

    for instance in [&app, &other] {
        assert!(!instance.scim(old.plain.expose()).is_accepted());
    }
    let stored = app.wait(app.services().tokens.by_id(old.token.id.clone())).unwrap().unwrap();
    assert_eq!(stored.revocation.as_ref().unwrap().at, ends_at);
    assert_eq!(stored.last_use.as_ref().unwrap().at, just_before);
    assert_eq!(stored.status(just_before), TokenStatus::Revoked);
    assert_eq!(ends(&app).len(), 1);
}
