//! The first use of a token, in the moment before it is written.

use scimward::domain::admin::code::SecretCode;
use scimward::domain::keys::scope::Scope;
use scimward::domain::token::Token;
use scimward::service::keys::NewKey;
use scimward::service::tokens::{Expected, Form};

use crate::support::actors::Admin;
use crate::support::database::Database;
use crate::support::http::Request;
use crate::support::mail_app::MailApp;
use crate::support::on_each_database;
use crate::support::page;
use crate::support::process::Scimward;
use crate::support::smtp::MailServer;

use super::*;

on_each_database!(
    a_use_counts_before_it_is_written,
    a_use_of_another_instance_is_waited_for,
    every_door_keeps_a_token_that_was_just_used,
    a_page_that_showed_an_unused_token_asks_again,
);

const PAGE: &str = "/admin/authentication";
const GENERATE: &str = "/admin/authentication/scim-token";

/// A use that stays in memory: no loop runs beside a [`MailApp`].
fn used(app: &MailApp, token: &Token) {
    let from = [203, 0, 113, 24].into();
    app.services().usage.accepted(&token.id, from, None, app.services().now());
}

fn keeping() -> Generate {
    let (lifespan, current) = (Lifespan::DEFAULT, CurrentToken::Keep);
    Generate { lifespan, current, by: Author::CommandLine, form: None }
}

fn a_use_counts_before_it_is_written(database: &Database) {
    let server = MailServer::start();
    let app = MailApp::start(database, &server);
    let token = app.generate(6);
    used(&app, &token);

    let unaware = Form {
        request: SecretCode::presented("request-of-the-page-00"),
        replaces: Expected::Any,
        knows_of_use: false,
    };
    let unaware = Generate { current: CurrentToken::Revoke, form: Some(unaware), ..keeping() };
    let asked_again = app.wait(app.services().tokens.generate(unaware)).expect_err("it was used");
    assert!(matches!(asked_again, GenerateError::UsedMeanwhile), "{asked_again}");
    used(&app, &token);
    let new = app.wait(app.services().tokens.generate(keeping())).expect("it was used");

    assert_eq!(new.old.expect("it is kept").id, token.id);
    // And so does the first use of the new one: nothing says any more that the old one stays.
    used(&app, &new.token);
    let third = Generate { current: CurrentToken::Revoke, ..keeping() };
    let third = app.wait(app.services().tokens.generate(third)).expect("a token");
    assert_eq!((third.replaced, third.ended), (Some(new.token.id), Some(token.id)));
}

fn a_use_of_another_instance_is_waited_for(database: &Database) {
    let server = MailServer::start();
    let app = MailApp::start(database, &server);
    let other = app.second_instance(database, &server);
    let token = app.generate(6);
    used(&other, &token);
    let tokens = &app.services().tokens;

    // As long as it is not written, nothing happens.
    let refused = app.wait(tokens.generate(keeping())).expect_err("nobody knows of the use");
    assert!(matches!(refused, GenerateError::NothingToKeep), "{refused}");
    let history = app.wait(tokens.history()).unwrap();
    assert_eq!(history.unrevoked().map(|current| &current.id), Some(&token.id));

    let written = other.services().usage.write();
    let (kept, written) = app.wait(async { tokio::join!(tokens.generate(keeping()), written) });

    written.expect("the database answers");
    assert_eq!(kept.expect("it was used").old.expect("it is kept").id, token.id);
}

/// The page with a form that was opened before, a program and the command line, without a moment
/// between.
fn every_door_keeps_a_token_that_was_just_used(database: &Database) {
    let app = TestApp::start(database);
    let other = app.second_instance(database);
    let admin = app.admin("Ada");
    let (name, validity) = ("Terraform".parse().unwrap(), "1".parse().unwrap());
    let new = NewKey { name, scope: Scope::Replace, validity, request: None };
    let key = app.wait(app.services().keys.create(new, Author::CommandLine)).expect("a key").plain;
    let scimward = Scimward::on(database);
    for instance in [&app, &other] {
        let first_used = |app: &TestApp| {
            let token = app.generate(6);
            let form = opened(&admin, "keep");
            assert!(instance.scim(token.plain.expose()).is_accepted());
            (token.token.id.to_string(), form)
        };

        let (id, form) = first_used(&app);
        let on_page = admin.send(as_script(&form)).expect(201).json();
        assert_eq!(on_page["kept"], id);

        let (id, _) = first_used(&app);
        let asked = Request::new("POST", "/v1/admin/token")
            .header("Authorization", &format!("Bearer {}", key.expose()))
            .body("application/json", r#"{"months": 3, "keep_current": true}"#);
        assert_eq!(asked.send(app.address).expect(201).json()["kept"], id);

        let (id, _) = first_used(&app);
        let ended = scimward.run(&["token", "generate", "--keep-current", "--json"]);
        assert_eq!(ended.code, 0, "{ended:?}");
        let printed: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(printed["kept"], id);
    }
}

fn as_script(form: &Request) -> Request {
    form.clone().header("Accept", "application/json")
}

/// The form as the page shows it now.
fn opened(admin: &Admin, current: &str) -> Request {
    let html = admin.get(PAGE).expect(200).text().to_owned();
    let hidden = page::hidden_fields(&html, GENERATE);
    let hidden = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let fields: Vec<_> = hidden.chain([("months", "6"), ("current", current)]).collect();
    admin.form(GENERATE, &fields)
}

fn a_page_that_showed_an_unused_token_asks_again(database: &Database) {
    let app = TestApp::start(database);
    let other = app.second_instance(database);
    let admin = app.admin("Ada");
    for is_switching in [false, true] {
        let old = in_use(&app);
        let token = if is_switching { keep(&app) } else { app.generate(6) };
        let form = opened(&admin, "");
        let instance = if is_switching { &other } else { &app };
        assert!(instance.scim(token.plain.expose()).is_accepted());
        other.upkeep();

        let refused = admin.send(as_script(&form)).expect(409).json();
        let told = (&refused["error"], &refused["generated"]);
        assert_eq!(told, (&"token_used".into(), &false.into()));
        let asked = admin.send(form).expect(200);
        assert!(asked.text().contains("Replace the current token?"), "{}", asked.text());

        let html = admin.get(PAGE).expect(200).text().to_owned();
        assert_eq!(html.contains("Keep until the new token is in use"), !is_switching);
        assert!(app.scim(token.plain.expose()).is_accepted());
        assert_eq!(app.scim(old.plain.expose()).is_accepted(), is_switching);
        // Nothing was spent by it, and the page that knows of the use may go on.
        admin.send(as_script(&opened(&admin, ""))).expect(201);
        assert!(!app.scim(token.plain.expose()).is_accepted());
        assert!(!app.scim(old.plain.expose()).is_accepted());
    }
}
