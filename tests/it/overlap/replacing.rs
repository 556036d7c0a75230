//! What becomes of two valid tokens when somebody generates or revokes.

use scimward::domain::token::Token;
use scimward::domain::token::overlap::Kept;
use scimward::domain::token::secret::TokenId;
use scimward::service::tokens::RevokeError;
use scimward::store::{self, Lock, StoreError};

use super::*;
use crate::support::database::Database;
use crate::support::on_each_database;

on_each_database!(
    only_a_live_token_that_was_used_is_kept,
    an_unused_new_token_is_replaced_and_the_old_one_keeps_its_end,
    once_the_new_token_is_used_both_end_at_once,
    a_new_token_in_use_can_be_kept_in_its_turn,
    revoking_ends_both_or_the_old_one_alone,
    the_database_allows_one_current_and_one_kept_token,
);

/// Who is let in, through each instance.
fn accepted<const N: usize>(instances: &[&TestApp], tokens: [&Generated; N]) -> [bool; N] {
    let ask = |app: &TestApp| tokens.map(|token| app.scim(token.plain.expose()).is_accepted());
    let first = ask(instances[0]);
    assert!(instances.iter().all(|app| ask(app) == first), "the instances agree");
    first
}

fn only_a_live_token_that_was_used_is_kept(database: &Database) {
    let app = TestApp::start(database);
    let refused = |app: &TestApp| {
        let error = try_to_keep(app, 6).expect_err("nothing to keep");
        assert!(matches!(error, GenerateError::NothingToKeep), "{error}");
    };
    refused(&app);
    let unused = app.generate(1);
    refused(&app);
    assert!(present(&app, &unused));

    app.clock.set(unused.token.expires_at);
    refused(&app);
    let used = in_use(&app);
    app.revoke();
    refused(&app);

    // Nothing was changed by what was refused.
    let history = app.wait(app.services().tokens.history()).unwrap();
    assert_eq!(history.newest.unwrap().id, used.token.id);
}

fn an_unused_new_token_is_replaced_and_the_old_one_keeps_its_end(database: &Database) {
    let app = TestApp::start(database);
    let other = app.second_instance(database);
    let old = in_use(&app);
    let first = keep(&app);
    let end = first.old.as_ref().unwrap().kept.unwrap().ends_at;
    for (number, again) in [CurrentToken::Revoke, CurrentToken::Keep].into_iter().enumerate() {
        app.advance(hours(1));
        let lost = app.wait(app.services().tokens.history()).unwrap().newest.unwrap();
        let next = match again {
            CurrentToken::Revoke => app.generate(6),
            CurrentToken::Keep => keep(&app),
        };
        assert_eq!(next.replaced, Some(lost.id), "{number}");
        assert_eq!(next.old.as_ref().unwrap().id, old.token.id);
        assert_eq!(next.old.as_ref().unwrap().kept.unwrap().ends_at, end);
        assert_eq!(accepted(&[&app, &other], [&old, &first]), [true, false]);
    }
    app.clock.set(end);
    assert_eq!(accepted(&[&app, &other], [&old]), [false]);
}

fn once_the_new_token_is_used_both_end_at_once(database: &Database) {
    let app = TestApp::start(database);
    let other = app.second_instance(database);
    let old = in_use(&app);
    let new = keep(&app);
    assert!(present(&other, &new));

    let third = app.generate(6);

    assert_eq!(third.replaced, Some(new.token.id.clone()));
    assert_eq!(third.ended, Some(old.token.id.clone()));
    assert!(third.old.is_none());
    assert_eq!(accepted(&[&app, &other], [&old, &new, &third]), [false, false, true]);
    assert_eq!(ends(&app), [(Kind::OldTokenRevoked, None)]);
    // What is sent is known by its name, whichever of them it is.
    app.upkeep();
    let history = app.wait(app.services().tokens.history()).unwrap();
    let before: Vec<_> = history.predecessors.iter().map(|token| &token.id).collect();
    assert_eq!(before, [&new.token.id, &old.token.id]);
}

fn a_new_token_in_use_can_be_kept_in_its_turn(database: &Database) {
    let app = TestApp::start(database);
    let old = in_use(&app);
    let new = keep(&app);
    assert!(present(&app, &new));

    let third = keep(&app);

    assert_eq!((third.replaced, third.ended), (None, Some(old.token.id.clone())));
    let other = app.second_instance(database);
    assert!(!other.scim(old.plain.expose()).is_accepted());
    assert!(other.scim(new.plain.expose()).is_accepted());
    assert_eq!(third.old.unwrap().id, new.token.id);
}

fn revoking_ends_both_or_the_old_one_alone(database: &Database) {
    let app = TestApp::start(database);
    let other = app.second_instance(database);
    let tokens = &app.services().tokens;
    let revoke_old =
        |expected: Option<TokenId>| app.wait(tokens.revoke_old(expected, Author::CommandLine));
    let old = in_use(&app);
    let none = revoke_old(None).expect_err("there is one token");
    assert!(matches!(none, RevokeError::NoOldToken));
    let new = keep(&app);
    let another = revoke_old(Some(new.token.id.clone())).expect_err("that is the new one");
    assert!(matches!(another, RevokeError::TokenChanged));
    assert_eq!(accepted(&[&app, &other], [&old]), [true]);

    let revoked = revoke_old(Some(old.token.id.clone())).unwrap();

    assert_eq!((&revoked.old, &revoked.new.id), (&old.token.id, &new.token.id));
    assert_eq!(accepted(&[&app, &other], [&old, &new]), [false, true]);
    assert_eq!(ends(&app), [(Kind::OldTokenRevoked, Some(new.token.id.to_string()))]);

    app.upkeep();
    let last = keep(&app);
    let revoked =
        app.wait(tokens.revoke(Some(last.token.id.clone()), Author::CommandLine)).unwrap();
    assert_eq!(revoked.old.as_ref(), Some(&new.token.id));
    assert_eq!(accepted(&[&app, &other], [&old, &new, &last]), [false; 3]);
    let nothing = revoke_old(None).expect_err("both are revoked");
    assert!(matches!(nothing, RevokeError::NoOldToken));
}

fn the_database_allows_one_current_and_one_kept_token(database: &Database) {
    let app = TestApp::start(database);
    in_use(&app);
    let new = keep(&app).token;
    let another = Token { id: TokenId::parse("00000000").unwrap(), ..new.clone() };
    let inserted = app
        .wait(app.store().write(Lock::Tokens, move |conn| store::tokens::insert(conn, &another)));
    assert!(matches!(inserted, Err(StoreError::Conflict(_))), "{inserted:?}");
    let kept = app.wait(app.store().write(Lock::Tokens, move |conn| {
        let kept = Kept { since: new.generated_at, ends_at: new.expires_at };
        store::tokens::keep(conn, &new.id, &new.id, kept)
    }));
    assert!(matches!(kept, Err(StoreError::Conflict(_))), "{kept:?}");
}
