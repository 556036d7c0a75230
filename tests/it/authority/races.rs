//! Without any waiting: what is done in a loop until the session ends, with the real server.

use std::sync::mpsc;

use super::*;
use crate::support::on_each_database;
use crate::support::process::Scimward;

on_each_database!(
    inviting_while_being_deactivated_leaves_no_way_in,
    generating_while_being_deactivated_leaves_no_later_token,
);

const ROUNDS: usize = 12;

/// Deactivates somebody in the midst of what they do until it fails, and returns what they did.
fn deactivated_during<T: Send>(
    grace: &Visitor,
    database: &Database,
    name: &str,
    mut act: impl FnMut() -> Option<T> + Send,
) -> Vec<T> {
    let off = path_of(database, name, "/deactivate");
    let csrf = csrf_of(grace);
    let (begun, waiting) = mpsc::channel();
    let done = std::thread::scope(|scope| {
        let acting = scope.spawn(move || {
            let mut done = Vec::new();
            while let Some(thing) = act() {
                done.push(thing);
                let _ = begun.send(());
            }
            done
        });
        waiting.recv().expect("it works at first");
        grace.post(&off, &[("csrf", &csrf)]).expect(303);
        acting.join().expect("it ends")
    });
    let id = id_of(database, name);
    let last = format!(
        "SELECT kind FROM activity WHERE actor_id = {id} OR subject = '{name}@example.com' \
         ORDER BY id DESC LIMIT 1"
    );
    assert_eq!(database.ask(&last), ["admin_deactivated"], "{name}");
    done
}

fn inviting_while_being_deactivated_leaves_no_way_in(database: &Database) {
    let scimward = Scimward::on(database);
    scimward.add_admin("grace");
    let server = scimward.serve();
    let grace = Visitor::signed_in(server.address, "grace");
    for round in 0..ROUNDS {
        let name = format!("eve{round}");
        scimward.add_admin(&name);
        let eve = Visitor::signed_in(server.address, &name);
        let csrf = csrf_of(&eve);
        let mut number = 0;

        let links = deactivated_during(&grace, database, &name, move || {
            number += 1;
            let email = format!("friend{number}@example.com");
            let fields = [("name", "Friend"), ("email", &*email), ("csrf", &*csrf)];
            let answer = eve.post(INVITE, &fields);
            if answer.status != 200 {
                expect_session_ended(&answer, INVITE);
                return None;
            }
            let link = answer.text().split("/invitation?code=").nth(1).expect("a link");
            Some(link.split(['<', '"']).next().expect("a code").to_owned())
        });

        for code in links {
            let path = format!("/invitation?code={code}");
            Visitor::new(server.address).get(&path).expect(410);
        }
        let open = format!(
            "SELECT code_hash FROM one_time_links WHERE used_at IS NULL AND created_by = {}",
            id_of(database, &name)
        );
        assert_eq!(database.ask(&open), [""; 0]);
    }
}

fn generating_while_being_deactivated_leaves_no_later_token(database: &Database) {
    let scimward = Scimward::on(database);
    scimward.add_admin("grace");
    let server = scimward.serve();
    let grace = Visitor::signed_in(server.address, "grace");
    for round in 0..ROUNDS {
        let name = format!("eve{round}");
        scimward.add_admin(&name);
        let eve = Visitor::signed_in(server.address, &name);
        let csrf = csrf_of(&eve);
        let mut replaces = database.ask("SELECT id FROM tokens WHERE revoked_at IS NULL");
        let mut number = 0;

        let ids = deactivated_during(&grace, database, &name, move || {
            number += 1;
            let request = format!("round-{round}-number-{number:020}");
            let shown = replaces.first().map_or("", String::as_str);
            let fields =
                [("csrf", &*csrf), ("request_id", &*request), ("replaces", shown), ("months", "1")];
            let form = eve.form(GENERATE, &fields).header("Accept", "application/json");
            let answer = eve.send(form);
            if answer.status == 401 {
                expect_session_ended(&answer, GENERATE);
                return None;
            }
            let id = answer.json()["token_id"].as_str().map(str::to_owned);
            let id = id.unwrap_or_else(|| panic!("{answer:?}"));
            replaces = vec![id.clone()];
            Some(id)
        });

        let newest = database.ask("SELECT id FROM tokens ORDER BY position DESC LIMIT 1");
        assert_eq!(newest.first(), ids.last(), "a token that nobody was shown");
    }
}
