//! A PostgreSQL server that dies, hangs, cuts connections or waits for locks.

mod encryption;
mod language;
mod pooler;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use scimward::store::{self, StoreError};

use super::load::{CLIENTS, Ending, Load, PATHS, Phase};
use super::*;
use crate::support::app::TestApp;
use crate::support::cluster::Cluster;
use crate::support::database::{Database, Engine};

#[test]
fn a_server_that_dies_under_load_is_waited_for() {
    a_fault_is_survived(Cluster::stop, Cluster::start_again);
}

#[test]
fn a_server_that_hangs_under_load_is_waited_for() {
    a_fault_is_survived(Cluster::freeze, Cluster::thaw);
}

/// An attempt to connect ends by then, on every thread of the server.
const RECONNECTED: Duration = Duration::from_millis(2200);

fn a_fault_is_survived(fault: fn(&Cluster), repair: fn(&Cluster)) {
    let cluster = Cluster::start();
    let scimward = Scimward::at(&cluster.url(), cluster.folder());
    let token = generate(&scimward);
    let server = scimward.serve();
    let browser = sign_in(&scimward, server.address);
    // The page is to know that the token is in use.
    ask(server.address, VALIDATE, &token).expect(200);
    let form = generation(&browser);
    let load = Load::new();

    std::thread::scope(|scope| {
        let ending = Ending(&load);
        for client in 0..CLIENTS {
            let (load, token, path) = (&load, &token, PATHS[client % PATHS.len()]);
            scope.spawn(move || load.run(server.address, path, token));
        }
        load.wait(|now| now.let_in == CLIENTS);

        load.enter(Phase::Fails);
        fault(&cluster);
        load.enter(Phase::Down);
        assert_pages_wait(&browser, &form, server.address);
        Request::new("GET", "/healthz").send(server.address).expect(200);
        Request::new("GET", "/readyz").send(server.address).expect(503);
        let refused = scimward.run(&["token", "show"]);
        assert_eq!(refused.code, 1, "{refused:?}");
        assert!(refused.stderr.contains("cannot be used"), "{}", refused.stderr);
        assert!(!refused.stderr.contains(SECRET), "{}", refused.stderr);
        load.wait(|now| now.answers >= 2 * CLIENTS);

        load.enter(Phase::Recovers);
        repair(&cluster);
        let repaired = Instant::now();
        load.wait(|now| now.let_in == CLIENTS && repaired.elapsed() > RECONNECTED);
        load.enter(Phase::WorksAgain);
        load.wait(|now| now.answers >= 5 * CLIENTS);
        drop(ending);
    });

    Request::new("GET", "/readyz").send(server.address).expect(200);
    assert_eq!(newest(&scimward), token[6..14], "nothing was changed meanwhile");
    // The form was not used up, and the session was not lost.
    browser.send(form.header("Accept", "application/json")).expect(201);
    ask(server.address, VALIDATE, &token).expect(401);
    assert_discreet(&server.stop());
}

/// Ends every connection to this database, as a restart or an administrator does.
fn cut(database: &Database) {
    drop(database.hold(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    ));
}

#[test]
fn connections_that_were_cut_are_replaced_unnoticed() {
    let database = Database::fresh(Engine::Postgres);
    let scimward = Scimward::on(&database);
    let mut token = generate(&scimward);
    let server = scimward.serve();
    let browser = sign_in(&scimward, server.address);
    for round in 0..3 {
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| ask(server.address, VALIDATE, &token).expect(200));
            }
        });
        let form = generation(&browser).header("Accept", "application/json");

        cut(&database);
        for _ in 0..16 {
            ask(server.address, VALIDATE, &token).expect(200);
        }
        browser.get(HOME).expect(200);
        cut(&database);
        Request::new("GET", "/readyz").send(server.address).expect(200);
        cut(&database);
        let answer = browser.send(form).expect(201);

        ask(server.address, VALIDATE, &token).expect(401);
        token = answer.json()["token"].as_str().expect("a token").to_owned();
        assert_eq!(newest(&scimward), token[6..14], "round {round}");
    }
}

