//! Requests counted by hour and by caller.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use scimward::domain::activity::Kind;
use scimward::domain::network::source::Source;
use scimward::domain::requests::caller::CallerEntry;
use scimward::domain::requests::callers::LIMIT;
use scimward::domain::requests::hours::RunningHour;
use scimward::domain::requests::series::Step;
use scimward::domain::requests::{day, hour};
use scimward::domain::token::refusal::Refusal;
use scimward::domain::token::secret::TokenId;
use scimward::service::usage::RefusedRequest;
use scimward::store;

use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::on_each_database;

on_each_database!(
    requests_are_counted_by_hour_and_by_caller,
    an_hour_without_requests_has_a_row_and_one_without_an_instance_has_none,
    two_instances_add_up,
    what_cannot_be_written_is_counted_later,
    a_flood_of_names_is_bounded_and_hides_nobody,
    the_callers_of_two_instances_share_the_room_of_a_day,
    a_caller_that_is_new_to_the_live_token_gets_one_entry,
    old_counts_are_removed,
    pages_show_what_any_instance_has_written,
    a_year_of_requests_is_shown_as_thirty_days,
);

const FLOOD: u32 = 100_000;

/// Where the requests of a test that needs no connection come from.
fn address(last: u8) -> IpAddr {
    [203, 0, 113, last].into()
}

fn accept(app: &TestApp, token: &TokenId, from: IpAddr, agent: &str) {
    app.services().usage.accepted(token, from, Some(agent), app.services().now());
}

fn refuse(app: &TestApp, from: IpAddr, agent: &str) {
    let refused = RefusedRequest { reason: Refusal::Unknown, known: None, looks_like_ours: true };
    app.services().usage.refused(refused, Source::new(from, Some(agent)));
}

fn hours(app: &TestApp) -> Vec<RunningHour> {
    let all = app.store().read(|conn| store::requests::hours::since(conn, DateTime::UNIX_EPOCH));
    app.wait(all).expect("the hours")
}

/// Beginning, accepted and refused requests of every hour.
fn counts(app: &TestApp) -> Vec<(DateTime<Utc>, u64, u64)> {
    hours(app).iter().map(|hour| (hour.hour, hour.count.accepted, hour.count.refused)).collect()
}

fn callers(app: &TestApp) -> Vec<CallerEntry> {
    let today = day(app.services().now());
    let read = app.store().read(move |conn| store::requests::callers::of_day(conn, today));
    app.wait(read).expect("the callers")
}

fn named(app: &TestApp, agent: &str) -> Vec<(u64, u64)> {
    let named = callers(app);
    let named = named.iter().filter(|it| it.caller.source.agent.as_deref() == Some(agent));
    named.map(|it| (it.count.accepted, it.count.refused)).collect()
}

fn requests_are_counted_by_hour_and_by_caller(database: &Database) {
    let app = TestApp::start(database);
    let token = app.generate(1);
    let (client, wrong) = (app.scim(token.plain.expose()), app.scim("wrong"));
    let first = app.services().now();
    assert!(client.is_accepted() && client.is_accepted() && !wrong.is_accepted());
    app.advance(TimeDelta::minutes(57));
    let last = app.services().now();
    assert!(client.is_accepted());

    app.upkeep();
    assert!(client.is_accepted());
    app.upkeep();

    assert_eq!(counts(&app), [(hour(first), 2, 1), (hour(last), 2, 0)]);
    let accepted_at: Vec<_> = hours(&app).iter().map(|hour| hour.count.accepted_at).collect();
    assert_eq!(accepted_at, [Some((first, first)), Some((last, last))]);
    let told: Vec<_> = callers(&app)
        .into_iter()
        .map(|it| (it.caller.token, it.count.accepted, it.count.refused, it.count.last_at))
        .collect();
    assert_eq!(told.len(), 2);
    assert!(told.contains(&(Some(token.token.id), 4, 0, last)), "{told:?}");
    assert!(told.contains(&(None, 0, 1, first)), "{told:?}");
}

