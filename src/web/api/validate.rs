//! `GET /v1/token/validate`: whether the presented token is valid, for applications.

use std::fmt::Write;
use std::rc::Rc;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse};

use super::answer::{self, JSON, READ_ONLY};
use super::authenticate::{self, Endpoint};
use super::state::ApiState;
use crate::domain::calendar::rfc3339;
use crate::service::validation::ValidToken;

/// Answers the validation endpoint.
pub(crate) async fn answer(api: &Rc<ApiState>, request: &HttpRequest) -> HttpResponse {
    match *request.method() {
        Method::GET | Method::HEAD => {}
        Method::OPTIONS => return answer::options(READ_ONLY),
        _ => return answer::wrong_method(READ_ONLY),
    }
    match authenticate::authenticate(api, request, Endpoint::Resource).await {
        Ok(token) => answer::ok(JSON, describe(api, &token)),
        Err(error) => answer::error(error),
    }
}

/// Instants as RFC 3339 in UTC, the rest of the life in seconds.
fn describe(api: &ApiState, token: &ValidToken) -> String {
    let mut described = api.described.borrow_mut();
    let (_, constant) = match &mut *described {
        Some(last) if last.0 == token.id => last,
        other => other.insert((token.id.clone(), constant_part(token))),
    };
    let mut body = String::with_capacity(constant.len() + 40);
    // Writing to a text cannot fail.
    let rest = (token.expires_at - token.now).num_seconds();
    let _ = write!(body, r#"{constant},"expires_in":{rest},"scope":"scim"}}"#);
    body
}

fn constant_part(token: &ValidToken) -> String {
    format!(
        r#"{{"active":true,"token_id":"{}","token_type":"Bearer","issued_at":"{}","expires_at":"{}""#,
        token.id,
        rfc3339(token.issued_at),
        rfc3339(token.expires_at),
    )
}
