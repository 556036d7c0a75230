//! What the Server Admins learn, and what too many failures lead to.

use chrono::TimeDelta;
use scimward::domain::activity::Kind;
use scimward::domain::base62::DIGITS;
use scimward::domain::token::secret::PlainToken;

use super::*;
use crate::support::on_each_database;

on_each_database!(
    refusals_are_grouped_for_the_server_admins,
    many_addresses_are_counted_together_however_long_they_come,
    uses_before_and_after_a_replacement_are_told_apart,
    who_knows_the_id_of_a_replaced_token_alarms_nobody_where_it_was_verified,
);

fn ask(app: &TestApp, token: &str, from: &str) -> u16 {
    let request = Request::new("GET", VALIDATE)
        .header("X-Forwarded-For", from)
        .header("User-Agent", "Okta SCIM Client 1.0.0")
        .header("Authorization", &format!("Bearer {token}"));
    request.send(app.address).status
}

fn refusals_are_grouped_for_the_server_admins(database: &Database) {
    let app = TestApp::with(database, &[("SCIMWARD_TRUSTED_PROXIES", "127.0.0.1")]);
    let old = app.generate(6);
    app.generate(6);
    let started = app.services().now();
    ask(&app, "x", "192.0.2.9");
    app.upkeep();
    app.advance(TimeDelta::hours(23));
    for (token, from) in
        [(old.plain.expose(), "192.0.2.1"), ("x", "192.0.2.1"), ("Bearer x", "192.0.2.2")]
    {
        for _ in 0..3 {
            assert_eq!(ask(&app, token, from), 401);
        }
        app.advance(TimeDelta::minutes(1));
        app.upkeep();
    }
    ask(&app, "x", "192.0.2.1");
    app.upkeep();

    let groups = app.recent_refusals();

    let told: Vec<_> = groups
        .iter()
        .map(|group| {
            let from = group.from.unwrap().to_string();
            let minutes = (group.last_at - started).num_minutes() - 23 * 60;
            (group.reason, group.token.clone(), from, group.count, minutes)
        })
        .collect();
    let at = |text: &str| text.to_owned();
    assert_eq!(
        told,
        [
            (Refusal::BadChecksum, None, at("192.0.2.1"), 4, 3),
            (Refusal::DoubledBearer, None, at("192.0.2.2"), 3, 2),
            (Refusal::Replaced, Some(old.token.id), at("192.0.2.1"), 3, 0),
            (Refusal::BadChecksum, None, at("192.0.2.9"), 1, -23 * 60),
        ]
    );
    assert_eq!(groups[0].agent.as_deref(), Some("Okta SCIM Client 1.0.0"));

    app.advance(TimeDelta::hours(1));
    let later = app.recent_refusals();
    assert_eq!(later.len(), 3, "what is older than a day is not recent");
}

fn many_addresses_are_counted_together_however_long_they_come(database: &Database) {
    let app = TestApp::with(database, &[("SCIMWARD_TRUSTED_PROXIES", "127.0.0.1")]);
    for minute in 0..3 {
        for number in 0..80 {
            ask(&app, "x", &format!("192.0.{minute}.{number}"));
        }
        app.upkeep();
        app.advance(TimeDelta::minutes(1));
    }

    let groups = app.wait(app.services().activity.rows(None, &[])).unwrap();

    let together = groups.iter().find(|entry| entry.event.source.address.is_none()).unwrap();
    assert_eq!((groups.len(), together.event.count), (201, 40));
}

fn uses_before_and_after_a_replacement_are_told_apart(database: &Database) {
    let app = TestApp::with(database, &[("SCIMWARD_TRUSTED_PROXIES", "127.0.0.1")]);
    let old = app.generate(6);
    assert_eq!(ask(&app, old.plain.expose(), "192.0.2.1"), 200);
    app.upkeep();
    let new = app.generate(6);
    app.advance(TimeDelta::minutes(2));
    for _ in 0..14 {
        assert_eq!(ask(&app, old.plain.expose(), "203.0.113.5"), 401);
    }
    app.upkeep();

    let history = app.wait(app.services().tokens.history()).unwrap();

    let (newest, replaced) = (history.newest.unwrap(), history.predecessors[0].clone());
    assert!(!newest.was_used());
    let first = replaced.last_use.unwrap();
    assert_eq!(first.from.to_string(), "192.0.2.1");
    assert_eq!(first.agent.as_deref(), Some("Okta SCIM Client 1.0.0"));
    let late = replaced.late_use.unwrap();
    assert_eq!((late.count, late.from.to_string()), (14, "203.0.113.5".to_owned()));
    assert_eq!(late.at, app.services().now());

    assert_eq!(ask(&app, new.plain.expose(), "203.0.113.5"), 200);
    app.upkeep();
    let history = app.wait(app.services().tokens.history()).unwrap();
    assert!(history.newest.unwrap().was_used());
}