fn an_hour_without_requests_has_a_row_and_one_without_an_instance_has_none(database: &Database) {
    let mut app = TestApp::start(database);
    let start = app.services().now();
    app.upkeep();
    app.advance(TimeDelta::hours(1));
    app.upkeep();
    app.upkeep();
    // It runs on, though nothing wakes it.
    app.advance(TimeDelta::hours(2));
    app.stop().expect("it stops");
    app.advance(TimeDelta::hours(4));
    let next = app.second_instance(database);
    next.upkeep();

    let expected = [0, 1, 2, 3, 7].map(|hours| (hour(start + TimeDelta::hours(hours)), 0, 0));
    assert_eq!(counts(&next), expected);
}

fn two_instances_add_up(database: &Database) {
    let app = TestApp::start(database);
    let other = app.second_instance(database);
    let token = app.generate(1);
    for (instance, requests) in [(&app, 3), (&other, 4)] {
        for _ in 0..requests {
            assert!(instance.scim(token.plain.expose()).is_accepted());
        }
        assert!(!instance.scim("wrong").is_accepted());
    }

    for _ in 0..2 {
        app.upkeep();
        other.upkeep();
    }

    assert_eq!(counts(&app), [(hour(app.services().now()), 7, 2)]);
    let mut told: Vec<_> =
        callers(&app).iter().map(|it| (it.count.accepted, it.count.refused)).collect();
    told.sort_unstable();
    assert_eq!(told, [(0, 2), (7, 0)]);
}

fn what_cannot_be_written_is_counted_later(database: &Database) {
    let app = TestApp::start(database);
    app.upkeep();
    refuse(&app, address(1), "one");
    database.ask("ALTER TABLE callers RENAME TO elsewhere");
    assert!(app.wait(app.services().upkeep.write_usage()).is_err());
    refuse(&app, address(1), "one");
    database.ask("ALTER TABLE elsewhere RENAME TO callers");

    app.upkeep();

    assert_eq!(counts(&app), [(hour(app.services().now()), 0, 2)]);
    assert_eq!(named(&app, "one"), [(0, 2)]);
}

fn a_flood_of_names_is_bounded_and_hides_nobody(database: &Database) {
    let app = TestApp::start(database);
    let token = app.generate(1).token.id;
    accept(&app, &token, address(1), "real");
    app.upkeep();
    app.advance(TimeDelta::minutes(1));
    for number in 0..FLOOD {
        refuse(&app, address(1), &format!("refused {number}"));
        accept(&app, &token, address(1), &format!("accepted {number}"));
        if number % (FLOOD / 4) == 0 {
            app.upkeep();
            accept(&app, &token, address(2), "elsewhere");
        }
    }

    app.upkeep();
    app.upkeep();

    let callers = callers(&app);
    assert_eq!(callers.len(), LIMIT + 1);
    let accepted = callers.iter().map(|it| it.count.accepted).sum::<u64>();
    let refused = callers.iter().map(|it| it.count.refused).sum::<u64>();
    assert_eq!((accepted, refused), (u64::from(FLOOD) + 5, u64::from(FLOOD)));
    assert_eq!(counts(&app), [(hour(app.services().now()), accepted, refused)]);
    assert_eq!(named(&app, "real"), [(1, 0)]);
    assert_eq!(named(&app, "elsewhere"), [(4, 0)]);
    let entries = app.activity();
    let new = entries.iter().filter(|entry| entry.event.kind == Kind::NewCaller).count();
    assert_eq!(new, 10);
}

fn the_callers_of_two_instances_share_the_room_of_a_day(database: &Database) {
    let app = TestApp::start(database);
    let other = app.second_instance(database);
    let token = app.generate(1).token.id;
    for (instance, name) in [(&app, "one"), (&other, "other"), (&app, "one")] {
        for number in 0..40 {
            refuse(instance, address(number), name);
        }
        accept(instance, &token, address(1), name);
        instance.upkeep();
    }

    assert_eq!(callers(&app).len(), LIMIT + 1);
    assert_eq!(counts(&app), [(hour(app.services().now()), 3, 120)]);
    let accepted = |name| named(&app, name).iter().map(|(accepted, _)| accepted).sum::<u64>();
    assert_eq!((accepted("one"), accepted("other")), (2, 1));
}

