//! An answer of the database that is under way when the token is replaced.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::num::NonZero;

use crate::support::app::TestApp;
use crate::support::database::{Database, Engine};
use crate::support::http::{Request, Response, connect};
use crate::support::relay::Relay;

/// Requests enough that each thread of the server has some.
const MANY: usize = 4;

#[test]
fn nobody_who_asks_after_a_replacement_shares_a_read_from_before() {
    let database = Database::fresh(Engine::Postgres);
    let near = TestApp::start(&database);
    let relay = Relay::before(database.address());
    let behind_relay = database.url_at(relay.address);
    let far = TestApp::with(&database, &[("SCIMWARD_DATABASE_URL", &behind_relay)]);
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let old = near.generate(6);
    let ask = |token: Option<&str>| -> Vec<TcpStream> {
        let request = Request::new("GET", "/v1/token/validate");
        let request = match token {
            Some(token) => request.header("Authorization", &format!("Bearer {token}")),
            None => request,
        };
        let sent = (0..MANY * threads).map(|_| connect(far.address));
        sent.inspect(|mut to| to.write_all(&request.bytes(far.address)).unwrap()).collect()
    };
    // Each thread has its connection to the database and knows the token.
    assert!(answers(ask(Some(old.plain.expose()))).iter().all(|status| *status == 200));
    // Its first use is written, or its row would be locked for as long as the answers are held.
    far.upkeep();

    relay.hold();
    let before = ask(Some(old.plain.expose()));
    relay.wait_for_held(threads);
    near.generate(6);
    let after = ask(Some(old.plain.expose()));
    // Who comes later has been answered, so the requests before have been read.
    assert!(answers(ask(None)).iter().all(|status| *status == 401));
    relay.release();

    assert!(answers(before).contains(&200), "no read was under way");
    assert!(answers(after).iter().all(|status| *status == 401));
}

fn answers(connections: Vec<TcpStream>) -> Vec<u16> {
    let answer = |mut connection: TcpStream| {
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).expect("an answer");
        Response::parse(&answer).status
    };
    connections.into_iter().map(answer).collect()
}
