//! `GET /v1/token/validate`: whether the presented token is valid, for applications.

use std::fmt::Write;
use std::rc::Rc;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse};
use chrono::SecondsFormat;

use super::answer::JSON;
use super::authenticate::{self, Surface};
use super::{Api, READ_ONLY};
use crate::domain::token::secret::TokenId;
use crate::service::validation::ValidToken;

/// Answers the validation endpoint.
pub(crate) async fn answer(machine: &Rc<Api>, request: &HttpRequest) -> HttpResponse {
    match *request.method() {
        Method::GET | Method::HEAD => {}
        Method::OPTIONS => return machine.answers.options(READ_ONLY),
        _ => return machine.answers.wrong_method(READ_ONLY),
    }
    match authenticate::authenticate(machine, request, Surface::Endpoint).await {
        Ok(token) => machine.answers.ok(JSON, describe(machine, &token)),
        Err(denial) => machine.answers.denial(denial),
    }
}

/// The part of the answer that stays the same for a token.
pub(crate) struct Described {
    token: TokenId,
    text: String,
}

/// Instants as RFC 3339 in UTC, the rest of the life in seconds.
fn describe(machine: &Api, token: &ValidToken) -> String {
    let mut described = machine.described.borrow_mut();
    let described = match &mut *described {
        Some(described) if described.token == token.id => described,
        other => other.insert(Described { token: token.id.clone(), text: constant_part(token) }),
    };
    let mut body = String::with_capacity(described.text.len() + 40);
    // Writing to a text cannot fail.
    let rest = (token.expires_at - token.now).num_seconds();
    let _ = write!(body, r#"{},"expires_in":{rest},"scope":"scim"}}"#, described.text);
    body
}

fn constant_part(token: &ValidToken) -> String {
    let instant = |at: chrono::DateTime<_>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    format!(
        r#"{{"active":true,"token_id":"{}","token_type":"Bearer","issued_at":"{}","expires_at":"{}""#,
        token.id,
        instant(token.issued_at),
        instant(token.expires_at),
    )
}
