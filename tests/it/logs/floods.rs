//! What anybody can repeat costs few lines, and no count is lost.

use super::{CLIENTS, PROXIES, audit, of, total};
use crate::support::actors::{PASSWORD, Visitor};
use crate::support::database::{Database, Engine};
use crate::support::http::{Connection, Request};
use crate::support::on_each_database;
use crate::support::process::Scimward;

on_each_database!(sixty_wrong_logins_are_told, pages_that_fail_alike_are_counted);

fn sixty_wrong_logins_are_told(database: &Database) {
    let scimward = Scimward::on(database).with(PROXIES.0, PROXIES.1);
    scimward.add_admin("ada");
    let server = scimward.serve();
    for number in 0..60 {
        let source = format!("203.0.113.{}", number % 3);
        let forged = format!("m{number}@example.com\r\nINFO scimward::audit: forged\u{2028}");
        for email in ["ada@example.com", &forged] {
            let browser = Visitor::new(server.address);
            let fields = [("email", email), ("password", "nine wrong badgers somewhere")];
            let form = browser.form("/login", &fields).header("X-Forwarded-For", &source);
            assert!([422, 429, 503].contains(&browser.send(form).status));
        }
    }

    let log = server.stop().stderr;

    let lines = audit(&log);
    let (failed, throttled) = (of(&lines, "login_failed"), of(&lines, "login_throttled"));
    assert_eq!(total(&failed) + total(&throttled), 120, "{lines:?}");
    assert!(failed.len() + throttled.len() < 30, "{lines:?}");
    assert!(failed.iter().any(|line| line["subject"] == "ada@example.com"), "{failed:?}");
    assert!(failed.iter().all(|line| line["outcome"] == "refused" && line["actor"] == "client"));
    assert!(failed.iter().all(|line| line["source"].as_str().unwrap().starts_with("203.0.113.")));
    assert!(!log.contains("forged"), "{log}");
}

fn pages_that_fail_alike_are_counted(database: &Database) {
    let scimward = Scimward::on(database);
    scimward.add_admin("ada");
    let server = scimward.serve();
    let browser = Visitor::new(server.address);
    let fields = [("email", "ada@example.com"), ("password", PASSWORD)];
    browser.submit("/login", "/login", &fields).expect(303);
    let page = || browser.get("/admin/authentication");
    page().expect(200);
    database.ask("ALTER TABLE sessions RENAME TO broken");
    let references: Vec<_> = (0..30)
        .map(|_| page().expect(503).header("X-Request-Id").expect("an id").to_owned())
        .collect();
    database.ask("ALTER TABLE broken RENAME TO sessions");
    page().expect(200);

    let log = server.stop().stderr;

    let failed: Vec<serde_json::Value> = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|line: &serde_json::Value| line["level"] == "ERROR")
        .map(|line| line["fields"].clone())
        .collect();
    let [first, others] = failed.as_slice() else { panic!("{failed:?}") };
    assert_eq!(first["message"], "a page failed", "{log}");
    assert_eq!(first["request.id"], references[0], "the first one leads to its line");
    assert_eq!(others["message"], "further pages failed", "{log}");
    assert_eq!(others["count"], 29, "{log}");
    assert_eq!(first["error"], others["error"]);
}

#[test]
fn refused_requests_from_everywhere_cost_few_lines() {
    let database = Database::fresh(Engine::Sqlite);
    let server =
        Scimward::on(&database).with(PROXIES.0, PROXIES.1).with(CLIENTS.0, CLIENTS.1).serve();
    let mut connection = Connection::open(server.address).unwrap();
    for number in 0..2000 {
        let request = Request::new("GET", "/v1/token/validate")
            .header("X-Forwarded-For", &format!("198.51.{}.{}", number / 250, number % 250))
            .header("User-Agent", &format!("agent {number}"))
            .header("Authorization", "Bearer nothing");
        assert_eq!(connection.send(request).unwrap().status, 401);
    }
    for _ in 0..600 {
        let request = Request::new("GET", "/scim/v2/Users")
            .header("X-Forwarded-For", "192.0.2.1")
            .header("Authorization", "Bearer nothing");
        connection.send(request).unwrap();
    }

    let lines = audit(&server.stop().stderr);

    let refused = of(&lines, "requests_refused");
    assert!(refused.len() < 200, "{}", refused.len());
    assert_eq!(total(&refused), 2600);
    let throttled: Vec<_> =
        refused.into_iter().filter(|line| line["subject"] == "throttled").collect();
    assert!(total(&throttled) >= 100, "{throttled:?}");
    assert!(lines.iter().any(|line| line["actor"] == "various"), "{lines:?}");
}
