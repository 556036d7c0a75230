//! The page `API keys`.

use scimward::domain::keys::scope::Scope;

use super::{ask, make};
use crate::support::actors::Visitor;
use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::http::Request;
use crate::support::{on_each_database, page};

on_each_database!(
    a_key_is_in_the_answer_to_its_form_and_nowhere_else,
    a_form_makes_one_key,
    what_is_filled_in_wrongly_makes_none,
    a_key_is_revoked_after_a_question,
    who_is_deactivated_takes_their_keys_along,
);

const PAGE: &str = "/admin/api-keys";

/// The form as the page shows it, filled in.
fn form(browser: &Visitor, fields: &[(&str, &str)]) -> Request {
    let shown = browser.get(PAGE).expect(200);
    let hidden = page::hidden_fields(shown.text(), PAGE);
    let hidden = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let given = |name: &str| fields.iter().any(|(given, _)| *given == name);
    let hidden: Vec<_> = hidden.filter(|(name, _)| !given(name)).collect();
    browser.form(PAGE, &[&hidden, fields].concat())
}

/// A key that somebody makes on the page, for a month.
pub(super) fn make_on_page(browser: &Visitor, scope: &str) -> String {
    let form = form(browser, &[("name", "Hers"), ("scope", scope), ("months", "1")]);
    let answer = browser.send(form.header("Accept", "application/json")).expect(201);
    answer.json()["key"].as_str().unwrap().to_owned()
}

const GOOD: [(&str, &str); 3] = [("name", "Terraform"), ("scope", "replace"), ("months", "3")];

fn a_key_is_in_the_answer_to_its_form_and_nowhere_else(database: &Database) {
    let app = TestApp::start(database);
    let ada = app.admin("Ada");
    assert!(ada.get(PAGE).expect(200).text().contains("No API key yet"));

    let answer = ada.send(form(&ada, &GOOD).header("Accept", "application/json")).expect(201);

    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    assert_eq!(answer.header("Connection"), Some("close"));
    let body = answer.json();
    let key = body["key"].as_str().unwrap();
    assert_eq!((key.len(), &key[..6]), (63, "scimk_"));
    assert_eq!((&body["key_id"], &body["name"]), (&key[6..14].into(), &"Terraform".into()));
    assert_eq!(body["expires_text"], "22 Feb 2027, 14:03 UTC");
    ask(&app, "GET", key).expect(200);
    app.upkeep();
    let listed = ada.get(PAGE).expect(200);
    let text = listed.text();
    assert!(text.contains("API key “Terraform” created. It expires on 22 Feb 2027"), "{text}");
    assert!(text.contains("Ada (you)") && text.contains("Replace the token"), "{text}");
    assert!(text.contains(&key[6..14]) && !text.contains(&key[14..57]), "{text}");
    assert!(text.contains("Terraform 1"), "the caller: {text}");
    let activity = ada.get("/admin/activity").expect(200);
    assert!(activity.text().contains("created the API key"), "{}", activity.text());
    let stored = database.ask("SELECT digest || name || request_hash FROM api_keys").join("");
    assert!(stored.len() > 64 && !stored.contains(&key[14..57]), "{stored}");

    // Without the script it is a page.
    let plain = ada.send(form(&ada, &[GOOD[0], ("scope", "read"), ("months", "1")])).expect(200);
    assert!(plain.text().contains("It will never be displayed again."), "{}", plain.text());
    let shown = plain.text().split("scimk_").nth(1).expect("a key");
    ask(&app, "GET", &format!("scimk_{}", &shown[..57])).expect(200);
}

fn a_form_makes_one_key(database: &Database) {
    let app = TestApp::start(database);
    let ada = app.admin("Ada");
    let form = form(&ada, &GOOD);

    ada.send(form.clone()).expect(200);
    ada.send(form.clone()).expect(303);
    let said = ada.get(PAGE).expect(200);
    assert!(said.text().contains("cannot be displayed again"), "{}", said.text());
    let again = ada.send(form.header("Accept", "application/json")).expect(409);
    assert_eq!(again.json()["error"], "request_already_used");
    assert_eq!(database.ask("SELECT id FROM api_keys").len(), 1);
}

