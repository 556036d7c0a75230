//! Generating, replacing and revoking, below the pages.

use chrono::TimeDelta;
use scimward::domain::activity::Kind;
use scimward::domain::admin::actor::Author;
use scimward::domain::token::TokenStatus;

use crate::support::app::TestApp;
use crate::support::database::Database;
use crate::support::on_each_database;

on_each_database!(a_replaced_token_keeps_its_row_and_loses_its_hash, the_expiry_is_noted_once);

fn a_replaced_token_keeps_its_row_and_loses_its_hash(database: &Database) {
    let app = TestApp::start(database);
    let first = app.generate(6);

    let second = app.generate(1);

    let stored = app.wait(app.services().tokens.by_id(first.token.id.clone())).unwrap().unwrap();
    assert_eq!(second.replaced, Some(first.token.id));
    assert_eq!(stored.hash, None);
    assert_eq!(stored.revocation.unwrap().replaced_by, Some(second.token.id));
}

fn the_expiry_is_noted_once(database: &Database) {
    let app = TestApp::start(database);
    let other = app.second_instance(database);
    let token = app.generate(1).token;
    app.clock.set(token.expires_at - TimeDelta::seconds(1));
    app.upkeep();
    assert!(app.activity().iter().all(|entry| entry.event.kind != Kind::TokenExpired));

    app.advance(TimeDelta::seconds(1));
    for instance in [&app, &other, &app] {
        instance.upkeep();
    }

    let entries = app.activity();
    let expired: Vec<_> =
        entries.iter().filter(|entry| entry.event.kind == Kind::TokenExpired).collect();
    assert_eq!(expired.len(), 1);
    assert_eq!(expired[0].event.at, token.expires_at);
    assert_eq!(expired[0].event.token, Some(token.id.clone()));
    assert_eq!(token.status(app.services().now()), TokenStatus::Expired);
    app.wait(app.services().tokens.revoke(None, Author::CommandLine))
        .expect("an expired token can be revoked");
}
