//! API keys and the interface that they open.

mod api;
mod commands;
mod mails;
mod pages;
mod replacing;
mod rotation;

use scimward::domain::admin::actor::Author;
use scimward::domain::keys::scope::Scope;
use scimward::service::keys::{CreatedKey, NewKey};

use crate::support::app::TestApp;
use crate::support::http::{Request, Response};

const TOKEN: &str = "/v1/admin/token";

/// A key that is made at the command line, for a month.
fn make(app: &TestApp, scope: Scope) -> CreatedKey {
    let name = "Terraform".parse().unwrap();
    let new = NewKey { name, scope, validity: "1".parse().unwrap(), request: None };
    app.wait(app.services().keys.create(new, Author::CommandLine)).expect("a key")
}

fn asked(method: &str, authorization: &str) -> Request {
    Request::new(method, TOKEN)
        .header("User-Agent", "Terraform/1.9")
        .header("Authorization", authorization)
}

fn ask(app: &TestApp, method: &str, key: &str) -> Response {
    asked(method, &format!("Bearer {key}")).send(app.address)
}
