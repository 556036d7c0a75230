//! A passkey as the fresh proof of who is behind a session, and what is no proof beside one.

use std::thread;

use super::*;
use crate::support::actors::Admin;
use crate::support::http::Request;
use crate::support::page::hidden_fields;
use crate::support::passkey::ask_for_proof;

on_each_database!(
    a_passkey_proves_who_it_is_and_a_password_alone_does_not,
    without_the_script_the_password_needs_a_recovery_code,
    what_was_filled_in_is_still_there_after_the_proof,
    a_device_that_cheats_proves_nothing,
    what_was_asked_elsewhere_or_at_another_time_proves_nothing,
    passkeys_in_a_session_are_slowed_down_with_its_passwords,
    a_new_password_is_no_proof_beside_a_passkey,
    a_proof_ends_with_its_passkey,
    an_answer_counts_once_however_fast_it_is_sent,
    forms_of_others_ask_for_nothing,
);

const CONFIRM: &str = "/admin/confirm";
const CONFIRM_PASSKEY: &str = "/admin/confirm/passkey";
const CODES: &str = "/admin/account/recovery-codes";
const GENERATE: &str = "/admin/authentication/scim-token";

/// An application, Ada, who has logged in 16 minutes ago, her phone and her recovery codes.
fn later(database: &Database) -> (TestApp, Admin, Device, Vec<String>) {
    let app = TestApp::with(database, &[PUBLIC_URL]);
    let (ada, phone) = (app.admin("Ada"), Device::new("phone"));
    let codes = codes(&phone.add(&ada, "Phone").expect(200));
    app.advance(TimeDelta::minutes(16));
    (app, ada, phone, codes)
}

fn csrf_of(browser: &Visitor) -> String {
    hidden_fields(browser.get(ACCOUNT).expect(200).text(), "/logout").remove(0).1
}

/// Sends what was typed, as the script does.
fn typed(browser: &Visitor, fields: &[(&str, &str)]) -> Response {
    let csrf = csrf_of(browser);
    let fields = [fields, &[("csrf", &*csrf)]].concat();
    browser.send(browser.form(CONFIRM, &fields).header("Accept", "application/json"))
}

/// Whether what matters may be done: for that a person has to be proved lately. It is a change that
/// says no more than that, whatever was proved.
fn is_proven(browser: &Visitor) -> bool {
    let form = browser.form(INVITE_AGAIN, &[("csrf", &csrf_of(browser)), ("digest", "none")]);
    match browser.send(form.header("Accept", "application/json")) {
        answer if answer.status == 403 => {
            assert_eq!(answer.json()["error"], "proof_required");
            assert_eq!(answer.json()["passkey"], true);
            false
        }
        answer => {
            assert_eq!(answer.status, 303, "{}", answer.text());
            true
        }
    }
}

const INVITE_AGAIN: &str = "/admin/server-admins/invite-again";

fn a_passkey_proves_who_it_is_and_a_password_alone_does_not(database: &Database) {
    let (app, ada, phone, _) = later(database);
    let elsewhere = app.visitor();
    leads_to(&phone.log_in(&elsewhere), "/admin/authentication");
    assert!(is_proven(&elsewhere) && !is_proven(&ada), "a login with a passkey is a proof");
    let asked = ada.submit("/admin/authentication", GENERATE, &[("months", "2")]).expect(403);
    for part in ["Use your passkey", "Recovery code", "Nothing has changed yet."] {
        assert!(asked.text().contains(part), "{part}: {}", asked.text());
    }

    let alone = typed(&ada, &[("password", PASSWORD)]).expect(422);
    assert_eq!(alone.json()["error"], "code_required");
    assert_eq!(alone.json()["generated"], false);
    typed(&ada, &[("password", PASSWORD), ("code", "  ")]).expect(422);
    let form = ada.submit(CONFIRM, CONFIRM, &[("password", PASSWORD)]).expect(422);
    assert!(form.text().contains("the password alone is not enough"), "{}", form.text());
    assert!(!is_proven(&ada));
    assert_eq!(database.ask("SELECT subject FROM login_failures"), [""; 0], "none was looked at");

    phone.prove(&ada).expect(204);

    assert!(is_proven(&ada));
    let shown = ada.submit("/admin/authentication", GENERATE, &[("months", "2")]).expect(200);
    assert!(shown.text().contains("scimw_"));
    let account = ada.get(ACCOUNT).expect(200).text().to_owned();
    for part in ["confirmed just now with the passkey “Phone”", "Last used just now"] {
        assert!(account.contains(part), "{part}: {account}");
    }
    let activity = ada.get("/admin/activity").expect(200).text().to_owned();
    assert!(activity.contains("You confirmed your identity"), "{activity}");
    let given = app.activity().into_iter().find(|entry| entry.event.kind == Kind::ProofGiven);
    assert_eq!(given.unwrap().event.detail.as_deref(), Some("with a passkey"));
    app.advance(TimeDelta::minutes(15));
    assert!(is_proven(&ada));
    app.advance(TimeDelta::seconds(1));
    assert!(!is_proven(&ada) && !is_proven(&elsewhere));
    phone.prove(&elsewhere).expect(204);
    assert!(!is_proven(&ada), "it counts for its session alone");
}

