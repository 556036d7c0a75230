//! Which passwords may be chosen, how they are typed, and how they are stored.

use std::sync::Arc;

use scimward::domain::token::secret::PhcString;
use scimward::entropy::OsEntropy;
use scimward::hasher::{HashCost, Hasher};
use scimward::store::{Lock, StoreError, Transaction, people};

use super::*;
use crate::support::actors::PASSWORD;
use crate::support::on_each_database;
use crate::support::process::Scimward;

on_each_database!(
    guessable_passwords_are_refused_wherever_one_is_chosen,
    the_same_characters_log_in_however_they_are_typed,
    a_hash_of_what_was_typed_is_replaced_at_the_login,
    a_hash_of_another_cost_is_replaced_at_the_login,
    a_new_hash_does_not_replace_a_new_password,
    a_stored_hash_that_asks_for_too_much_is_not_computed,
);

const ADA: &str = "ada@example.com";
const COMPOSED: &str = "caf\u{e9} und gr\u{fc}ner fjord";
const DECOMPOSED: &str = "cafe\u{301} und gru\u{308}ner\u{a0}fjord";
const REFUSED: &str = "password is easy to guess";

fn guessable_passwords_are_refused_wherever_one_is_chosen(database: &Database) {
    let settings =
        [("SCIMWARD_PRODUCT_NAME", "Acme Cloud"), ("SCIMWARD_TRUSTED_PROXIES", "127.0.0.1")];
    let app = TestApp::with(database, &settings);
    let scimward = Scimward::on(database)
        .with("SCIMWARD_PRODUCT_NAME", "Acme Cloud")
        .with("SCIMWARD_PUBLIC_URL", "https://sync.globex.example");
    let code = app.wait(app.services().admins.setup_code()).unwrap().expect("a code");
    let guessable = [
        "passwordpassword1",
        "1qaz2wsx3edc4rfv",
        "20.11.2026 20.11.2026",
        "Acme-Cloud-2026!",
        "Lovelace.Ada.1815",
    ];
    let visitor = app.visitor();
    let join = |password: &str| {
        let person = [("name", "Ada Lovelace"), ("email", ADA), ("password", password)];
        visitor.post("/setup", &[&person[..], &[("code", code.expose())]].concat())
    };
    for password in guessable {
        let page = join(password).expect(422);
        assert!(page.text().contains(REFUSED), "{password}: {}", page.text());
        assert!(!page.text().contains(password));
    }
    join(PASSWORD).expect(303);

    for password in guessable {
        let fields = [("present", PASSWORD), ("fresh", password)];
        let page = visitor.submit("/admin/account", "/admin/account/password", &fields);
        assert!(page.expect(422).text().contains(REFUSED), "{password}");
    }
    for password in guessable.into_iter().chain(["sync.globex.example1"]) {
        let add = ["admin", "add", "--name", "Ada Lovelace", "--email", "l@example.com"];
        let set = ["admin", "password", ADA];
        for command in [&add[..], &set] {
            let command = [command, &["--password-stdin"]].concat();
            let ended = scimward.run_with_input(&command, password);
            assert_eq!((ended.code, ended.stderr.contains(REFUSED)), (1, true), "{ended:?}");
        }
    }
    assert_eq!(log_in(&app, "192.0.2.1", ADA, PASSWORD).status, 303, "nothing was changed");
}

fn the_same_characters_log_in_however_they_are_typed(database: &Database) {
    let app = behind_proxy(database);
    let scimward = Scimward::on(database);
    app.add_admin("Ada");
    let status = |typed: &str| log_in(&app, "192.0.2.1", ADA, typed).status;
    for (chosen, other) in [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)] {
        let set = ["admin", "password", ADA, "--password-stdin"];
        assert_eq!(scimward.run_with_input(&set, chosen).code, 0);

        assert_eq!((status(chosen), status(other)), (303, 303));
        assert_eq!(status("cafe und gruner fjord"), 422);
        assert_eq!(status(&chosen.to_uppercase()), 422);
    }
    let browser = app.visitor();
    browser.send(login(&browser, "192.0.2.1", ADA, COMPOSED)).expect(303);
    let fields = [("present", DECOMPOSED), ("fresh", PASSWORD)];
    browser.submit("/admin/account", "/admin/account/password", &fields).expect(303);
}

