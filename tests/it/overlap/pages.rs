//! What a Server Admin sees and does while two tokens are valid.

use super::*;
use crate::support::actors::Admin;
use crate::support::database::Database;
use crate::support::on_each_database;
use crate::support::page;

on_each_database!(
    the_choice_is_there_once_the_token_is_used,
    both_tokens_are_shown_and_the_old_one_is_revoked,
    generating_again_says_what_becomes_of_both,
    a_kept_token_does_not_stop_because_the_new_one_was_not_copied,
);

const PAGE: &str = "/admin/authentication";
const GENERATE: &str = "/admin/authentication/scim-token";
const REVOKE_OLD: &str = "/admin/authentication/revoke-old";
const CHOICE: &str = "Keep until the new token is in use, at most 24 hours";

fn show(admin: &Admin) -> String {
    let html = admin.get(PAGE).expect(200).text().to_owned();
    html.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn assert_says(html: &str, expected: &[&str]) {
    for text in expected {
        assert!(html.contains(text), "{text:?} is missing in\n{html}");
    }
}

/// Generates by the form, as a browser with the script does.
fn generate(admin: &Admin, current: &str) -> serde_json::Value {
    let html = admin.get(PAGE).expect(200).text().to_owned();
    let hidden = page::hidden_fields(&html, GENERATE);
    let hidden = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let fields: Vec<_> = hidden.chain([("months", "6"), ("current", current)]).collect();
    let form = admin.form(GENERATE, &fields).header("Accept", "application/json");
    admin.send(form).json()
}

fn the_choice_is_there_once_the_token_is_used(database: &Database) {
    let app = TestApp::start(database);
    let admin = app.admin("Ada");
    assert!(!show(&admin).contains(CHOICE));
    let token = app.generate(6);
    let html = show(&admin);
    assert!(!html.contains(CHOICE) && html.contains("immediately revokes the current one"));
    // A form that asks for it all the same.
    let refused = generate(&admin, "keep");
    assert_eq!(
        (&refused["error"], &refused["generated"]),
        (&"nothing_to_keep".into(), &false.into())
    );
    let why = "There is no live token that has been used: nothing to keep.";
    assert_eq!(refused["message"], why);
    let fields = [("months", "6"), ("current", "keep")];
    admin.submit(PAGE, GENERATE, &fields).expect(303);
    assert_says(&show(&admin), &["No token was generated.", why]);

    assert!(present(&app, &token));

    let html = show(&admin);
    assert_says(&html, &[CHOICE, "Revoke immediately", "value=\"revoke\" checked"]);
    assert!(!html.contains("gen-caution"), "{html}");
    let unknown = admin.submit(PAGE, GENERATE, &[("months", "6"), ("current", "both")]);
    assert_says(unknown.expect(400).text(), &["neither that the current token is revoked"]);
    assert!(app.scim(token.plain.expose()).is_accepted());
    let asked = admin.submit(PAGE, GENERATE, &[("months", "6"), ("current", "revoke")]);
    assert_says(asked.expect(200).text(), &["Replace the current token?"]);

    // Without the script, and without a question: nothing breaks.
    let kept = admin.submit(PAGE, GENERATE, &fields).expect(200).text().to_owned();

    let stays =
        format!("{} still works until 23 Nov 2026, 14:03 UTC at the latest", token.token.id);
    assert_says(&kept, &["New SCIM token", "<dt>Old token</dt>", &stays]);
    assert!(app.scim(token.plain.expose()).is_accepted());
    assert!(!show(&admin).contains(CHOICE), "the choice is made");
}

fn both_tokens_are_shown_and_the_old_one_is_revoked(database: &Database) {
    let app = TestApp::start(database);
    let old = in_use(&app);
    app.advance(hours(2));
    let admin = app.admin("Ada");
    assert_eq!(admin.get(REVOKE_OLD).expect(303).header("Location"), Some(PAGE));
    let new = generate(&admin, "keep");
    let old_id = old.token.id.as_str();
    let stays = format!("{old_id} still works until 23 Nov 2026, 16:03 UTC at the latest");
    assert_eq!(new["old_text"], stays);
    let html = show(&admin);
    assert_says(
        &html,
        &[
            "Two tokens are valid while the identity provider switches",
            &format!("The old token {old_id} ends 60 minutes after its last request"),
            "<title>Switching · Authentication",
            "<span>Switching</span>",
            "The new token has not been used yet.",
            "The old one was last presented 2 hours ago.",
            "Old token valid until 23 Nov 2026, 16:03 UTC",
            "<h3>Valid tokens</h3>",
            "Revoke old token now",
        ],
    );
    let asked = admin.get(REVOKE_OLD).expect(200).text().to_owned();
    assert_says(&asked, &["SCIM sync stops until it is entered in your identity provider."]);

    assert!(app.scim(new["token"].as_str().unwrap()).is_accepted());
    app.upkeep();
    app.advance(TimeDelta::minutes(8));
    let html = show(&admin);
    assert_says(
        &html,
        &[
            "The new token is in use since 16:03 UTC.",
            "Old token ends at 17:03 UTC",
            "60 minutes after its last request, unless it is presented again",
            "17:03 UTC, if it is not presented again",
            "Generating another token now revokes the new one",
        ],
    );
    let state = admin.get("/admin/authentication/state").expect(200).json();
    assert_eq!(state["state"], "switching");
    assert_eq!(state["cells"][2][1], "17:03 UTC, if it is not presented again");
    let asked = admin.get(REVOKE_OLD).expect(200).text().to_owned();
    assert_says(&asked, &["The new token is in use.", "It was last presented 2 hours ago."]);

    revoke_old(&app, &admin, &old);
}

fn revoke_old(app: &TestApp, admin: &Admin, old: &Generated) {
    let answer = admin.submit(REVOKE_OLD, REVOKE_OLD, &[]).expect(303);

    assert_eq!(answer.header("Location"), Some(PAGE));
    assert_says(&show(admin), &["The old token was revoked.", "<span>Working</span>"]);
    assert!(!app.scim(old.plain.expose()).is_accepted());
    let late = admin.post(REVOKE_OLD, &page_fields(admin, old.token.id.as_str()));
    late.expect(303);
    assert_says(&show(admin), &["There is no old token to revoke."]);
    let activity = admin.get("/admin/activity").expect(200).text().to_owned();
    let activity = activity.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_says(&activity, &["revoked the old token", "stays valid until 23 Nov 2026, 16:03 UTC"]);
}

/// The fields of a form that an old page showed.
fn page_fields<'a>(admin: &Admin, token: &'a str) -> Vec<(&'static str, &'a str)> {
    let shown = admin.get("/admin/account").expect(200);
    let csrf = page::hidden_fields(shown.text(), "/logout").remove(0).1;
    vec![("csrf", csrf.leak()), ("token", token)]
}

