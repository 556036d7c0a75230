//! No answer is older than its question.

use std::sync::atomic::{AtomicBool, Ordering};

use chrono::TimeDelta;

use super::*;
use crate::support::on_each_database;

on_each_database!(
    a_replaced_token_is_refused_everywhere_at_once,
    a_token_expires_between_two_requests,
    tokens_that_are_not_valid_are_answered_alike,
    parallel_clients_never_see_a_replaced_token_accepted,
);

fn ask(app: &TestApp, path: &str, token: &str) -> Response {
    let request = Request::new("GET", path).header("Authorization", &format!("Bearer {token}"));
    request.send(app.address)
}

fn a_replaced_token_is_refused_everywhere_at_once(database: &Database) {
    let app = TestApp::start(database);
    let other = app.second_instance(database);
    let first = app.generate(6);
    for instance in [&app, &other] {
        for path in ENDPOINTS {
            ask(instance, path, first.plain.expose()).expect(200);
        }
    }

    let second = app.generate(6);

    for instance in [&other, &app] {
        for path in ENDPOINTS {
            assert_error(&ask(instance, path, first.plain.expose()), 401, Some(INVALID_TOKEN));
            ask(instance, path, second.plain.expose()).expect(200);
        }
    }
}

fn a_token_expires_between_two_requests(database: &Database) {
    let app = TestApp::start(database);
    let generated = app.generate(1);
    app.clock.set(generated.token.expires_at - TimeDelta::seconds(1));
    let last = ask(&app, VALIDATE, generated.plain.expose()).expect(200);
    assert_eq!(last.json()["expires_in"], 1);

    app.advance(TimeDelta::seconds(1));

    for path in ENDPOINTS {
        assert_error(&ask(&app, path, generated.plain.expose()), 401, Some(INVALID_TOKEN));
    }
}

fn tokens_that_are_not_valid_are_answered_alike(database: &Database) {
    let app = TestApp::start(database);
    let other_database = Database::fresh(Engine::Sqlite);
    let elsewhere = TestApp::with(&other_database, &[]);
    // The same randomness makes the same tokens.
    elsewhere.generate(1);
    elsewhere.generate(1);
    let (unknown, revoked, expired) = (elsewhere.generate(1), app.generate(1), app.generate(1));
    app.advance(TimeDelta::days(40));

    for path in ENDPOINTS {
        let answers = [&unknown, &revoked, &expired].map(|generated| {
            let response = ask(&app, path, generated.plain.expose());
            assert_error(&response, 401, Some(INVALID_TOKEN));
            let mut headers = response.headers.clone();
            headers.retain(|(name, _)| !["date", "x-request-id"].contains(&name.as_str()));
            headers.sort();
            (headers, response.body)
        });
        assert_eq!(answers[0], answers[1]);
        assert_eq!(answers[1], answers[2]);
    }
    app.upkeep();
    let reasons = app.recent_refusals();
    let mut reasons: Vec<_> = reasons.iter().map(|group| (group.reason, group.count)).collect();
    reasons.sort_unstable();
    let counted = [(Refusal::Unknown, 3), (Refusal::Replaced, 3), (Refusal::Expired, 3)];
    assert_eq!(reasons, counted);
}

/// Clients ask without a pause while the token is replaced again and again. After a replacement was
/// acknowledged, no client may be let in with the token before.
fn parallel_clients_never_see_a_replaced_token_accepted(database: &Database) {
    let app = TestApp::with(database, &[("SCIMWARD_TRUSTED_PROXIES", "127.0.0.1")]);
    let mut current = app.generate(6);
    for round in 0..5 {
        let (token, replaced) = (current.plain.expose().to_owned(), AtomicBool::new(false));
        let address = app.address;
        current = std::thread::scope(|scope| {
            for client in 0..10 {
                let (token, replaced) = (&token, &replaced);
                scope.spawn(move || {
                    for _ in 0..20 {
                        let must_fail = replaced.load(Ordering::SeqCst);
                        let request = Request::new("GET", VALIDATE)
                            .header("X-Forwarded-For", &format!("192.0.2.{}", round * 10 + client))
                            .header("Authorization", &format!("Bearer {token}"));
                        let status = request.send(address).status;
                        let allowed: &[u16] = if must_fail { &[401] } else { &[200, 401] };
                        assert!(allowed.contains(&status), "{status} after {must_fail}");
                    }
                });
            }
            let next = app.generate(6);
            replaced.store(true, Ordering::SeqCst);
            assert_eq!(ask(&app, VALIDATE, &token).status, 401);
            next
        });
        ask(&app, VALIDATE, current.plain.expose()).expect(200);
    }
}

#[test]
fn without_any_token_everything_is_refused() {
    let database = Database::fresh(Engine::Sqlite);
    let app = TestApp::start(&database);
    let gone = app.generate(1);
    let revoked =
        app.services().tokens.revoke(None, scimward::domain::admin::actor::Author::CommandLine);
    app.wait(revoked).unwrap();
    for path in ENDPOINTS {
        for token in [gone.plain.expose(), "", "scimw_"] {
            assert_error(&ask(&app, path, token), 401, Some(INVALID_TOKEN));
        }
    }
}