fn without_the_script_the_password_needs_a_recovery_code(database: &Database) {
    let (app, ada, _, codes) = later(database);
    let asked = ada.submit("/admin/authentication", GENERATE, &[("months", "2")]).expect(403);
    let hidden = hidden_fields(asked.text(), CONFIRM);
    assert_eq!(hidden_fields(asked.text(), CONFIRM_PASSKEY)[..3], hidden, "both keep the form");
    let send = |password: &str, code: &str| {
        let hidden = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let fields: Vec<_> = hidden.chain([("password", password), ("code", code)]).collect();
        ada.post(CONFIRM, &fields)
    };
    let left = || database.ask("SELECT count(*) FROM recovery_codes WHERE used_at IS NULL");

    for (password, code, told) in [
        ("nine wrong badgers somewhere", &*codes[0], "The password is not correct."),
        (PASSWORD, "2222-2222-2222", "This code is not correct or was used before."),
        (PASSWORD, "no code", "This code is not correct or was used before."),
        (PASSWORD, "", "Use the passkey, or enter a recovery code, too."),
    ] {
        let refused = send(password, code).expect(422);
        assert!(refused.text().contains(told), "{code}: {}", refused.text());
        assert_eq!(hidden_fields(refused.text(), CONFIRM), hidden, "nothing is lost");
        assert!(!refused.text().contains(&codes[0]), "what was typed is not sent back");
        assert_eq!(left(), ["8"], "{code}");
    }
    assert_eq!(recorded(&app, Kind::ProofFailed), 3);
    leads_to(&send(PASSWORD, &codes[0].to_lowercase()), "/admin/authentication");
    assert_eq!(left(), ["7"]);
    let again = ada.get("/admin/authentication").expect(200).text().to_owned();
    assert!(again.contains("<option value=\"2\" selected>"), "{again}");
    ada.submit("/admin/authentication", GENERATE, &[("months", "2")]).expect(200);
    let account = ada.get(ACCOUNT).expect(200).text().to_owned();
    assert!(account.contains("confirmed just now with a password and a recovery code"));
    assert_eq!(recorded(&app, Kind::RecoveryCodeUsed), 1);
    assert_eq!(recorded(&app, Kind::LoginFailed), 0);

    leads_to(&ada.get(CONFIRM), "/admin/authentication");

    app.advance(TimeDelta::minutes(16));
    send(PASSWORD, &codes[0]).expect(422);
    assert!(!is_proven(&ada), "a code works once");
}

/// Also beside a passkey, and when the session ends while somebody is asked.
fn what_was_filled_in_is_still_there_after_the_proof(database: &Database) {
    let (app, ada, phone, codes) = later(database);
    let prove = |asked: &Response, code: &str| {
        let hidden = hidden_fields(asked.text(), CONFIRM);
        let hidden = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let fields: Vec<_> = hidden.chain([("password", PASSWORD), ("code", code)]).collect();
        ada.post(CONFIRM, &fields)
    };
    let named = ada.submit(ACCOUNT, PASSKEYS, &[("name", "Key & ring")]).expect(403);
    leads_to(&prove(&named, &codes[1]), ACCOUNT);
    assert!(ada.get(ACCOUNT).text().contains("value=\"Key &#38; ring\""));
    assert!(!ada.get(ACCOUNT).text().contains("Key &#38; ring"), "it is kept for one page");

    app.advance(TimeDelta::minutes(16));
    let heidi = [("name", "Heidi"), ("email", "heidi@example.com")];
    let list = "/admin/server-admins";
    let asked = ada.submit(list, "/admin/server-admins/invite", &heidi).expect(403);
    app.advance(TimeDelta::minutes(30));
    leads_to(&prove(&asked, &codes[2]), "/login?next=/admin/confirm&form=refused");
    leads_to(&phone.log_in(&ada), "/admin/authentication");
    leads_to(&ada.get(CONFIRM), list);
    assert!(ada.get(list).text().contains("value=\"heidi@example.com\""), "nothing is lost");
}

const UNUSED: &str = "The passkey was not used. Try again, or use your password";
const NOT_YOURS: &str = "This passkey does not belong to your account.";

