//! Very many who try at the same time.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;

use super::*;
use crate::support::actors::PASSWORD;
use crate::support::database::Engine;
use crate::support::on_each_database;
use crate::support::process::Scimward;

on_each_database!(right_passwords_succeed_during_a_flood);

const FLOOD: u64 = 100;

/// A hundred at a time, each time from another source and for another account.
fn right_passwords_succeed_during_a_flood(database: &Database) {
    let scimward = Scimward::on(database).with("SCIMWARD_TRUSTED_PROXIES", "127.0.0.1");
    scimward.add_admin("ada");
    let server = scimward.serve();
    let (stop, number, failed) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    let flood = || {
        while !stop.load(Ordering::SeqCst) {
            let n = number.fetch_add(1, Ordering::SeqCst);
            let from = if n.is_multiple_of(2) {
                format!("10.{}.{}.7", n / 256 % 256, n % 256)
            } else {
                format!("2001:db8:{n:x}::7")
            };
            let browser = Visitor::new(server.address);
            let email = format!("person{n}@example.com");
            match browser.send(login(&browser, &from, &email, WRONG)).status {
                422 => drop(failed.fetch_add(1, Ordering::SeqCst)),
                503 => (),
                other => panic!("{other}"),
            }
        }
    };
    let answers: Vec<u16> = std::thread::scope(|scope| {
        for _ in 0..FLOOD {
            scope.spawn(flood);
        }
        while number.load(Ordering::SeqCst) < FLOOD {
            std::thread::yield_now();
        }
        let ada = || {
            let browser = Visitor::new(server.address);
            browser.send(login(&browser, "192.0.2.1", "ada@example.com", PASSWORD)).status
        };
        let answers = (0..8).map(|_| ada()).collect();
        stop.store(true, Ordering::SeqCst);
        answers
    });

    assert_eq!(answers, [303; 8]);
    let failed = failed.load(Ordering::SeqCst).to_string();
    let entries = "FROM activity WHERE kind = 'login_failed'";
    assert_eq!(database.ask(&format!("SELECT coalesce(sum(count), 0) {entries}")), [failed]);
    let rows: u64 = database.ask(&format!("SELECT count(*) {entries}"))[0].parse().unwrap();
    assert!(rows <= 2 * 201, "{rows} entries in at most two hours");
    let log = server.stop().stderr;
    let lines = log.lines().filter(|line| !line.contains("scimward::audit"));
    assert!(lines.count() < 20, "a flood does not fill the log: {log}");
}

/// A login that does not get a turn says so, and counts as nothing.
#[test]
fn postgres_a_login_that_is_not_looked_at_is_not_counted() {
    let database = Database::fresh(Engine::Postgres);
    let app = behind_proxy(&database);
    app.add_admin("Ada");
    let held = database.hold("BEGIN; UPDATE locks SET taken = taken WHERE name = 'admins'");
    let address = app.address;
    let ada = || {
        let browser = Visitor::new(address);
        browser.send(login(&browser, "192.0.2.1", "ada@example.com", PASSWORD))
    };

    // Two are looked at at a time, and wait for the lock.
    let (answered, answers) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let answered = answered.clone();
            scope.spawn(move || answered.send(ada()).unwrap());
        }
        for busy in answers.iter().take(2) {
            let busy = busy.expect(503);
            assert!(busy.text().contains("does not count as a failed attempt. Try again."));
            assert!(busy.text().contains("value=\"ada@example.com\""));
            assert_eq!(busy.header("Retry-After"), Some("1"));
        }
        drop(held);
        for signed_in in answers.iter().take(2) {
            signed_in.expect(303);
        }
    });

    assert_eq!(counted(&database), [""; 0]);
    assert_eq!(ada().status, 303);
}
