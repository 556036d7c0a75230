//! What matters asks for a fresh proof of who is behind the session.

use chrono::TimeDelta;
use scimward::domain::activity::Kind;

use super::*;
use crate::support::actors::Admin;
use crate::support::app::TestApp;
use crate::support::on_each_database;
use crate::support::passkey::{Device, PUBLIC_URL};

on_each_database!(
    every_form_that_matters_asks_for_a_proof_and_changes_nothing_before,
    without_the_script_the_page_leads_back_to_what_was_filled_in,
    the_script_sends_the_same_form_again_after_the_proof,
    a_proof_counts_for_its_session_and_a_quarter_of_an_hour,
    wrong_passwords_are_slowed_down_with_those_of_the_login,
    a_clock_that_is_set_back_makes_no_proof_younger,
    it_can_be_switched_off,
);

/// What asks for no proof: it takes nobody's part, or takes one.
const NEEDS_NONE: [&str; 10] = [
    CLOSED,
    WITHDRAW,
    CONFIRM,
    CONFIRM_BEGIN,
    CONFIRM_PASSKEY,
    IDENTITY_PROVIDER,
    TEST_MAIL,
    TEST_WEBHOOK,
    "/admin/account/passkeys/1/rename",
    "/logout",
];

/// An application, and Ada, who has logged in 16 minutes ago.
fn later(database: &Database) -> (TestApp, Admin) {
    let app = TestApp::start(database);
    let ada = app.admin("ada");
    app.advance(TimeDelta::minutes(16));
    (app, ada)
}

/// Proves who it is, as the script does.
fn confirm(by: &Visitor, password: &str) -> Response {
    let csrf = csrf_of(by);
    let form = by.form(CONFIRM, &[("csrf", &csrf), ("password", password)]);
    by.send(form.header("Accept", "application/json"))
}

fn rename(by: &Visitor) -> Response {
    let account = by.get(ACCOUNT).expect(200).text().to_owned();
    let (_, id) = account.split_once("action=\"/admin/server-admins/").expect("a form");
    let path = format!("{LIST}/{}", id.split('"').next().unwrap());
    let person = [("name", "Ada Byron"), ("email", "ada@example.com"), ("csrf", &csrf_of(by))];
    by.post(&path, &person)
}

fn every_form_that_matters_asks_for_a_proof_and_changes_nothing_before(database: &Database) {
    let app = TestApp::with(database, &[PUBLIC_URL]);
    let grace = app.admin("grace");
    app.add_admin("kurt");
    prepare(&grace, database);
    app.advance(TimeDelta::minutes(15));
    let eve = app.admin("eve");
    let phone = Device::new("phone");
    phone.add(&eve, "Phone").expect(200);
    app.advance(TimeDelta::seconds(15 * 60 + 1));
    let before = state(database);
    let mut asked = 0;
    for form in every_form(&eve, "eve", database) {
        let path = form.target().to_owned();
        let is_script =
            form.clone().bytes(app.address).windows(16).any(|w| w == b"application/json");
        if NEEDS_NONE.contains(&&*path) {
            continue;
        }
        let answer = eve.send(form);
        assert_eq!(state(database), before, "{path}");
        if answer.status == 422 {
            assert_eq!(path, INVITE, "what is not filled in is said first");
            continue;
        }
        let answer = answer.expect(403);
        asked += 1;
        if is_script {
            assert_eq!(answer.json()["error"], "proof_required");
            assert_eq!(answer.json()["generated"], false);
            assert_eq!(answer.json()["passkey"], true);
            let message = answer.json()["message"].as_str().unwrap().to_owned();
            assert!(message.starts_with("You logged in 15 minutes ago. "), "{message}");
            continue;
        }
        for part in ["Confirm that it is you", "Nothing has changed yet.", "eve@example.com"] {
            assert!(answer.text().contains(part), "{path}: {part}: {}", answer.text());
        }
    }
    assert!(asked >= 10, "{asked}");
    assert!(phone.prove(&eve).status == 204);

    for form in every_form(&eve, "eve", database) {
        let path = form.target().to_owned();
        assert_ne!(eve.send(form).status, 403, "{path}");
    }
}

fn without_the_script_the_page_leads_back_to_what_was_filled_in(database: &Database) {
    let (app, ada) = later(database);
    let asked = ada.submit(PAGE, GENERATE, &[("months", "2")]).expect(403);
    assert!(asked.text().contains("You logged in 16 minutes ago. Generating a token asks for"));
    let hidden = page::hidden_fields(asked.text(), CONFIRM);
    let fields = |password: &'static str| {
        let hidden = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        hidden.chain([("password", password)]).collect::<Vec<_>>()
    };
    let wrong = ada.post(CONFIRM, &fields("nine wrong badgers somewhere")).expect(422);
    assert!(wrong.text().contains("The password is not correct."), "{}", wrong.text());
    assert_eq!(page::hidden_fields(wrong.text(), CONFIRM), hidden, "nothing is lost");

    let right = ada.post(CONFIRM, &fields(PASSWORD)).expect(303);
    assert_eq!(right.header("Location"), Some(PAGE));
    let again = ada.get(PAGE).expect(200).text().to_owned();
    assert!(again.contains("<option value=\"2\" selected>"), "{again}");
    let shown = ada.submit(PAGE, GENERATE, &[("months", "2")]).expect(200);
    assert!(shown.text().contains("scimw_"), "the token is shown in the answer");

    app.advance(TimeDelta::minutes(16));
    let person = [("name", "Heidi & Søn"), ("email", "heidi@example.com")];
    let asked = ada.submit(LIST, INVITE, &person).expect(403);
    assert!(asked.text().contains("You last confirmed it 16 minutes ago. Inviting somebody asks"));
    let hidden = page::hidden_fields(asked.text(), CONFIRM);
    let mut fields: Vec<_> = hidden.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    fields.push(("password", PASSWORD));
    let right = ada.post(CONFIRM, &fields).expect(303);
    assert_eq!(right.header("Location"), Some(LIST));
    let list = ada.get(LIST).expect(200).text().to_owned();
    assert!(list.contains("value=\"heidi@example.com\"") && list.contains("Søn\""), "{list}");
    assert!(!ada.get(LIST).text().contains("heidi@example.com"), "it is kept for one page");
    for elsewhere in ["https://evil.example/", "//evil.example", "/\\evil.example", ""] {
        let fields = [("csrf", &*csrf_of(&ada)), ("password", PASSWORD), ("action", elsewhere)];
        assert_eq!(ada.post(CONFIRM, &fields).header("Location"), Some(PAGE), "{elsewhere}");
    }
}

