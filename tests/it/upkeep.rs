//! What the server does by itself every minute.

use chrono::TimeDelta;
use scimward::domain::activity::{Event, Kind};
use scimward::domain::admin::actor::Actor;
use scimward::domain::admin::link::LinkPurpose;
use scimward::domain::network::source::Source;
use scimward::service::sessions::IDLE_LIMIT;
use scimward::store::{self, Lock};

use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::on_each_database;

on_each_database!(
    old_activity_is_removed_in_batches_and_young_activity_is_kept,
    a_clock_that_runs_ahead_for_a_moment_removes_nothing,
    ended_sessions_and_old_links_are_removed,
    refused_requests_are_written_together,
    refusals_of_an_hour_are_one_entry,
);

fn old_activity_is_removed_in_batches_and_young_activity_is_kept(database: &Database) {
    let app = TestApp::with(database, &[("SCIMWARD_ACTIVITY_RETENTION_DAYS", "30")]);
    let now = app.services().now();
    let event = move |days| {
        Event::new(now - TimeDelta::days(days), Kind::LoggedIn, Actor::System, Source::default())
    };
    let insert = app.store().write(Lock::Usage, move |conn| {
        (0..1203).try_for_each(|_| store::activity::record(conn, &event(31)))?;
        store::activity::record(conn, &event(30))?;
        store::activity::record(conn, &event(29))
    });
    app.wait(insert).map_err(|error: store::StoreError| error).expect("entries");
    app.advance(TimeDelta::hours(2));

    app.upkeep();

    let kept: Vec<_> = app.activity().iter().map(|entry| now - entry.event.at).collect();
    assert_eq!(kept, [TimeDelta::days(29)]);
}

fn a_clock_that_runs_ahead_for_a_moment_removes_nothing(database: &Database) {
    let app = TestApp::start(database);
    app.add_admin("Ada");
    let entries = || app.activity().iter().map(|entry| entry.event.kind).collect::<Vec<_>>();
    let all = entries();
    assert_eq!(all, [Kind::AdminAdded]);
    for ahead in [TimeDelta::days(401), TimeDelta::days(4000)] {
        app.advance(ahead);
        app.upkeep();
        app.advance(TimeDelta::minutes(59));
        app.upkeep();
        assert_eq!(entries(), all);
        app.advance(-ahead);
        app.upkeep();
        assert_eq!(entries(), all);
    }

    app.advance(TimeDelta::days(401));
    app.upkeep();
    app.advance(TimeDelta::hours(1));
    app.upkeep();

    assert_eq!(entries(), []);
}

fn ended_sessions_and_old_links_are_removed(database: &Database) {
    let app = TestApp::start(database);
    let code = app.wait(app.services().admins.setup_code()).unwrap().expect("a code");
    let admins = &app.services().admins;
    app.advance(TimeDelta::hours(23));
    assert!(app.wait(admins.link(LinkPurpose::Setup, &code)).unwrap().is_some());
    let admin = app.add_admin("Ada");
    let id = app.wait(app.services().sessions.begin(admin.clone(), Source::default()));
    let id = id.expect("a session");
    let stored = || {
        let digest = id.digest();
        let found = app.store().read(move |conn| store::people::sessions::by_digest(conn, &digest));
        app.wait(found).expect("an answer").is_some()
    };
    app.advance(IDLE_LIMIT - TimeDelta::seconds(1));
    app.upkeep();
    assert!(stored());

    app.advance(TimeDelta::seconds(1));
    app.upkeep();

    assert!(!stored());
}

fn refused_requests_are_written_together(database: &Database) {
    let app = TestApp::start(database);
    for number in 0..300 {
        app.scim(&format!("wrong{number}")).get("/v1/token/validate");
    }

    app.upkeep();
    app.upkeep();

    let entries = app.activity();
    let counts: u64 = entries.iter().map(|entry| entry.event.count).sum();
    assert_eq!(counts, 300);
    assert!(entries.len() <= 2, "{entries:?}");
    assert!(entries.iter().all(|entry| entry.event.kind == Kind::RequestsRefused), "{entries:?}");
}

fn refusals_of_an_hour_are_one_entry(database: &Database) {
    let app = TestApp::start(database);
    let refuse_after = |minutes| {
        app.advance(TimeDelta::minutes(minutes));
        app.scim("wrong").get("/v1/token/validate");
        app.upkeep();
        app.services().now()
    };

    let until = [refuse_after(1), refuse_after(1), refuse_after(54)][2];
    let later = refuse_after(1);

    let entries = app.activity();
    let told: Vec<_> = entries.iter().map(|entry| (entry.event.at, entry.event.count)).collect();
    assert_eq!(told, [(later, 1), (until, 3)]);
}
