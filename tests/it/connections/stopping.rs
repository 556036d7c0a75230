//! Stopping while clients stall.

use std::time::Instant;

use super::*;
use crate::support::process::Scimward;

/// Docker kills after ten seconds.
const LONGEST: Duration = Duration::from_secs(8);

#[test]
fn stalled_clients_do_not_keep_a_server_from_stopping() {
    let database = Database::fresh(Engine::Sqlite);
    let server = Scimward::on(&database).serve();
    let login = format!("POST /login HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n{FORM}\r\n");
    let bodies = ["Content-Length: 100\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"];
    let stalled = bodies.map(|body| {
        let mut stream = connect(server.address);
        stream.write_all(format!("{login}{body}").as_bytes()).unwrap();
        stream.read_exact(&mut [0; 25]).expect("the request is being handled");
        stream
    });
    let mut head = connect(server.address);
    head.write_all(b"GET / HTTP/1.1\r\nHost").unwrap();
    let silent = connect(server.address);

    let stopping = Instant::now();
    let ended = server.stop();

    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(stopping.elapsed() < LONGEST, "{:?}", stopping.elapsed());
    drop((stalled, head, silent));
}

#[test]
fn an_idle_connection_is_closed_when_the_server_stops() {
    let mut server = Limited::start(no_limits());
    let mut idle = server.connect();
    assert_eq!(ask(&mut idle, &server.valid()).status, 200);

    server.app.stop().expect("a clean end");

    assert_eq!(rest(&mut idle), b"");
}