/// Another token with the same id.
fn forged(token: &str) -> String {
    let id = token.get(6..14).unwrap().bytes();
    let places: Vec<usize> =
        id.map(|digit| DIGITS.iter().position(|known| *known == digit).unwrap()).collect();
    let forged = PlainToken::generate(|bytes| {
        bytes.fill(7);
        for (byte, place) in bytes.iter_mut().zip(&places) {
            *byte = u8::try_from(*place).unwrap();
        }
    });
    assert_eq!(forged.expose().get(..14), token.get(..14));
    forged.expose().to_owned()
}

fn who_knows_the_id_of_a_replaced_token_alarms_nobody_where_it_was_verified(database: &Database) {
    let app = TestApp::with(database, &[("SCIMWARD_TRUSTED_PROXIES", "127.0.0.1")]);
    let old = app.generate(6);
    app.generate(6);
    app.advance(TimeDelta::minutes(20));
    let late_uses = || {
        let history = app.wait(app.services().tokens.history()).unwrap();
        history.predecessors[0].late_use.as_ref().map(|late| late.count)
    };

    assert_eq!(ask(&app, &forged(old.plain.expose()), "192.0.2.66"), 401);
    app.upkeep();
    assert_eq!(late_uses(), None);
    assert_eq!(ask(&app, old.plain.expose(), "203.0.113.5"), 401);
    app.upkeep();
    assert_eq!(late_uses(), Some(1));

    // A process that has not verified it cannot tell: it counts as a claim.
    let later = app.second_instance(database);
    assert_eq!(ask(&later, &forged(old.plain.expose()), "192.0.2.66"), 401);
    later.upkeep();
    assert_eq!(late_uses(), Some(2));
}

#[test]
fn a_thousand_bad_tokens_are_slowed_down_and_the_good_one_is_not() {
    let contract = Contract::start(&[]);
    let (mut refused, mut throttled) = (0, 0);
    for number in 0..1000 {
        let response = contract.ask("GET", ENDPOINTS[number % 3], &["Bearer bad"]);
        match response.status {
            401 => refused += 1,
            429 => {
                throttled += 1;
                assert_error(&response, 429, None);
                let wait: u32 = response.header("Retry-After").unwrap().parse().unwrap();
                assert!((1..=120).contains(&wait), "{wait}");
            }
            other => panic!("{other}"),
        }
        if number % 100 == 99 {
            contract.ask("GET", ENDPOINTS[number % 3], &[&contract.bearer()]).expect(200);
        }
    }
    assert_eq!((refused, throttled), (500, 500));
    // A client that waits for the challenge, and one that must correct its request, get it.
    assert_error(&contract.ask("GET", VALIDATE, &[]), 401, Some(NO_TOKEN));
    contract.app.advance(TimeDelta::minutes(3));
    assert_error(&contract.ask("GET", VALIDATE, &["Bearer bad"]), 401, Some(INVALID_TOKEN));
}

#[test]
fn a_flood_takes_bounded_memory_and_rows() {
    let contract = Contract::start(&[("SCIMWARD_TRUSTED_PROXIES", "127.0.0.1")]);
    for number in 0..2000 {
        let from = format!("198.51.{}.{}", 100 + number / 250, number % 250);
        let token = format!("scimw_{number:057}");
        assert_eq!(ask(&contract.app, &token, &from), 401);
    }
    contract.app.upkeep();

    let activity = &contract.app.services().activity;
    let rows = contract.app.wait(activity.rows(None, &[Kind::RequestsRefused])).unwrap();
    assert!(rows.len() <= 201, "{}", rows.len());
    assert!(rows.iter().any(|row| row.event.source.address.is_none() && row.event.count > 1000));
}

#[test]
fn the_live_token_in_a_url_is_told_to_the_server_admins() {
    let contract = Contract::start(&[]);
    let in_url = format!("{USERS}?access_token={}", contract.token);
    contract.ask("GET", &in_url, &[]).expect(401);
    contract.ask("GET", &format!("{USERS}?access_token=other"), &[]).expect(401);

    let mut groups = Vec::new();
    for _ in 0..200 {
        contract.app.upkeep();
        groups = contract.app.recent_refusals();
        if groups.iter().any(|group| group.token.is_some()) {
            break;
        }
    }

    let leak = groups.iter().find(|group| group.token.is_some()).expect("the leak is noticed");
    assert_eq!(leak.reason, Refusal::TokenInUrl);
    assert_eq!(leak.token.as_ref().unwrap().as_str(), contract.id);
}
