//! The access log.

use super::{PROXIES, lines};
use crate::support::database::{Database, Engine};
use crate::support::http::Request;
use crate::support::process::Scimward;

const TARGET: &str = "scimward::access";

#[test]
fn every_request_is_one_line_if_it_is_wanted() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::on(&database).with(PROXIES.0, PROXIES.1);
    let server = scimward.clone().with("SCIMWARD_ACCESS_LOG", "true").serve();
    let requests = [
        ("GET", "/healthz", "/healthz"),
        ("HEAD", "/login?next=query-value", "/login"),
        ("GET", "/login?next=query-value", "/login"),
        ("POST", "/login?query-value", "/login"),
        ("BREW", "/%61dmin?query-value", "/%61dmin"),
        ("GET", "/static/x/app.css", "/static/x/app.css"),
        ("GET", "/v1/token/validate?access_token=query-value", "/v1/token/validate"),
        ("GET", "/scim/v2/Users/scimw_W8pG2wXcAAAAAAAAAA", "/scim/v2/Users/***"),
        ("GET", "/%73cimw%5fW8pG2wXcAAAAAAAAAA", "/***"),
        ("GET", "/invitation/0123456789abcdefghijkl", "/invitation/***"),
        ("GET", "/a%0aINFO%20forged", "/a%0aINFO%20forged"),
    ];
    let mut answers = Vec::new();
    for (method, target, _) in requests {
        let request = Request::new(method, target).header("X-Forwarded-For", "203.0.113.7");
        answers.push(request.send(server.address));
    }

    let log = server.stop().stderr;

    let lines = lines(&log, TARGET);
    assert_eq!(lines.len(), requests.len(), "{lines:?}");
    for ((line, (method, _, path)), answer) in lines.iter().zip(requests).zip(&answers) {
        assert_eq!((&line["method"], &line["path"]), (&method.into(), &path.into()), "{line}");
        assert_eq!(line["status"], answer.status, "{line}");
        assert_eq!(line["bytes"], answer.body.len(), "{line}");
        assert_eq!(line["source"], "203.0.113.7", "{line}");
        assert_eq!(line["request.id"].as_str(), answer.header("X-Request-Id"), "{line}");
        assert!(line["duration_us"].as_u64().is_some_and(|us| us < 60_000_000), "{line}");
    }
    assert!(!log.contains("query-value") && !log.contains("W8pG2wXc"), "{log}");

    let server = scimward.serve();
    Request::new("GET", "/healthz").send(server.address).expect(200);
    let log = server.stop().stderr;
    assert!(!log.contains("/healthz") && !log.contains(TARGET), "{log}");
}
