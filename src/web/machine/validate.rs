//! `GET /v1/token/validate`: whether the presented token is valid, for applications.

use std::fmt::Write;
use std::rc::Rc;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse};
use chrono::SecondsFormat;

use super::answer::JSON;
use super::bearer::{self, Surface};
use super::{Machine, READ_ONLY};
use crate::service::validation::ValidToken;

/// Answers the validation endpoint.
pub(super) async fn answer(machine: &Rc<Machine>, request: &HttpRequest) -> HttpResponse {
    match *request.method() {
        Method::GET | Method::HEAD => {}
        Method::OPTIONS => return machine.answers.options(READ_ONLY),
        _ => return machine.answers.wrong_method(READ_ONLY),
    }
    match bearer::authenticate(machine, request, Surface::Endpoint).await {
        Ok(token) => machine.answers.ok(JSON, describe(&token)),
        Err(denial) => machine.answers.denial(denial),
    }
}

/// Instants as RFC 3339 in UTC, the rest of the life in seconds.
fn describe(token: &ValidToken) -> String {
    let instant = |at: chrono::DateTime<_>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let mut body = String::with_capacity(192);
    // Writing to a text cannot fail.
    let _ = write!(
        body,
        r#"{{"active":true,"token_id":"{}","token_type":"Bearer","issued_at":"{}","expires_at":"{}","expires_in":{},"scope":"scim"}}"#,
        token.id,
        instant(token.issued_at),
        instant(token.expires_at),
        (token.expires_at - token.now).num_seconds(),
    );
    body
}
