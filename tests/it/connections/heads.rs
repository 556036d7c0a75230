//! Heads that do not arrive, and connections that nobody uses.

use super::*;
use crate::support::headers;
use crate::support::http::{Request, exchange};
use crate::support::process::Scimward;

#[test]
fn an_unused_connection_is_closed_without_a_word() {
    let server = Limited::start(Limits { head: SOON, ..no_limits() });
    assert_eq!(rest(&mut server.connect()), b"");
}

#[test]
fn a_slow_head_ends_its_connection() {
    let server = Limited::start(Limits { head: SOON, ..no_limits() });
    let mut stream = server.connect();
    stream.write_all(b"GET /login HTTP/1.1\r\nHost: x\r\n").unwrap();
    let mut sending = stream.try_clone().unwrap();
    let client = std::thread::spawn(move || while sending.write_all(b"X: y\r\n").is_ok() {});

    let answer = rest(&mut stream);

    client.join().expect("the client");
    // A flood of fields may be cut off by a reset.
    assert!(answer.is_empty() || matches!(Response::parse(&answer).status, 408 | 431));
}

#[test]
fn a_head_that_stops_is_answered() {
    let server = Limited::start(Limits { head: SOON, ..no_limits() });
    let mut stream = server.connect();
    stream.write_all(b"GET /login HTTP/1.1\r\nHost: x\r\n").unwrap();
    let answer = Response::parse(&rest(&mut stream));
    assert_eq!(answer.status, 408);
    headers::check(&Request::new("GET", "/login"), &answer);
}

#[test]
fn a_slow_head_after_an_answer_ends_its_connection() {
    let server = Limited::start(Limits { head: SOON, ..no_limits() });
    let mut stream = server.connect();
    assert_eq!(ask(&mut stream, &server.valid()).status, 200);
    stream.write_all(b"GET /login HTTP/1.1\r\nHost: x\r\n").unwrap();
    // An answer could be taken for that to the next request.
    assert_eq!(rest(&mut stream), b"");
}

#[test]
fn a_connection_is_kept_between_requests_for_as_long_as_configured() {
    let server = Limited::with(&[("SCIMWARD_KEEP_ALIVE", "1")], no_limits());
    let mut stream = server.connect();
    for _ in 0..3 {
        assert_eq!(ask(&mut stream, &server.valid()).status, 200);
    }
    let idle = std::time::Instant::now();
    assert_eq!(rest(&mut stream), b"");
    assert!(idle.elapsed() >= Duration::from_secs(1), "{:?}", idle.elapsed());
}

#[test]
fn requests_that_cannot_be_read_fill_no_log() {
    let database = Database::fresh(Engine::Sqlite);
    let server = Scimward::on(&database).serve();
    let long = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}", "y".repeat(140_000));
    for (request, status) in
        [("rubbish\r\n\r\n", 400), ("GET / HTTP/1.1\r\n\r\n", 400), (&*long, 431)]
    {
        let answer = exchange(connect(server.address), request.as_bytes());
        assert_eq!(answer.status, status);
        headers::check(&Request::new("GET", "/"), &answer);
        assert_eq!(answer.header("Cache-Control"), Some("no-store"));
        assert_eq!(answer.header("Connection"), Some("close"));
    }
    let written = server.stop().stderr;
    assert!(!written.contains("ERROR") && !written.contains("WARN"), "{written}");
}
