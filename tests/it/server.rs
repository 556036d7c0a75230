//! Starting, stopping and being watched.

use std::io::{Read, Write};
use std::net::TcpStream;

use chrono::TimeDelta;
use diesel::connection::SimpleConnection;

use crate::support::app::TestApp;
use crate::support::database::{Database, Engine};
use crate::support::http::{Request, Response, connect};
use crate::support::on_each_database;
use crate::support::process::Scimward;

on_each_database!(
    the_last_use_is_written_when_the_server_stops,
    a_signal_ends_the_server_cleanly,
    requests_in_flight_are_finished,
    health_and_readiness_answer,
    pages_do_not_call_a_missing_table_temporary,
);

fn the_last_use_is_written_when_the_server_stops(database: &Database) {
    let mut app = TestApp::start(database);
    let token = app.generate(6);
    let client = app.scim(token.plain.expose());
    client.get("/v1/token/validate").expect(200);
    app.advance(TimeDelta::seconds(10));
    client.get("/v1/token/validate").expect(200);
    let last = app.services().now();

    app.stop().expect("a clean end");

    let stored = app.wait(app.services().tokens.by_id(token.token.id)).unwrap().unwrap();
    assert_eq!(stored.last_use.expect("a use").at, last);
}

fn a_signal_ends_the_server_cleanly(database: &Database) {
    let scimward = Scimward::on(database);
    for signal in ["TERM", "INT"] {
        let token = scimward.run(&["token", "generate"]).stdout;
        let server = scimward.serve();
        let request = Request::new("GET", "/v1/token/validate");
        let request = request.header("Authorization", &format!("Bearer {}", token.trim_end()));
        request.send(server.address).expect(200);

        server.signal(signal);
        let ended = server.wait();

        assert_eq!(ended.code, 0, "{signal}: {ended:?}");
        let shown = scimward.run(&["token", "show", "--json"]).stdout;
        let shown: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
        assert_eq!(shown["last_used_from"], "127.0.0.1", "{signal}");
    }
}

fn requests_in_flight_are_finished(database: &Database) {
    let scimward = Scimward::on(database)
        .with("SCIMWARD_INTROSPECTION_CLIENTS", "app:0123456789abcdef0123456789abcdef");
    let server = scimward.serve();
    let head = "POST /oauth2/introspect HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
                Authorization: Basic YXBwOjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVm\r\nExpect: 100-continue\r\n\
                Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n\r\n";
    let mut stream = connect(server.address);
    stream.write_all(head.as_bytes()).unwrap();
    let mut going_on = [0; 25];
    stream.read_exact(&mut going_on).expect("the request is being handled");
    assert_eq!(&going_on, b"HTTP/1.1 100 Continue\r\n\r\n");

    server.signal("TERM");
    // New connections are refused from the moment the server stops.
    while TcpStream::connect(server.address).is_ok() {
        std::thread::yield_now();
    }
    stream.write_all(b"token=x").unwrap();

    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = Response::parse(&answer).expect(200);
    assert_eq!(answer.text(), r#"{"active":false}"#);
    assert_eq!(server.wait().code, 0);
}

fn health_and_readiness_answer(database: &Database) {
    let app = TestApp::start(database);

    for path in ["/healthz", "/readyz"] {
        app.visitor().get(path).expect(200);
        let head = Request::new("HEAD", path).send(app.address).expect(200);
        assert_eq!(head.text(), "");
    }
}

#[test]
fn the_production_cost_is_what_owasp_asks_for() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::on(&database);
    assert_eq!(scimward.run(&["token", "generate"]).code, 0);

    let files = ["scimward.db", "scimward.db-wal"];
    let files = files.iter().filter_map(|f| std::fs::read(database.folder().join(f)).ok());
    let stored = files.map(|f| String::from_utf8_lossy(&f).into_owned()).collect::<String>();
    assert!(stored.contains("$argon2id$v=19$m=19456,t=2,p=1$"), "the cost has changed");
}

fn pages_do_not_call_a_missing_table_temporary(database: &Database) {
    let app = TestApp::start(database);
    let admin = app.admin("Ada");
    let token = app.generate(6);
    let client = app.scim(token.plain.expose());
    let rename = |from: &str, to: &str| {
        let rename = format!("ALTER TABLE {from} RENAME TO {to}");
        app.wait(app.store().read(move |conn| Ok(conn.batch_execute(&rename)?))).unwrap();
    };

    rename("activity", "lost");
    admin.get("/admin/authentication").expect(500);
    rename("lost", "activity");
    rename("tokens", "lost");
    let undecided = client.get("/v1/token/validate").expect(503);
    assert!(undecided.header("Retry-After").is_some());
    admin.get("/admin/authentication").expect(500);
    rename("lost", "tokens");

    admin.get("/admin/authentication").expect(200);
    client.get("/v1/token/validate").expect(200);
}
