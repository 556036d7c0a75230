//! Passkeys and recovery codes: what opens a session, what does not, and what ends.

use chrono::TimeDelta;
use scimward::domain::activity::Kind;
use scimward::domain::admin::actor::Author;

use crate::support::actors::{PASSWORD, Visitor};
use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::http::Response;
use crate::support::on_each_database;
use crate::support::passkey::{
    ACCOUNT, Asked, Device, PASSKEYS, PUBLIC_URL, ask, ask_for_new, codes,
};

mod cheats;
mod codes;
mod mails;
mod policy;
mod proofs;
mod races;

on_each_database!(
    a_passkey_logs_in_alone_and_is_asked_for_after_the_password,
    an_answer_that_proves_nothing_adds_nothing,
    a_copied_passkey_is_refused_and_told_once,
    sessions_end_with_what_has_begun_them,
    passkeys_of_others_are_out_of_reach,
    a_session_that_was_left_open_changes_no_passkeys,
);

fn enter_password(browser: &Visitor, name: &str) -> Response {
    let email = format!("{name}@example.com");
    browser.submit("/login", "/login", &[("email", &email), ("password", PASSWORD)])
}

fn is_signed_in(browser: &Visitor) -> bool {
    browser.get(ACCOUNT).status == 200
}

fn recorded(app: &TestApp, kind: Kind) -> usize {
    app.activity().iter().filter(|entry| entry.event.kind == kind).count()
}

fn leads_to(answer: &Response, path: &str) {
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert_eq!(answer.header("Location"), Some(path));
}

fn a_passkey_logs_in_alone_and_is_asked_for_after_the_password(database: &Database) {
    let app = TestApp::with(database, &[PUBLIC_URL]);
    let (ada, phone) = (app.admin("Ada"), Device::new("phone"));
    let shown = phone.add(&ada, "Phone").expect(200);
    assert_eq!(codes(&shown).len(), 8);
    assert!(ada.get(ACCOUNT).text().contains("8 of 8 left"));

    let alone = app.visitor();
    leads_to(&phone.log_in(&alone), "/admin/authentication");
    assert!(alone.get(ACCOUNT).expect(200).text().contains("with the passkey “Phone”"));

    let both = app.visitor();
    leads_to(&enter_password(&both, "ada"), "/login/second?next=/admin/authentication");
    assert!(!is_signed_in(&both));
    let page = both.get("/login/second").expect(200);
    assert!(page.text().contains("The password of ada@example.com is correct."));
    leads_to(&phone.second_step(&both), "/admin/authentication");
    assert!(both.get(ACCOUNT).expect(200).text().contains("a password and the passkey “Phone”"));
    let details: Vec<_> = app.activity().into_iter().filter_map(|e| e.event.detail).collect();
    assert!(details.contains(&"with a password and a passkey".to_owned()), "{details:?}");
    assert_eq!(recorded(&app, Kind::LoggedIn), 3);
    assert!(!ada.get("/admin/activity").text().contains(&codes(&shown)[0]));
}

/// What is told about cheats.
const UNUSED: &str = "The passkey was not used. Try again, or log in with your password.";
const UNKNOWN: &str = "This passkey does not belong to a Server Admin.";