fn generating_again_says_what_becomes_of_both(database: &Database) {
    let app = TestApp::start(database);
    let admin = app.admin("Ada");
    let old = in_use(&app);
    let first = generate(&admin, "keep");
    let html = show(&admin);
    let replaces = "Generating another token replaces the new one";
    let stays = "The old token still ends on 23 Nov 2026, 14:03 UTC at the latest.";
    assert_says(&html, &[replaces, stays, "data-live=\"false\"", "data-keeps=\"true\""]);

    let second = generate(&admin, "");

    assert_eq!(second["old_text"], first["old_text"]);
    assert!(app.scim(old.plain.expose()).is_accepted());
    assert!(!app.scim(first["token"].as_str().unwrap()).is_accepted());
    assert!(app.scim(second["token"].as_str().unwrap()).is_accepted());
    app.upkeep();
    assert_says(&show(&admin), &["data-live=\"true\"", "and the old one at once."]);
    let asked = admin.submit(PAGE, GENERATE, &[("months", "1")]).expect(200).text().to_owned();
    assert_says(&asked, &["Both valid tokens stop working as soon as the new one is generated."]);
    let asked = admin.get("/admin/authentication/revoke").expect(200).text().to_owned();
    assert_says(&asked, &["Both valid tokens stop working."]);

    admin.submit("/admin/authentication/revoke", "/admin/authentication/revoke", &[]).expect(303);

    assert!(!app.scim(old.plain.expose()).is_accepted());
    assert!(!app.scim(second["token"].as_str().unwrap()).is_accepted());
    assert_says(&show(&admin), &["were revoked. SCIM sync has stopped."]);
}

fn a_kept_token_does_not_stop_because_the_new_one_was_not_copied(database: &Database) {
    let app = TestApp::start(database);
    let admin = app.admin("Ada");
    let old = in_use(&app);
    let html = admin.get(PAGE).expect(200).text().to_owned();
    let form = page::hidden_fields(&html, GENERATE);
    let request = form.iter().find(|(name, _)| name == "request_id").unwrap().1.clone();
    let hidden = form.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let fields: Vec<_> = hidden.chain([("months", "6"), ("current", "keep")]).collect();
    let generated = admin.form(GENERATE, &fields).header("Accept", "application/json");
    admin.send(generated).expect(201);
    let csrf = form.iter().find(|(name, _)| name == "csrf").unwrap().1.clone();
    let closed = [("csrf", &*csrf), ("request_id", &*request), ("copied", "false")];
    admin.post("/admin/authentication/scim-token/closed", &closed).expect(204);

    let html = show(&admin);

    let still = format!("The old token {} still works until 23 Nov 2026, 14:03 UTC.", old.token.id);
    assert_says(&html, &[&still, "Generate another token before then.", "<span>Switching</span>"]);
    assert!(!html.contains("SCIM sync stands still"), "{html}");
}
