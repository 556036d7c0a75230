//! Generating and revoking the token with an API key.

use std::thread;

use chrono::TimeDelta;
use scimward::domain::admin::actor::Author;
use scimward::domain::keys::scope::Scope;
use scimward::domain::network::source::Source;
use scimward::domain::token::lifespan::Lifespan;
use scimward::service::tokens::{CurrentToken, Generate};

use super::pages::make_on_page;
use super::{ask, asked, make};
use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::http::{Request, Response};
use crate::support::on_each_database;

on_each_database!(
    a_key_replaces_the_token_once_and_says_so,
    a_request_that_is_repeated_generates_nothing_and_shows_nothing,
    of_twenty_requests_at_once_with_one_idempotency_key_one_generates,
    a_request_that_is_wrong_changes_nothing,
    a_key_that_ends_meanwhile_changes_nothing,
    a_token_is_kept_for_a_program,
    a_program_that_runs_wild_is_stopped,
);

fn post(key: &str, idempotency: &str, body: &str) -> Request {
    let request = asked("POST", &format!("Bearer {key}")).body("application/json", body);
    if idempotency.is_empty() { request } else { request.header("Idempotency-Key", idempotency) }
}

fn generate(app: &TestApp, key: &str, idempotency: &str) -> Response {
    post(key, idempotency, r#"{"months": 3}"#).send(app.address)
}

fn tokens(database: &Database) -> usize {
    database.ask("SELECT id FROM tokens").len()
}

fn a_key_replaces_the_token_once_and_says_so(database: &Database) {
    let app = TestApp::start(database);
    let ada = app.admin("Ada");
    let key = make_on_page(&ada, "replace");
    let old = app.generate(1);

    let answer = generate(&app, &key, "").expect(201);

    assert_eq!(answer.header("Content-Type"), Some("application/json"));
    assert_eq!(answer.header("Connection"), Some("close"));
    let body = answer.json();
    let token = body["token"].as_str().unwrap();
    assert_eq!((&body["replaced"], &body["kept"]), (&old.token.id.as_str().into(), &().into()));
    assert_eq!(body["expires_at"], "2027-02-22T14:03:00Z");
    assert!(app.scim(token).is_accepted() && !app.scim(old.plain.expose()).is_accepted());
    let page = ada.get("/admin/activity").expect(200);
    let title = "API key “Hers” of Ada";
    assert!(page.text().contains(title), "{}", page.text());
    let export = ada.get("/admin/activity/export.json").expect(200);
    let entries = export.json();
    let entry = entries.as_array().unwrap().iter().find(|entry| entry["actor"] == title).unwrap();
    assert_eq!(entry["kind"], "token_generated");
    let shown = ask(&app, "GET", &key).expect(200).json();
    assert_eq!(shown["generated_by"], title);
    assert!(app.mails().iter().all(|mail| !mail.contains(token)));

    ask(&app, "DELETE", &key).expect(204);
    assert!(!app.scim(token).is_accepted());
    let nothing = ask(&app, "DELETE", &key).expect(404);
    assert_eq!(nothing.json()["status"], "404");
    assert_eq!(database.ask("SELECT revoked_by FROM tokens WHERE replaced_by IS NULL"), [title]);
}

fn a_request_that_is_repeated_generates_nothing_and_shows_nothing(database: &Database) {
    let app = TestApp::start(database);
    let (key, other) = (make(&app, Scope::Replace), make(&app, Scope::Replace));
    let (key, other) = (key.plain.expose(), other.plain.expose());
    let first = generate(&app, key, "deploy-17").expect(201).json();
    app.advance(TimeDelta::hours(47));
    app.upkeep();

    for body in [r#"{"months": 3}"#, r#"{"months": 6}"#] {
        let again = post(key, "deploy-17", body).send(app.address).expect(409);
        let told = again.json();
        assert_eq!(told["token_id"], first["token_id"], "{told}");
        assert!(told["detail"].as_str().unwrap().contains(first["token_id"].as_str().unwrap()));
        assert!(!again.text().contains(first["token"].as_str().unwrap()));
    }
    assert_eq!(tokens(database), 1);
    assert!(app.scim(first["token"].as_str().unwrap()).is_accepted());
    // Another key means another request, and so does another API key.
    generate(&app, key, "deploy-18").expect(201);
    generate(&app, other, "deploy-17").expect(201);
    generate(&app, other, "").expect(201);
    generate(&app, other, "").expect(201);
    assert_eq!(tokens(database), 5);
}

fn of_twenty_requests_at_once_with_one_idempotency_key_one_generates(database: &Database) {
    let app = TestApp::start(database);
    let other_instance = app.second_instance(database);
    let key = make(&app, Scope::Replace);
    let key = key.plain.expose();

    let answers: Vec<Response> = thread::scope(|scope| {
        let running: Vec<_> = (0..20)
            .map(|number| {
                let to = if number % 2 == 0 { app.address } else { other_instance.address };
                scope.spawn(move || post(key, "once", r#"{"months": 1}"#).send(to))
            })
            .collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });

    let created: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert_eq!((created.len(), tokens(database)), (1, 1));
    let id = created[0].json()["token_id"].clone();
    let others = answers.iter().filter(|answer| answer.status != 201);
    for answer in others {
        assert_eq!((answer.status, &answer.json()["token_id"]), (409, &id), "{}", answer.text());
    }
}

/// Requests with another fault than that of their JSON, each with its status.
fn wrong_requests(key: &str, reader: &str) -> Vec<(Request, u16)> {
    let (json, good) = ("application/json", r#"{"months": 3}"#);
    let large = format!(r#"{{"months": 3{}}}"#, " ".repeat(5000));
    let bare = || asked("POST", &format!("Bearer {key}"));
    vec![
        (post(reader, "", good), 403),
        (asked("DELETE", &format!("Bearer {reader}")), 403),
        (Request::new("POST", super::TOKEN).body(json, good), 401),
        (bare(), 415),
        (bare().body("text/plain", good), 415),
        (bare().body("application/x-www-form-urlencoded", "months=3"), 415),
        (bare().body(json, large), 413),
        (bare().body(json, &b"\xff\xfe"[..]), 400),
        (bare().body("application/json; charset=utf-8", ""), 400),
        (post(key, "a b", good), 400),
        (post(key, &"x".repeat(256), good), 400),
        (post(key, "é", good), 400),
        (post(key, "one", good).header("Idempotency-Key", "two"), 400),
        (post(key, "", r#"{"months": 3, "keep_current": true}"#), 409),
    ]
}

const WRONG_JSON: [&str; 22] = [
    "null",
    "[]",
    "[3]",
    "[3, false]",
    "3",
    "{}",
    "{",
    r#"{"months": "3"}"#,
    r#"{"months": 3.5}"#,
    r#"{"months": 3.0}"#,
    r#"{"months": null}"#,
    r#"{"months": 0}"#,
    r#"{"months": 7}"#,
    r#"{"months": -1}"#,
    r#"{"months": 259}"#,
    r#"{"months": 1e30}"#,
    r#"{"Months": 3}"#,
    r#"{"months": 3, "keep": true}"#,
    r#"{"months": 3, "months": 3}"#,
    r#"{"months": 3, "keep_current": 1}"#,
    r#"{"months": 3, "keep_current": null}"#,
    r#"{"months": 3} {}"#,
];

fn a_request_that_is_wrong_changes_nothing(database: &Database) {
    let app = TestApp::start(database);
    let (key, reader) = (make(&app, Scope::Replace), make(&app, Scope::Read));
    let key = key.plain.expose();
    let deep = "[".repeat(4000);
    let malformed = WRONG_JSON.into_iter().chain([deep.as_str()]);
    let malformed = malformed.map(|wrong| (post(key, "", wrong), 400));
    for (request, status) in wrong_requests(key, reader.plain.expose()).into_iter().chain(malformed)
    {
        let answer = request.send(app.address);
        assert_eq!(answer.status, status, "{} {}", answer.text(), answer.status);
        assert_eq!(answer.header("Content-Type"), Some("application/scim+json"));
        let told = answer.json();
        assert_eq!(told["status"], status.to_string());
        assert!(told["detail"].as_str().is_some_and(|detail| detail.len() < 400), "{told}");
        if status == 403 {
            let challenge = answer.header("WWW-Authenticate").expect("a challenge");
            assert!(challenge.contains(r#"error="insufficient_scope""#), "{challenge}");
        }
    }
    assert_eq!(tokens(database), 0);
}

fn a_key_that_ends_meanwhile_changes_nothing(database: &Database) {
    let app = TestApp::start(database);
    app.add_admin("Ada");
    let grace = app.admin("Grace");
    let hers = make_on_page(&grace, "replace");
    let (revoked, expired) = (make(&app, Scope::Replace), make(&app, Scope::Replace));
    let reader = make(&app, Scope::Read);
    let current = app.generate(6);
    let id = |text: &str| scimward::domain::keys::secret::KeyId::parse(text).unwrap();
    let hers = id(&hers[6..14]);
    // As when the key was read before all of this, and the change comes after it.
    let keys = &app.services().keys;
    app.wait(keys.revoke(revoked.key.id.clone(), Author::CommandLine)).unwrap();
    let off =
        app.services().admins.set_active(app.add_admin("Grace").id, false, Author::CommandLine);
    app.wait(off).unwrap();
    let change = |key| {
        let by = || Author::ApiKey { id: Clone::clone(&key), source: Source::default() };
        let (lifespan, current) = (Lifespan::DEFAULT, CurrentToken::Revoke);
        let wanted = Generate { lifespan, current, by: by(), form: None };
        let generated = app.wait(app.services().tokens.generate(wanted));
        let revoked = app.wait(app.services().tokens.revoke(None, by()));
        [generated.unwrap_err().to_string(), revoked.unwrap_err().to_string()]
    };
    let ended = "the API key is not accepted any more";

    for key in [hers, revoked.key.id, reader.key.id, id("00000000")] {
        assert_eq!(change(key), [ended; 2]);
    }
    app.advance(TimeDelta::days(31));
    assert_eq!(change(expired.key.id), [ended; 2]);
    assert_eq!(tokens(database), 1);
    assert!(app.scim(current.plain.expose()).is_accepted());
}

fn a_token_is_kept_for_a_program(database: &Database) {
    let app = TestApp::start(database);
    let key = make(&app, Scope::Replace);
    let key = key.plain.expose();
    let old = app.generate(6);
    assert!(app.scim(old.plain.expose()).is_accepted());
    app.upkeep();

    let keep = r#"{"months": 3, "keep_current": true}"#;
    let body = post(key, "keep", keep).send(app.address).expect(201).json();

    assert_eq!((&body["replaced"], &body["kept"]), (&().into(), &old.token.id.as_str().into()));
    assert_eq!(body["kept_until"], "2026-11-23T14:03:00Z");
    assert!(app.scim(body["token"].as_str().unwrap()).is_accepted());
    assert!(app.scim(old.plain.expose()).is_accepted());
    let state = ask(&app, "GET", key).expect(200).json();
    assert_eq!(state["old"]["token_id"], old.token.id.as_str(), "{state}");
    ask(&app, "DELETE", key).expect(204);
    assert!(!app.scim(old.plain.expose()).is_accepted());
}

fn a_program_that_runs_wild_is_stopped(database: &Database) {
    let app = TestApp::start(database);
    let (key, other) = (make(&app, Scope::Replace), make(&app, Scope::Replace));
    for number in 0..20 {
        generate(&app, key.plain.expose(), &number.to_string()).expect(201);
    }

    let stopped = generate(&app, key.plain.expose(), "").expect(429);

    assert_eq!(stopped.header("Retry-After"), Some("3600"));
    generate(&app, other.plain.expose(), "").expect(201);
    app.advance(TimeDelta::hours(1));
    generate(&app, key.plain.expose(), "").expect(201);
}