/// Sees that an answer was refused and proved nothing, and lets the delay after it pass.
fn refused(app: &TestApp, by: &Visitor, what: &str, told: &str, answer: &Response) {
    let failed = || recorded(app, Kind::ProofFailed);
    assert_eq!(answer.status, 422, "{what}: {}", answer.text());
    assert_eq!(answer.json()["error"], "passkey_refused", "{what}");
    assert!(answer.text().contains(told), "{what}: {}", answer.text());
    assert!(!is_proven(by), "{what}");
    assert!(failed() > 0, "{what}");
    app.advance(TimeDelta::minutes(16));
    assert!(is_signed_in(by), "nobody's session ends");
}

fn a_device_that_cheats_proves_nothing(database: &Database) {
    let (app, ada, phone, _) = later(database);
    let grace = app.admin("Grace");
    let (key, stick) = (Device::new("key"), Device::new("stick"));
    key.add(&grace, "Key").expect(200);
    phone.prove(&ada).expect(204);
    leads_to(&stick.add(&ada, "Stick"), ACCOUNT);
    let id = database.ask("SELECT id FROM passkeys WHERE name = 'Stick'").remove(0);
    let path = format!("{PASSKEYS}/{id}/remove");
    leads_to(&ada.submit(&path, &path, &[]), ACCOUNT);
    app.advance(TimeDelta::minutes(16));
    let refused = |what: &str, told: &str, device: &Device| {
        refused(&app, &ada, what, told, &device.prove(&ada));
    };

    refused("the passkey of another admin", NOT_YOURS, &key);
    refused("a key that nobody has", NOT_YOURS, &Device::new("other"));
    refused("another key of the same name", UNUSED, &Device::new("phone"));
    refused("a passkey that was removed", NOT_YOURS, &stick);
    for (what, field, value) in [
        ("another relying party", &phone.host, "example.com"),
        ("another origin", &phone.origin, "https://scim.example.com.evil.example"),
    ] {
        let genuine = field.replace(value.to_owned());
        refused(what, UNUSED, &phone);
        field.replace(genuine);
    }
    phone.verifies.set(false);
    refused("no user verification", UNUSED, &phone);
    phone.verifies.set(true);
    phone.counter.set(0);
    refused("a copy", UNUSED, &phone);
    assert_eq!(recorded(&app, Kind::PasskeyCopied), 1);
    assert_eq!(recorded(&app, Kind::ProofFailed), 8);
}

fn what_was_asked_elsewhere_or_at_another_time_proves_nothing(database: &Database) {
    let (app, ada, phone, _) = later(database);
    let elsewhere = app.visitor();
    leads_to(&phone.log_in(&elsewhere), "/admin/authentication");
    let refused = |what: &str, asked: &Asked| {
        refused(&app, &ada, what, UNUSED, &phone.prove_as(&ada, asked));
        assert!(is_signed_in(&elsewhere));
    };

    refused("asked in another session", &ask_for_proof(&elsewhere));
    refused("asked for a login", &ask(&app.visitor(), "/login/passkey/begin", &[]));
    let mut touched = ask_for_proof(&ada);
    touched.signed = touched.signed.replacen("\"at\":1", "\"at\":2", 1);
    refused("touched", &touched);
    let late = ask_for_proof(&ada);
    app.advance(TimeDelta::minutes(5));
    refused("too late", &late);
    let early = ask_for_proof(&ada);
    app.advance(-TimeDelta::minutes(5));
    refused("the clock was set back", &early);

    let proof = ask_for_proof(&ada);
    let browser = app.visitor();
    phone.answer(&browser, "/login/passkey", &proof).expect(422);
    assert!(!is_signed_in(&browser), "a proof is no login");
    phone.prove_as(&ada, &proof).expect(204);
    app.advance(TimeDelta::minutes(4));
    let replayed = phone.prove_as(&ada, &proof).expect(422);
    assert_eq!(replayed.json()["error"], "passkey_refused", "answered before");
}

fn passkeys_in_a_session_are_slowed_down_with_its_passwords(database: &Database) {
    let (app, ada, phone, codes) = later(database);
    let stolen = Device::new("phone");
    for attempt in 0..3 {
        assert_eq!(stolen.prove(&ada).status, 422, "{attempt}");
    }
    for _ in 0..2 {
        typed(&ada, &[("password", "nine wrong badgers"), ("code", &codes[0])]).expect(422);
    }
    let slowed = phone.prove(&ada).expect(429);
    assert_eq!(slowed.json()["error"], "throttled");
    assert_eq!(slowed.header("Retry-After"), Some("1"));
    typed(&ada, &[("password", PASSWORD), ("code", &codes[0])]).expect(429);
    app.advance(TimeDelta::seconds(1));
    phone.prove(&ada).expect(204);
    assert_eq!(stolen.prove(&ada).status, 422, "they are forgotten");

    app.advance(TimeDelta::minutes(16));
    for attempt in 0..5 {
        let wrong = [("password", PASSWORD), ("code", "2222-2222-2222")];
        assert_eq!(typed(&ada, &wrong).status, 422, "{attempt}");
        phone.prove(&ada);
    }
    app.advance(TimeDelta::minutes(16));
    for _ in 0..5 {
        typed(&ada, &[("password", PASSWORD), ("code", "2222-2222-2222")]);
        phone.prove(&ada).expect(204);
    }
    typed(&ada, &[("password", PASSWORD), ("code", &codes[0])]).expect(429);
    assert_eq!(database.ask("SELECT count(*) FROM recovery_codes WHERE used_at IS NULL"), ["8"]);
}

