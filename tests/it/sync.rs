//! Whether sync works: what the page, the mails, the command line and the metrics say about it.

mod mails;
mod pages;
mod traces;

use std::net::IpAddr;

use chrono::TimeDelta;
use scimward::domain::network::source::Source;
use scimward::domain::token::refusal::Refusal;
use scimward::domain::token::secret::TokenId;
use scimward::domain::token::{LastUse, Token};
use scimward::service::usage::RefusedRequest;

use crate::support::mail_app::MailApp;
use crate::support::smtp::MailServer;

const OKTA: &str = "Okta SCIM Client 1.0.0";

/// Where the identity provider is.
fn provider() -> IpAddr {
    [203, 0, 113, 24].into()
}

/// A request with the token is accepted.
pub(crate) fn accept(app: &MailApp, token: &TokenId) {
    app.services().usage.accepted(token, provider(), Some(OKTA), app.services().now());
}

/// A request of the identity provider is refused.
pub(crate) fn refuse(app: &MailApp, reason: Refusal, known: Option<&TokenId>) {
    let looks_like_ours = reason != Refusal::NoCredentials;
    let refused = RefusedRequest { reason, known, looks_like_ours };
    app.services().usage.refused(refused, Source::new(provider(), Some(OKTA)));
}

/// Writes what clients did and sends the mails that are due, as a server does every minute.
pub(crate) fn minute(app: &MailApp) {
    app.wait(app.services().upkeep.run_once()).expect("upkeep succeeds");
    app.send_due();
}

/// Minutes in which nothing arrives.
pub(crate) fn wait(app: &MailApp, minutes: i64) {
    for _ in 0..minutes {
        app.advance(TimeDelta::minutes(1));
        minute(app);
    }
}

/// An application with a token that the identity provider uses since an hour.
pub(crate) fn working(app: &MailApp) -> Token {
    app.add_admin("Ada");
    let token = app.generate(6);
    accept(app, &token.id);
    minute(app);
    token
}

/// The subjects of the mails that arrived, without the product's name.
fn subjects(server: &MailServer) -> Vec<String> {
    let mails = server.take();
    let subjects = mails.iter().map(|mail| mail.header("Subject"));
    subjects.map(|subject| subject.replace("[scimward] ", "")).collect()
}

/// The newest token's last use.
fn last_use(app: &MailApp) -> Option<LastUse> {
    app.wait(app.services().tokens.history()).unwrap().newest.unwrap().last_use
}