fn an_answer_that_proves_nothing_adds_nothing(database: &Database) {
    let app = TestApp::with(database, &[PUBLIC_URL]);
    let (ada, elsewhere) = (app.admin("Ada"), app.admin("Ada"));
    let phone = Device::new("phone");
    let stored = || database.ask("SELECT id FROM passkeys").len();
    let refused = |what: &str, answer: &Response| {
        leads_to(answer, ACCOUNT);
        let page = ada.get(ACCOUNT).expect(200);
        assert!(page.text().contains("No passkey was added. Try again."), "{what}");
        assert_eq!(stored(), 0, "{what}");
    };

    phone.verifies.set(false);
    refused("no user verification", &phone.add(&ada, "Phone"));
    phone.verifies.set(true);
    let host = phone.host.replace("example.com".to_owned());
    refused("another host", &phone.add(&ada, "Phone"));
    phone.host.replace(host);
    let origin = phone.origin.replace("https://example.com".to_owned());
    refused("another origin", &phone.add(&ada, "Phone"));
    phone.origin.replace(origin);
    let foreign = ask_for_new(&elsewhere);
    refused("asked in another session", &phone.add_as(&ada, "Phone", &foreign));
    let login = ask(&app.visitor(), "/login/passkey/begin", &[]);
    let mut asked = ask_for_new(&ada);
    asked.signed = login.signed;
    refused("asked for a login", &phone.add_as(&ada, "Phone", &asked));
    let late = ask_for_new(&ada);
    app.advance(TimeDelta::minutes(5));
    refused("too late", &phone.add_as(&ada, "Phone", &late));
    for name in ["", " ", &"x".repeat(61)] {
        leads_to(&phone.add(&ada, name), ACCOUNT);
        assert!(ada.get(ACCOUNT).text().contains("1 to 60 characters"), "{name:?}");
    }
    assert!(is_signed_in(&elsewhere));
    let asked = ask_for_new(&ada);
    phone.add_as(&ada, "Phone", &asked).expect(200);
    leads_to(&phone.add_as(&ada, "Phone", &asked), ACCOUNT);
    assert_eq!(stored(), 1, "an answer counts once");
    let grace = app.admin("Grace");
    leads_to(&phone.add(&grace, "Phone"), ACCOUNT);
    assert_eq!(stored(), 1, "a key belongs to one person");
}

fn a_copied_passkey_is_refused_and_told_once(database: &Database) {
    let app = TestApp::with(database, &[PUBLIC_URL]);
    let (ada, phone) = (app.admin("Ada"), Device::new("phone"));
    phone.add(&ada, "Phone").expect(200);
    leads_to(&phone.log_in(&app.visitor()), "/admin/authentication");
    leads_to(&phone.log_in(&app.visitor()), "/admin/authentication");

    phone.counter.set(1);
    let copy = app.visitor();
    let refused = phone.log_in(&copy).expect(422);
    assert!(refused.text().contains(UNUSED));
    assert!(!is_signed_in(&copy));
    let told = app.activity();
    let told = told.iter().find(|entry| entry.event.kind == Kind::PasskeyCopied).unwrap();
    assert_eq!(told.event.subject.as_deref(), Some("ada@example.com"));
    assert_eq!(told.event.detail.as_deref(), Some("\u{201c}Phone\u{201d}"));
    let page = ada.get("/admin/activity").expect(200);
    assert!(page.text().contains("the passkey may have been copied"));
}

fn sessions_end_with_what_has_begun_them(database: &Database) {
    let app = TestApp::with(database, &[PUBLIC_URL]);
    let (ada, elsewhere) = (app.admin("Ada"), app.admin("Ada"));
    let (phone, key) = (Device::new("phone"), Device::new("key"));
    phone.add(&ada, "Phone").expect(200);
    assert!(is_signed_in(&ada) && !is_signed_in(&elsewhere), "a password alone had begun it");
    let (by_phone, by_key) = (app.visitor(), app.visitor());
    leads_to(&phone.log_in(&by_phone), "/admin/authentication");
    leads_to(&key.add(&by_phone, "Key"), ACCOUNT);
    assert!(is_signed_in(&ada), "a further passkey ends nothing");
    leads_to(&key.log_in(&by_key), "/admin/authentication");

    let remove = |browser: &Visitor, name: &str| {
        let id = database.ask(&format!("SELECT id FROM passkeys WHERE name = '{name}'")).remove(0);
        let path = format!("{PASSKEYS}/{id}/remove");
        browser.submit(&path, &path, &[])
    };
    leads_to(&remove(&by_key, "Phone"), ACCOUNT);
    assert!(!is_signed_in(&by_phone) && is_signed_in(&by_key) && is_signed_in(&ada));
    phone.log_in(&app.visitor()).expect(422);
    leads_to(&remove(&by_key, "Key"), ACCOUNT);
    assert!(is_signed_in(&by_key), "one's own session stays");
    assert!(by_key.get(ACCOUNT).text().contains("with a passkey"));
    assert_eq!(database.ask("SELECT id FROM recovery_codes"), [""; 0]);
    leads_to(&enter_password(&app.visitor(), "ada"), "/admin/authentication");

    phone.add(&ada, "Phone again").expect(200);
    let admin = app.add_admin("Ada");
    let pending = app.visitor();
    enter_password(&pending, "ada").expect(303);
    let reset = app.services().passkeys.reset(&admin, Author::CommandLine);
    assert_eq!(app.wait(reset).unwrap(), 1);
    assert!(!is_signed_in(&ada));
    assert_eq!(pending.get("/login/second").status, 303, "its second step has ended");
    leads_to(&enter_password(&app.visitor(), "ada"), "/admin/authentication");
    assert_eq!(recorded(&app, Kind::PasskeysReset), 1);
}