#[test]
fn a_change_over_a_connection_that_was_cut_is_made_over_another() {
    let database = Database::fresh(Engine::Postgres);
    let app = TestApp::start(&database);
    app.generate(6);
    cut(&database);

    // Without any read before it that would notice.
    let token = app.generate(6);

    assert!(app.scim(token.plain.expose()).is_accepted());
}

/// Ends the connection that commits a new token, just before it is committed.
const CUT_AT_COMMIT: &str = "
    CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON tokens DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION cut();";

#[test]
fn a_connection_that_breaks_during_the_commit_leaves_the_outcome_open() {
    let database = Database::fresh(Engine::Postgres);
    let scimward = Scimward::on(&database);
    let token = generate(&scimward);
    let server = scimward.serve();
    let browser = sign_in(&scimward, server.address);
    let form = generation(&browser);
    drop(database.hold(CUT_AT_COMMIT));

    let page = browser.send(form.clone()).expect(503);
    let to_script = browser.send(form.clone().header("Accept", "application/json")).expect(503);

    assert!(page.text().contains("It is not certain"), "{}", page.text());
    assert_eq!(to_script.json()["generated"], serde_json::Value::Null);
    drop(database.hold("DROP TRIGGER cut ON tokens"));
    let live = database.ask("SELECT id FROM tokens WHERE revoked_at IS NULL");
    assert_eq!(live, [&token[6..14]], "nothing has changed");
    browser.send(form.header("Accept", "application/json")).expect(201);
    ask(server.address, VALIDATE, &token).expect(401);
}

/// How often a read is tried that finds its connection in the state that `spoil` leaves.
fn attempts(app: &TestApp, spoil: impl Fn() + Send + 'static) -> (usize, Result<(), StoreError>) {
    let attempts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&attempts);
    let read = app.store().read(move |conn| {
        if counted.fetch_add(1, Ordering::SeqCst) == 0 {
            spoil();
        }
        store::tokens::history(conn).map(drop)
    });
    let result = app.wait(read);
    (attempts.load(Ordering::SeqCst), result)
}

#[test]
fn a_read_is_repeated_when_its_connection_is_dead_and_not_when_it_is_slow() {
    let database = Arc::new(Database::fresh(Engine::Postgres));
    let app = TestApp::start(&database);
    app.wait(app.store().read(store::tokens::history)).expect("an idle connection");

    let cutting = Arc::clone(&database);
    let dead = attempts(&app, move || cut(&cutting));
    let lock = database.hold("BEGIN; LOCK TABLE tokens IN ACCESS EXCLUSIVE MODE");
    let slow = attempts(&app, || ());
    drop(lock);
    let after = attempts(&app, || ());

    assert!(matches!(dead, (2, Ok(()))), "{dead:?}");
    assert!(matches!(slow, (1, Err(StoreError::Unavailable(_)))), "{slow:?}");
    assert!(matches!(after, (1, Ok(()))), "{after:?}");
}

#[test]
fn a_page_behind_a_lock_says_so_and_comes_back() {
    let database = Database::fresh(Engine::Postgres);
    let scimward = Scimward::on(&database);
    let token = generate(&scimward);
    let server = scimward.serve();
    let browser = sign_in(&scimward, server.address);

    let lock = database.hold("BEGIN; LOCK TABLE tokens IN ACCESS EXCLUSIVE MODE");
    for _ in 0..3 {
        let asked = Instant::now();
        let page = browser.get(HOME).expect(503);
        assert!(asked.elapsed() < IN_TIME, "{:?}", asked.elapsed());
        assert!(page.text().contains("Nothing was changed."), "{}", page.text());
        assert_undecided(&ask(server.address, VALIDATE, &token));
    }
    Request::new("GET", "/readyz").send(server.address).expect(503);
    drop(lock);

    browser.get(HOME).expect(200);
    Request::new("GET", "/readyz").send(server.address).expect(200);
    let is_let_in = || ask(server.address, VALIDATE, &token).status == 200;
    assert!((0..50).any(|_| is_let_in()), "it works again when the lock is gone");
    assert_eq!(server.stop().code, 0);
}
