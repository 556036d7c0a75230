//! Answers of PostgreSQL that are on their way while the token is replaced.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::num::NonZero;

use scimward::domain::admin::actor::Author;
use tokio::runtime::Builder;

use crate::support::app::TestApp;
use crate::support::database::{Database, Engine};
use crate::support::http::{Request, Response, connect};
use crate::support::mail_app::MailApp;
use crate::support::relay::Relay;
use crate::support::smtp::MailServer;

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

#[test]
fn an_instance_that_hangs_while_it_changes_the_token_keeps_no_other_from_it() {
    let database = Database::fresh(Engine::Postgres);
    let near = TestApp::start(&database);
    let relay = Relay::before(database.address());
    let behind_relay = database.url_at(relay.address);
    let mails = MailServer::start();
    let far = MailApp::with(&database, &mails, &[("SCIMWARD_DATABASE_URL", &behind_relay)]);
    // Its connection and the statements are prepared.
    far.generate(6);
    let tokens = far.services().tokens.clone();

    // It does not learn that it holds the lock.
    relay.hold_from("UPDATE 1");
    let hanging = std::thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(tokens.revoke(None, Author::CommandLine))
    });
    relay.wait_for_held(1);
    let replaced = near.generate(6).replaced;
    relay.release();

    assert!(replaced.is_some());
    assert!(hanging.join().unwrap().is_err());
}

fn answers(connections: Vec<TcpStream>) -> Vec<u16> {
    let answer = |mut connection: TcpStream| {
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).expect("an answer");
        Response::parse(&answer).status
    };
    connections.into_iter().map(answer).collect()
}