fn a_caller_that_is_new_to_the_live_token_gets_one_entry(database: &Database) {
    let app = TestApp::start(database);
    let new = || {
        let entries = app.activity();
        let new = entries.into_iter().filter(|entry| entry.event.kind == Kind::NewCaller);
        new.map(|entry| entry.event.source.agent.unwrap()).collect::<Vec<_>>()
    };
    let token = app.generate(1).token.id;
    accept(&app, &token, address(1), "Okta");
    app.upkeep();
    assert!(new().is_empty(), "the entry about the first use says who it was");

    refuse(&app, address(2), "scanner");
    accept(&app, &token, address(2), "curl");
    app.upkeep();
    app.advance(TimeDelta::days(20));
    accept(&app, &token, address(2), "curl");
    accept(&app, &token, address(1), "Okta");
    app.upkeep();
    assert_eq!(new(), ["curl"]);

    let token = app.generate(1).token.id;
    accept(&app, &token, address(1), "Okta");
    app.upkeep();
    accept(&app, &token, address(2), "curl");
    app.upkeep();
    assert_eq!(new(), ["curl", "curl"], "a caller of another token is new to this one");
}

fn old_counts_are_removed(database: &Database) {
    let app = TestApp::start(database);
    for _ in 0..400 {
        refuse(&app, address(1), "one");
        app.upkeep();
        app.advance(TimeDelta::days(1));
    }

    app.upkeep();

    let now = app.services().now();
    assert_eq!(
        counts(&app).first().unwrap().0,
        hour(now - TimeDelta::days(398)) + TimeDelta::hours(1)
    );
    let all = database.ask("SELECT day FROM callers ORDER BY day");
    assert_eq!(all.len(), 30);
    let last = now - TimeDelta::days(1);
    let read = app.store().read(move |conn| store::requests::callers::of_day(conn, day(last)));
    let first_at = app.wait(read).unwrap()[0].count.first_at;
    assert_eq!(first_at, now - TimeDelta::days(400), "a caller keeps its first instant");
}

fn pages_show_what_any_instance_has_written(database: &Database) {
    let app = TestApp::start(database);
    let other = app.second_instance(database);
    let admin = app.admin("Ada");
    let says = |text: &str| {
        let page = admin.get("/admin/authentication").expect(200);
        assert!(page.text().contains(text), "{text}: {}", page.text());
    };
    says("No request yet");
    let token = app.generate(1);
    says("No request yet");

    for (instance, requests, text) in
        [(&app, 2, "2 accepted, 0 refused"), (&other, 3, "5 accepted, 0 refused")]
    {
        for _ in 0..requests {
            assert!(instance.scim(token.plain.expose()).is_accepted());
        }
        instance.upkeep();
        // What one instance shows is never older than what another one has written.
        says(text);
        says(text);
    }
    assert!(!admin.get("/admin/authentication").text().contains("(token replaced)"));
    app.generate(1);
    says("(token replaced)");
    says("No usual day yet.");
    let hours = admin.get("/admin/requests").expect(200);
    assert!(hours.text().contains("In 48 hours"), "{}", hours.text());
    app.visitor().get("/admin/requests").expect(303);
}

fn a_year_of_requests_is_shown_as_thirty_days(database: &Database) {
    let app = TestApp::start(database);
    let token = app.generate(6).token.id;
    for number in 0..365_u64 {
        for _ in 0..=number % 3 {
            accept(&app, &token, address(1), "Okta SCIM Client 1.0.0");
        }
        if number % 5 == 0 {
            refuse(&app, address(2), &format!("made up {number}"));
        }
        app.upkeep();
        app.advance(TimeDelta::days(1));
    }

    let overview = app.wait(app.services().requests.overview(Step::Day)).unwrap();

    assert_eq!(overview.series.slots.len(), 30);
    assert!(overview.series.slots.iter().all(|slot| slot.is_counted));
    let (accepted, refused) = overview.series.total();
    assert_eq!((accepted, refused), (57, 5));
    assert_eq!(overview.series.usual(), Some(2));
    let okta = overview.callers.first().unwrap();
    assert_eq!((okta.count.accepted, overview.callers.len()), (accepted, 6));
    assert_eq!(app.services().now() - okta.count.first_at, TimeDelta::days(365));
}
