//! The use cases by themselves: each checks the session in the transaction that writes.

use scimward::domain::admin::actor::Author;
use scimward::domain::admin::code::{Digest, SecretCode};
use scimward::domain::keys::scope::Scope;
use scimward::domain::keys::secret::KeyId;
use scimward::domain::network::source::Source;
use scimward::domain::token::lifespan::Lifespan;
use scimward::service::keys::NewKey;
use scimward::service::tokens::{CurrentToken, Expected, Form, Generate};

use super::*;
use crate::support::app::TestApp;
use crate::support::on_each_database;

on_each_database!(no_use_case_takes_a_session_that_has_ended);

/// What each use case says to the session that asks.
fn answers(app: &TestApp, database: &Database, by: &Author) -> Vec<String> {
    let services = app.services();
    let admins = &services.admins;
    let admin = |name: &str| app.add_admin(name);
    let (eve, grace, kurt) = (admin("eve").id, admin("grace"), admin("kurt").id);
    let (name, email) = (|| "Mallory".parse().unwrap(), || "mallory@example.com".parse().unwrap());
    let invitation = "SELECT code_hash FROM one_time_links WHERE purpose = 'invitation' \
                      AND used_at IS NULL";
    let invitation = Digest::new(database.ask(invitation).remove(0));
    let session = Digest::new(sessions_of(database, "grace").remove(0));
    let new = scimward::service::admins::NewAdmin {
        name: name(),
        email: email(),
        password: PASSWORD.into(),
    };
    let by = || by.clone();
    let mut answers = about_tokens(app, &by());
    answers.append(&mut about_keys(app, database, &by()));
    answers.extend([
        said(app.wait(admins.add(new, by()))),
        said(app.wait(admins.invite(name(), email(), by()))),
        said(app.wait(admins.invite_again(invitation.clone(), by()))),
        said(app.wait(admins.withdraw(invitation, by()))),
        said(app.wait(admins.make_password_link(grace.id, by()))),
        said(app.wait(admins.set_profile(grace.id, name(), email(), by()))),
        said(app.wait(admins.set_active(grace.id, false, by()))),
        said(app.wait(admins.set_active(eve, true, by()))),
        said(app.wait(admins.set_active(kurt, true, by()))),
        said(app.wait(admins.set_password(&grace, NEXT_PASSWORD.into(), by()))),
        said(app.wait(admins.change_own_password(PASSWORD.into(), NEXT_PASSWORD.into(), by()))),
        said(app.wait(services.sessions.end_own(session, by()))),
        said(app.wait(services.sessions.log_out(by()))),
        said(app.wait(services.mails.test_own(by()))),
    ]);
    answers
}

fn about_tokens(app: &TestApp, by: &Author) -> Vec<String> {
    let tokens = &app.services().tokens;
    let by = || by.clone();
    let form = Form {
        request: SecretCode::presented("a form that was never sent before"),
        replaces: Expected::Any,
        knows_of_use: true,
    };
    let lifespan = Lifespan::DEFAULT;
    let generate = |form, current| tokens.generate(Generate { lifespan, current, by: by(), form });
    vec![
        said(app.wait(generate(Some(form), CurrentToken::Revoke))),
        said(app.wait(generate(None, CurrentToken::Keep))),
        said(app.wait(tokens.revoke(None, by()))),
        said(app.wait(tokens.revoke_old(None, by()))),
    ]
}

fn about_keys(app: &TestApp, database: &Database, by: &Author) -> Vec<String> {
    let keys = &app.services().keys;
    let new = NewKey {
        name: "Mine".parse().unwrap(),
        scope: Scope::Replace,
        validity: "1".parse().unwrap(),
        request: None,
    };
    let key = database.ask("SELECT id FROM api_keys WHERE revoked_at IS NULL").remove(0);
    let key = KeyId::parse(&key).unwrap();
    vec![said(app.wait(keys.create(new, by.clone()))), said(app.wait(keys.revoke(key, by.clone())))]
}

fn said<T, E: ToString>(result: Result<T, E>) -> String {
    result.map_or_else(|error| error.to_string(), |_| "done".to_owned())
}

fn no_use_case_takes_a_session_that_has_ended(database: &Database) {
    let app = TestApp::start(database);
    let grace = app.admin("grace");
    app.add_admin("kurt");
    prepare(&grace, database);
    let eve = app.admin("eve");
    let digest = Digest::new(sessions_of(database, "eve").remove(0));
    let session = |digest| Author::Session { digest, source: Source::default() };
    let off = path_of(database, "eve", "/deactivate");
    grace.submit(&off, &off, &[]).expect(303);
    drop(eve);

    for author in [session(digest), session(Digest::new("f".repeat(64)))] {
        let before = state(database);
        let answers = answers(&app, database, &author);

        assert!(answers.iter().all(|answer| answer == "the session has ended"), "{answers:#?}");
        assert_eq!(state(database), before);
    }
}