/// What is stored as the hash of Ada's password.
fn stored(database: &Database) -> String {
    let hash = format!("SELECT password_hash FROM server_admins WHERE email = '{ADA}'");
    database.ask(&hash).remove(0)
}

fn store(database: &Database, hash: &str) {
    let set = format!("UPDATE server_admins SET password_hash = '{hash}' WHERE email = '{ADA}'");
    assert_eq!(database.ask(&set), [""; 0]);
}

/// A hash as an earlier version or another configuration has made it.
fn hashed(app: &TestApp, password: &str, cost: HashCost) -> PhcString {
    let hasher = Hasher::start(cost, 1, 1, Arc::new(OsEntropy)).expect("a hasher");
    app.wait(hasher.hash(password.into())).expect("a hash")
}

const CHEAP: HashCost = HashCost { memory: 8, passes: 1 };

fn a_hash_of_what_was_typed_is_replaced_at_the_login(database: &Database) {
    let app = behind_proxy(database);
    let ada = app.admin("Ada");
    let status = |typed: &str| log_in(&app, "192.0.2.1", ADA, typed).status;
    let old = hashed(&app, DECOMPOSED, CHEAP);
    store(database, old.as_str());

    assert_eq!(status(COMPOSED), 422, "nobody has typed this before");
    assert_eq!(stored(database), old.as_str());
    assert_eq!(status(DECOMPOSED), 303);

    assert_ne!(stored(database), old.as_str());
    assert_eq!((status(COMPOSED), status(DECOMPOSED)), (303, 303));
    ada.get("/admin/account").expect(200);
}

fn a_hash_of_another_cost_is_replaced_at_the_login(database: &Database) {
    let app = behind_proxy(database);
    app.add_admin("Ada");
    let browser = app.visitor();
    let log_in = |password: &str| browser.send(login(&browser, "192.0.2.1", ADA, password)).status;
    let current = |hash: &str| hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$");
    for cost in [HashCost { memory: 64, passes: 1 }, HashCost { memory: 8, passes: 3 }] {
        let old = hashed(&app, PASSWORD, cost);
        store(database, old.as_str());

        assert_eq!(log_in(WRONG), 422);
        assert_eq!(stored(database), old.as_str());
        assert_eq!(log_in(PASSWORD), 303);

        let new = stored(database);
        assert!(current(&new), "{new}");
        assert_eq!(log_in(PASSWORD), 303);
        assert_eq!(stored(database), new, "once");
    }
}

fn a_new_hash_does_not_replace_a_new_password(database: &Database) {
    let app = behind_proxy(database);
    let id = app.add_admin("Ada").id;
    let (checked, renewed) = (hashed(&app, PASSWORD, CHEAP), hashed(&app, PASSWORD, CHEAP));
    let before = stored(database);

    let renew =
        move |conn: &mut Transaction| people::admins::renew_hash(conn, id, &checked, &renewed);
    let done: Result<(), StoreError> = app.wait(app.store().write(Lock::Admins, renew));

    assert!(done.is_ok());
    assert_eq!(stored(database), before);
}

fn a_stored_hash_that_asks_for_too_much_is_not_computed(database: &Database) {
    let app = behind_proxy(database);
    app.add_admin("Ada");
    let token = app.generate(1);
    // Another process, which does not remember the token.
    let app = app.second_instance(database);
    let good = stored(database);
    for greedy in ["m=4294967295,t=1", "m=8,t=4294967295", "m=4194304,t=64"] {
        store(database, &good.replace("m=8,t=1", greedy));
        let replace = format!("UPDATE tokens SET hash = replace(hash, 'm=8,t=1', '{greedy}')");
        assert_eq!(database.ask(&replace), [""; 0]);

        let browser = app.visitor();
        let answer = browser.post("/login", &[("email", ADA), ("password", PASSWORD)]);
        assert_eq!(answer.status, 500);
        let asked = app.scim(token.plain.expose()).get("/v1/token/validate");
        assert!([500, 503].contains(&asked.status), "{}", asked.status);
        let back = format!("UPDATE tokens SET hash = replace(hash, '{greedy}', 'm=8,t=1')");
        assert_eq!(database.ask(&back), [""; 0]);
    }
    assert!(app.scim(token.plain.expose()).is_accepted());
}