fn passkeys_of_others_are_out_of_reach(database: &Database) {
    let app = TestApp::with(database, &[PUBLIC_URL]);
    let (ada, grace) = (app.admin("Ada"), app.admin("Grace"));
    let (phone, key) = (Device::new("phone"), Device::new("key"));
    phone.add(&ada, "Phone").expect(200);
    key.add(&grace, "Key").expect(200);
    let own = database.ask("SELECT id FROM passkeys WHERE name = 'Phone'").remove(0);
    let csrf = crate::support::page::hidden_fields(grace.get(ACCOUNT).text(), "/logout");
    for (what, field) in [("rename", ("name", "Mine")), ("remove", ("x", ""))] {
        let path = format!("{PASSKEYS}/{own}/{what}");
        grace.get(&path).expect(404);
        grace.post(&path, &[("csrf", &csrf[0].1), field]).expect(404);
        grace.post(&path, &[field]).expect(403);
    }
    for path in [PASSKEYS, "/admin/account/passkeys/begin", "/admin/account/recovery-codes"] {
        grace.post(path, &[("name", "Key")]).expect(403);
    }
    // Ada's password, Grace's passkey.
    let mixed = app.visitor();
    enter_password(&mixed, "ada").expect(303);
    assert!(key.second_step(&mixed).expect(422).text().contains(UNKNOWN));
    assert!(!is_signed_in(&mixed));
    leads_to(&phone.second_step(&mixed), "/admin/authentication");
    assert_eq!(database.ask("SELECT name FROM passkeys ORDER BY id"), ["Phone", "Key"]);
}

fn a_session_that_was_left_open_changes_no_passkeys(database: &Database) {
    let app = TestApp::with(database, &[PUBLIC_URL]);
    let (ada, phone) = (app.admin("Ada"), Device::new("phone"));
    phone.add(&ada, "Phone").expect(200);
    app.advance(TimeDelta::minutes(16));
    let csrf = crate::support::page::hidden_fields(ada.get(ACCOUNT).text(), "/logout").remove(0).1;
    let id = database.ask("SELECT id FROM passkeys").remove(0);
    let remove = format!("{PASSKEYS}/{id}/remove");
    let begin = "/admin/account/passkeys/begin";
    for path in [begin, &remove, "/admin/account/recovery-codes"] {
        let form = ada.form(path, &[("csrf", &csrf)]).header("Accept", "application/json");
        assert_eq!(ada.send(form).expect(403).json()["error"], "proof_required", "{path}");
    }
    phone.prove(&ada).expect(204);
    leads_to(&Device::new("key").add(&ada, "Key"), ACCOUNT);
    leads_to(&ada.submit(&remove, &remove, &[]), ACCOUNT);
    assert_eq!(database.ask("SELECT name FROM passkeys"), ["Key"]);
}