fn a_new_password_is_no_proof_beside_a_passkey(database: &Database) {
    let (app, ada, phone, _) = later(database);
    let change = "/admin/account/password";
    let fresh = "eleven comets under granite";
    let passwords = [("present", PASSWORD), ("fresh", fresh)];
    let asked = ada.submit(ACCOUNT, change, &passwords).expect(403);
    assert!(asked.text().contains("Changing your password asks for a proof"), "{}", asked.text());
    assert!(!asked.text().contains(fresh));
    phone.prove(&ada).expect(204);
    app.advance(TimeDelta::minutes(10));

    leads_to(&ada.submit(ACCOUNT, change, &passwords), ACCOUNT);

    assert!(is_proven(&ada));
    app.advance(TimeDelta::minutes(5) + TimeDelta::seconds(1));
    assert!(!is_proven(&ada), "it is as old as it was");
}

fn a_proof_ends_with_its_passkey(database: &Database) {
    let (app, ada, phone, _) = later(database);
    let key = Device::new("key");
    phone.prove(&ada).expect(204);
    leads_to(&key.add(&ada, "Key"), ACCOUNT);
    let by_key = app.visitor();
    leads_to(&key.log_in(&by_key), "/admin/authentication");
    app.advance(TimeDelta::minutes(16));
    assert!(is_signed_in(&by_key) && is_signed_in(&ada));
    phone.prove(&by_key).expect(204);
    key.prove(&ada).expect(204);
    assert!(is_proven(&by_key));

    let id = database.ask("SELECT id FROM passkeys WHERE name = 'Phone'").remove(0);
    let path = format!("{PASSKEYS}/{id}/remove");
    leads_to(&ada.submit(&path, &path, &[]), ACCOUNT);

    assert!(is_signed_in(&by_key), "another one had begun it");
    assert!(!is_proven(&by_key), "but what the removed one has proved counts no longer");
    assert!(is_proven(&ada));
    key.prove(&by_key).expect(204);
}

fn an_answer_counts_once_however_fast_it_is_sent(database: &Database) {
    let (app, ada, phone, _) = later(database);
    for _ in 0..4 {
        let (asked, csrf) = (ask_for_proof(&ada), csrf_of(&ada));
        let answer = phone.signature(&asked);
        let fields = [("csrf", &*csrf), ("signed", &asked.signed), ("answer", &answer)];
        let form = ada.form(CONFIRM_PASSKEY, &fields).header("Accept", "application/json");
        let form = ada.with_cookies(form);
        let counted: usize = thread::scope(|scope| {
            let sent = [0; 2].map(|_| {
                let (form, address) = (form.clone(), app.address);
                scope.spawn(move || form.send(address).status)
            });
            sent.map(|one| usize::from(one.join().unwrap() == 204)).iter().sum()
        });
        assert_eq!(counted, 1);
    }
}

fn forms_of_others_ask_for_nothing(database: &Database) {
    let (app, ada, phone, _) = later(database);
    let foreign = csrf_of(&app.admin("Grace"));
    let asked = ask_for_proof(&ada);
    let answer = phone.signature(&asked);
    for path in [CONFIRM, CONFIRM_PASSKEY, "/admin/confirm/begin"] {
        for csrf in ["", &*foreign] {
            let fields = [
                ("csrf", csrf),
                ("signed", &asked.signed),
                ("answer", &answer),
                ("password", PASSWORD),
            ];
            let form = ada.form(path, &fields).header("Accept", "application/json");
            assert_eq!(ada.send(form).expect(403).json()["error"], "csrf", "{path}");
            let nobody = app.visitor();
            let form = nobody.form(path, &fields).header("Accept", "application/json");
            nobody.send(form).expect(401);
        }
        let (evil, own) = ("https://evil.example", csrf_of(&ada));
        let form = Request::new("POST", path).header("Origin", evil).form(&[("csrf", &own)]);
        ada.send(form).expect(403);
    }
    assert!(!is_proven(&ada));
    let none = app.admin("Kurt");
    let begin = "/admin/confirm/begin";
    none.post(begin, &[("csrf", &csrf_of(&none))]).expect(404);
    for path in [CODES, PASSKEYS] {
        ada.get(path).expect(303);
    }
}