fn the_script_sends_the_same_form_again_after_the_proof(database: &Database) {
    let (app, ada) = later(database);
    let form = generation(&ada).header("Accept", "application/json");
    let asked = ada.send(form.clone()).expect(403);
    assert_eq!(asked.json()["error"], "proof_required");
    assert_eq!(asked.json()["passkey"], false);
    assert!(app.wait(app.services().tokens.history()).unwrap().newest.is_none());
    let wrong = confirm(&ada, "nine wrong badgers somewhere").expect(422);
    assert_eq!(wrong.json()["error"], "wrong_password");
    assert_eq!(ada.send(form.clone()).status, 403);

    confirm(&ada, PASSWORD).expect(204);

    let shown = ada.send(form).expect(201);
    assert!(shown.json()["token"].as_str().unwrap().starts_with("scimw_"));
}

fn a_proof_counts_for_its_session_and_a_quarter_of_an_hour(database: &Database) {
    let (app, ada) = later(database);
    let elsewhere = Visitor::signed_in(app.address, "ada");
    rename(&elsewhere).expect(303);
    rename(&ada).expect(403);
    confirm(&ada, PASSWORD).expect(204);
    rename(&ada).expect(303);
    app.advance(TimeDelta::minutes(15));
    rename(&ada).expect(303);
    app.advance(TimeDelta::seconds(1));
    rename(&ada).expect(403);
    rename(&elsewhere).expect(403);
    // A new password is a proof as well.
    let passwords = [("present", PASSWORD), ("fresh", NEXT_PASSWORD)];
    ada.submit(ACCOUNT, CHANGE_PASSWORD, &passwords).expect(303);
    rename(&ada).expect(303);
    let nobody = Visitor::new(app.address);
    let form = nobody.form(CONFIRM, &[("password", PASSWORD)]).header("Accept", "application/json");
    nobody.send(form).expect(401);
}

fn wrong_passwords_are_slowed_down_with_those_of_the_login(database: &Database) {
    let (app, ada) = later(database);
    // A stolen session: without the mark of the device.
    let cookies = ada.cookie_header();
    let session = cookies.split("; ").find(|pair| pair.starts_with("scimward=")).unwrap();
    let csrf = csrf_of(&ada);
    let guess = |password: &str| {
        let form = ada.form(CONFIRM, &[("csrf", &csrf), ("password", password)]);
        let form = form.header("Accept", "application/json").header("Cookie", session);
        form.send(app.address)
    };
    for attempt in 0..5 {
        assert_eq!(guess("nine wrong badgers somewhere").status, 422, "{attempt}");
    }
    let throttled = guess(PASSWORD).expect(429);
    assert_eq!(throttled.json()["error"], "throttled");
    assert!(throttled.header("Retry-After").is_some());
    let login = [("email", "ada@example.com"), ("password", PASSWORD)];
    Visitor::new(app.address).submit("/login", "/login", &login).expect(429);

    let failed = app.activity();
    let failed: Vec<_> = failed.iter().filter(|e| e.event.kind == Kind::ProofFailed).collect();
    assert_eq!(failed.len(), 5);
    assert!(failed.iter().all(|entry| entry.event.actor.name() == "ada"), "{failed:?}");
    let list = ada.get("/admin/activity").expect(200).text().to_owned();
    assert!(list.contains("A confirmation failed in one of your sessions"), "{list}");
    // Her own device is counted apart, and the session goes on.
    confirm(&ada, PASSWORD).expect(204);
    app.advance(TimeDelta::seconds(2));
    assert_eq!(guess(PASSWORD).status, 204);
}

fn a_clock_that_is_set_back_makes_no_proof_younger(database: &Database) {
    let (app, ada) = later(database);
    rename(&ada).expect(403);
    app.advance(-TimeDelta::minutes(14));
    rename(&ada).expect(403);
    app.upkeep();
    app.advance(TimeDelta::minutes(13));
    rename(&ada).expect(403);
    confirm(&ada, PASSWORD).expect(204);
    rename(&ada).expect(303);
}

fn it_can_be_switched_off(database: &Database) {
    let app = TestApp::with(database, &[("SCIMWARD_CONFIRM_IDENTITY", "false")]);
    let ada = app.admin("ada");
    app.advance(TimeDelta::minutes(29));
    rename(&ada).expect(303);
    ada.send(generation(&ada)).expect(200);
}
