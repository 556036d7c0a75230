use std::collections::HashSet;

use super::PROXIES;
use crate::support::app::TestApp;
use crate::support::database::{Database, Engine};
use crate::support::http::{Request, Response};

/// Sends a request and returns its answer and the id in it, which is well-formed.
fn ask(app: &TestApp, request: &Request) -> (Response, String) {
    let response = request.send(app.address);
    let id = response.header("X-Request-Id");
    let id = id.unwrap_or_else(|| panic!("no id: {request:?} {response:?}")).to_owned();
    assert!((1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()));
    (response, id)
}

fn start(settings: &[(&str, &str)]) -> (TestApp, Database) {
    let database = Database::fresh(Engine::Sqlite);
    (TestApp::with(&database, settings), database)
}

#[test]
fn every_answer_names_its_request() {
    let metrics = ("SCIMWARD_METRICS_LISTEN", "127.0.0.1:0");
    let clients = ("SCIMWARD_INTROSPECTION_CLIENTS", "app:application secret of 32 characters");
    let (app, _database) = start(&[metrics, clients]);
    let long = format!("/v1/token/validate?{}", "x".repeat(20_000));
    let mut ids = HashSet::new();
    for path in [
        "/",
        "/login",
        "/admin/authentication",
        "/admin/activity.csv",
        "/setup?code=x",
        "/nowhere",
        "/%6cogin",
        "/static/x/app.css",
        "/static/x/nothing",
        "/healthz",
        "/readyz",
        "/v1/token/validate",
        "/v1/openapi.json",
        "/scim/v2/Users",
        "/scim/v2/ServiceProviderConfig",
        "/forward-auth/x",
        "/oauth2/introspect",
        &long,
    ] {
        for method in ["GET", "HEAD", "OPTIONS", "POST", "PUT", "BREW"] {
            let (_, id) = ask(&app, &Request::new(method, path));
            assert!(ids.insert(id), "{method} {path} has the id of another request");
        }
    }
    let large = Request::new("POST", "/login").form(&[("email", &"x".repeat(20_000))]);
    let (answer, id) = ask(&app, &large);
    assert!(answer.status == 413 && ids.insert(id), "{answer:?}");
    for path in ["/metrics", "/nowhere"] {
        let answer = Request::new("GET", path).send(app.metrics_address.expect("metrics"));
        assert!(ids.insert(answer.header("X-Request-Id").expect("an id").to_owned()), "{path}");
    }
}

#[test]
fn a_trusted_proxy_names_requests_and_nobody_else() {
    let given = "7b1e1d2c-9a50-4d3c-8f1e-0f6a6f7b9d11";
    let request = |path| Request::new("GET", path).header("X-Request-Id", given);
    let paths = ["/nowhere", "/login", "/healthz", "/static/x/app.css", "/scim/v2/Users"];
    let (open, _database) = start(&[]);
    let (behind, _database) = start(&[PROXIES]);
    for path in paths {
        assert_ne!(ask(&open, &request(path)).1, given, "{path}");
        assert_eq!(ask(&behind, &request(path)).1, given, "{path}");
        assert_ne!(ask(&behind, &Request::new("GET", path)).1, given, "{path}");
        let twice = request(path).header("X-Request-Id", given);
        assert_ne!(ask(&behind, &twice).1, given, "{path}");
    }
    let longer = "x".repeat(129);
    for bad in ["", "a b", "<script>", "\"quoted\"", "caf\u{e9}", "scimw_abc", &longer] {
        let (answer, id) =
            ask(&behind, &Request::new("GET", "/nowhere").header("X-Request-Id", bad));
        assert!(!id.contains(bad) || bad.is_empty(), "{bad:?} {id}");
        assert!(bad.is_empty() || !answer.text().contains(bad), "{bad:?}");
    }
}

#[test]
fn an_error_page_shows_the_id_as_its_reference() {
    let (app, _database) = start(&[PROXIES]);
    let foreign = Request::new("POST", "/login").header("Origin", "https://elsewhere.example");
    let large = Request::new("POST", "/login").form(&[("email", &"x".repeat(20_000))]);
    let unknown = Request::new("GET", "/nowhere").header("X-Request-Id", "given-4711");
    for request in [foreign, large, unknown, Request::new("PUT", "/login")] {
        let (page, id) = ask(&app, &request);
        assert!(page.text().contains(&format!("Reference <code>{id}</code>")), "{}", page.text());

        let (json, id) = ask(&app, &request.header("Accept", "application/json"));
        assert_eq!(json.json()["reference"], id.as_str());
    }
}
