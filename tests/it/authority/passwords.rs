//! A new password ends all that the old one has opened, also what is under way.

use std::sync::mpsc;

use scimward::domain::admin::actor::Author;
use scimward::domain::network::source::Source;
use scimward::service::Failure;

use super::*;
use crate::support::app::TestApp;
use crate::support::on_each_database;
use crate::support::process::Scimward;

on_each_database!(
    logging_in_while_the_password_is_set_leaves_no_session,
    changing_a_password_while_it_is_set_does_not_undo_that,
    a_copied_cookie_and_ones_invitations_end_with_a_new_password,
    a_password_set_at_the_command_line_ends_invitations_and_the_delay,
    a_session_begins_only_with_the_password_that_was_checked,
);

const ROUNDS: usize = 12;
const SET_PASSWORD: &str = "nine marbles beneath the orchard";

fn set_password(scimward: &Scimward, name: &str) {
    let email = format!("{name}@example.com");
    let set = ["admin", "password", &email, "--password-stdin"];
    let ended = scimward.run_with_input(&set, SET_PASSWORD);
    assert_eq!(ended.code, 0, "{ended:?}");
}

fn log_in(browser: &Visitor, name: &str, password: &str) -> u16 {
    let email = format!("{name}@example.com");
    browser.post("/login", &[("email", &email), ("password", password)]).status
}

/// Sets the password of somebody in the midst of what several threads do until it fails.
fn set_during(scimward: &Scimward, name: &str, acts: Vec<impl FnMut() -> bool + Send>) {
    let (begun, waiting) = mpsc::channel();
    std::thread::scope(|scope| {
        for mut act in acts {
            let begun = begun.clone();
            scope.spawn(move || {
                while act() {
                    let _ = begun.send(());
                }
            });
        }
        drop(begun);
        waiting.recv().expect("it works at first");
        set_password(scimward, name);
    });
}

fn logging_in_while_the_password_is_set_leaves_no_session(database: &Database) {
    let scimward = Scimward::on(database);
    let server = scimward.serve();
    for round in 0..ROUNDS {
        let name = format!("eve{round}");
        scimward.add_admin(&name);
        let attempt = || {
            let (name, address) = (name.clone(), server.address);
            move || match log_in(&Visitor::new(address), &name, PASSWORD) {
                303 => true,
                422 => false,
                other => panic!("{other}"),
            }
        };

        set_during(&scimward, &name, (0..3).map(|_| attempt()).collect());

        assert_eq!(sessions_of(database, &name), [""; 0], "round {round}");
        assert_eq!(log_in(&Visitor::new(server.address), &name, SET_PASSWORD), 303);
        assert_eq!(sessions_of(database, &name).len(), 1);
    }
}

fn changing_a_password_while_it_is_set_does_not_undo_that(database: &Database) {
    let scimward = Scimward::on(database);
    let server = scimward.serve();
    for round in 0..ROUNDS {
        let name = format!("eve{round}");
        scimward.add_admin(&name);
        let eve = Visitor::signed_in(server.address, &name);
        let mut passwords = [PASSWORD, NEXT_PASSWORD];
        let change = move || {
            let page = eve.get(ACCOUNT);
            if page.status != 200 {
                return false;
            }
            let csrf = page::hidden_fields(page.text(), "/logout").remove(0).1;
            let [present, fresh] = passwords;
            let fields = [("csrf", &*csrf), ("present", present), ("fresh", fresh)];
            let answer = eve.post(CHANGE_PASSWORD, &fields);
            passwords.reverse();
            answer.header("Location") == Some(ACCOUNT)
        };

        set_during(&scimward, &name, vec![change]);

        assert_eq!(sessions_of(database, &name), [""; 0], "round {round}");
        assert_eq!(log_in(&Visitor::new(server.address), &name, SET_PASSWORD), 303);
    }
}

/// Invites somebody; returns the path of the link.
fn invite(admin: &Visitor, name: &str) -> String {
    let email = format!("{name}@example.com");
    let answer = admin.submit(LIST, INVITE, &[("name", name), ("email", &email)]).expect(200);
    let link = answer.text().split("/invitation?code=").nth(1).expect("a link");
    format!("/invitation?code={}", link.split(['<', '"']).next().expect("a code"))
}

fn a_copied_cookie_and_ones_invitations_end_with_a_new_password(database: &Database) {
    let scimward = Scimward::on(database);
    scimward.add_admin("eve");
    scimward.add_admin("grace");
    let server = scimward.serve();
    let sign_in = |name: &str| Visitor::signed_in(server.address, name);
    let (eve, elsewhere, grace) = (sign_in("eve"), sign_in("eve"), sign_in("grace"));
    let thief = eve.copy();
    let (eves, graces) = (invite(&eve, "friend"), invite(&grace, "colleague"));
    let before = sessions_of(database, "eve");

    let passwords = [("present", PASSWORD), ("fresh", NEXT_PASSWORD)];
    eve.submit(ACCOUNT, CHANGE_PASSWORD, &passwords).expect(303);

    let page = eve.get(ACCOUNT).expect(200);
    assert!(page.text().contains("Your password was changed."), "{}", page.text());
    for other in [&thief, &elsewhere] {
        other.get(ACCOUNT).expect(303);
    }
    grace.get(ACCOUNT).expect(200);
    let after = sessions_of(database, "eve");
    assert!(after.len() == 1 && !before.contains(&after[0]), "{before:?} {after:?}");
    Visitor::new(server.address).get(&eves).expect(410);
    Visitor::new(server.address).get(&graces).expect(200);
}

fn a_password_set_at_the_command_line_ends_invitations_and_the_delay(database: &Database) {
    let app = TestApp::start(database);
    let eve = app.admin("eve");
    let link = invite(&eve, "friend");
    let wrong = [("present", "a wrong password here"), ("fresh", NEXT_PASSWORD)];
    for _ in 0..5 {
        assert_eq!(log_in(&app.visitor(), "eve", "a wrong password here"), 422);
        eve.submit(ACCOUNT, CHANGE_PASSWORD, &wrong).expect(422);
    }
    assert_eq!(log_in(&app.visitor(), "eve", PASSWORD), 429);

    set_password(&Scimward::on(database), "eve");

    eve.get(ACCOUNT).expect(303);
    app.visitor().get(&link).expect(410);
    let again = app.visitor();
    assert_eq!(log_in(&again, "eve", SET_PASSWORD), 303);
    let right = [("present", SET_PASSWORD), ("fresh", NEXT_PASSWORD)];
    again.submit(ACCOUNT, CHANGE_PASSWORD, &right).expect(303);
}

fn a_session_begins_only_with_the_password_that_was_checked(database: &Database) {
    let app = TestApp::start(database);
    let _other = app.add_admin("Grace");
    let before = app.add_admin("Eve");
    let (admins, sessions) = (&app.services().admins, &app.services().sessions);
    let begin = |admin| app.wait(sessions.begin(admin, Source::default()));
    assert!(begin(before.clone()).is_ok());

    let set = admins.set_password(&before, SET_PASSWORD.into(), Author::CommandLine);
    app.wait(set).expect("a new password");
    assert!(matches!(begin(before.clone()), Err(Failure::SessionEnded)));
    let present = app.wait(admins.by_id(before.id)).unwrap().expect("an admin");
    assert!(begin(present.clone()).is_ok());

    app.wait(admins.set_active(before.id, false, Author::CommandLine)).expect("deactivated");
    assert!(matches!(begin(present), Err(Failure::SessionEnded)));
    assert_eq!(sessions_of(database, "eve"), [""; 0]);
}
