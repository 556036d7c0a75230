//! Two valid tokens while the identity provider switches: what ends the old one, and when.

mod ending;
mod first_use;
mod mails;
mod pages;
mod replacing;

use chrono::TimeDelta;
use scimward::domain::activity::Kind;
use scimward::domain::admin::actor::Author;
use scimward::domain::token::lifespan::Lifespan;
use scimward::service::tokens::{CurrentToken, Generate, GenerateError, Generated};

use crate::support::app::TestApp;

/// Generates a token that the current one is kept beside.
fn try_to_keep(app: &TestApp, months: i64) -> Result<Generated, GenerateError> {
    let lifespan = Lifespan::try_from(months).unwrap();
    let (current, by) = (CurrentToken::Keep, Author::CommandLine);
    app.wait(app.services().tokens.generate(Generate { lifespan, current, by, form: None }))
}

fn keep(app: &TestApp) -> Generated {
    try_to_keep(app, 6).expect("a live token that was used")
}

/// Presents a token and writes it down, as an instance does within a minute.
fn present(app: &TestApp, token: &Generated) -> bool {
    let is_accepted = app.scim(token.plain.expose()).is_accepted();
    app.upkeep();
    is_accepted
}

/// A token that is in use.
fn in_use(app: &TestApp) -> Generated {
    let token = app.generate(6);
    assert!(present(app, &token));
    token
}

/// The entries about the end of old tokens, newest first: the kind, and what it says.
fn ends(app: &TestApp) -> Vec<(Kind, Option<String>)> {
    let kinds = [Kind::OldTokenRevoked, Kind::OldTokenEnded, Kind::OldTokenEndedUnswitched];
    let entries = app.activity().into_iter().map(|entry| entry.event);
    let ends = entries.filter(|event| kinds.contains(&event.kind));
    ends.map(|event| (event.kind, event.subject)).collect()
}

fn hours(hours: i64) -> TimeDelta {
    TimeDelta::hours(hours)
}