fn what_is_filled_in_wrongly_makes_none(database: &Database) {
    let app = TestApp::start(database);
    let ada = app.admin("Ada");
    let [name, scope, months] = GOOD;
    let long = "x".repeat(61);
    for (fields, status) in [
        ([("name", ""), scope, months], 422),
        ([("name", "a\u{202e}b"), scope, months], 422),
        ([("name", &long), scope, months], 422),
        ([name, ("scope", "write"), months], 400),
        ([name, ("scope", ""), months], 400),
        ([name, scope, ("months", "")], 400),
        ([name, scope, ("months", "4")], 400),
        ([name, scope, ("months", "never")], 400),
    ] {
        let json = form(&ada, &fields).header("Accept", "application/json");
        let refused = ada.send(json).expect(status);
        assert_eq!(refused.json()["generated"], false, "{fields:?}");
        let plain = ada.send(form(&ada, &fields)).expect(status);
        if status == 422 {
            let text = plain.text();
            assert!(text.contains("The name must have 1 to 60 characters"), "{text}");
            assert!(
                text.contains("value=\"replace\" required checked"),
                "the choice stays: {text}"
            );
        }
    }
    ada.send(form(&ada, &[GOOD[0], GOOD[1], GOOD[2], ("request_id", "short")])).expect(400);
    ada.send(form(&ada, &[GOOD[0], GOOD[1], GOOD[2], ("csrf", "x")])).expect(403);
    assert_eq!(database.ask("SELECT id FROM api_keys").len(), 0);
}

fn a_key_is_revoked_after_a_question(database: &Database) {
    let app = TestApp::start(database);
    let ada = app.admin("Ada");
    let key = make(&app, Scope::Read);
    let path = format!("{PAGE}/{}/revoke", key.key.id);
    let question = ada.get(&path).expect(200);
    assert!(question.text().contains("Whatever uses it stops working at once"));
    ask(&app, "GET", key.plain.expose()).expect(200);

    ada.submit(&path, &path, &[]).expect(303);

    ask(&app, "GET", key.plain.expose()).expect(401);
    let listed = ada.get(PAGE).expect(200);
    assert!(listed.text().contains("was revoked.") && listed.text().contains("Revoked"));
    ada.get(&path).expect(303);
    for unknown in ["00000000", "0", "../x"] {
        ada.get(&format!("{PAGE}/{unknown}/revoke")).expect(404);
    }
    let csrf = page::hidden_fields(ada.get("/admin/account").expect(200).text(), "/logout");
    let csrf: Vec<_> = csrf.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    ada.post(&path, &csrf).expect(303);
    let told = ada.get(PAGE).expect(200);
    assert!(told.text().contains("has expired or was revoked already"), "{}", told.text());
}

fn who_is_deactivated_takes_their_keys_along(database: &Database) {
    let app = TestApp::start(database);
    let ada = app.admin("Ada");
    let key = make_on_page(&app.admin("Grace"), "read");
    make(&app, Scope::Read);
    let id = app.add_admin("Grace").id.0;
    let path = |change: &str| format!("/admin/server-admins/{id}/{change}");
    let asked = |path: &str| {
        let page = ada.get(path).expect(200);
        page.text().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let off = asked(&path("deactivate"));
    assert!(off.contains("<bdi>Hers</bdi>: they stop working"), "{off}");
    assert!(!off.contains("Terraform"), "{off}");

    ada.submit(&path("deactivate"), &path("deactivate"), &[]).expect(303);

    ask(&app, "GET", &key).expect(401);
    assert!(asked(PAGE).contains("Stopped"));
    let on = asked(&path("reactivate"));
    assert!(on.contains("<bdi>Hers</bdi>: they work again"), "{on}");
}
