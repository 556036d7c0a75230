//! `/forward-auth` and every path below it: a reverse proxy asks whether to let a request through.
//!
//! Every method is authenticated, OPTIONS too: some proxies keep the method of the original request,
//! and a free answer would let it pass. Success is exactly 200, because Envoy takes nothing else.

use std::rc::Rc;

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};

use super::answer::{error, new_answer, wrong_method};
use super::authenticate::{self, Endpoint};
use super::state::ApiState;
use crate::domain::calendar::rfc3339;
use crate::service::validation::ValidToken;

const TOKEN_ID: HeaderName = HeaderName::from_static("x-scim-token-id");
const TOKEN_EXPIRES: HeaderName = HeaderName::from_static("x-scim-token-expires");
const ALLOW: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/// Answers a reverse proxy.
pub(crate) async fn answer(api: &Rc<ApiState>, request: &HttpRequest) -> HttpResponse {
    if matches!(*request.method(), Method::TRACE | Method::CONNECT) {
        return wrong_method(ALLOW);
    }
    match authenticate::authenticate(api, request, Endpoint::ForwardAuth).await {
        Ok(token) => let_through(&token),
        Err(why) => error(why),
    }
}

/// Both headers are always there: some proxies pass a client's own copy on when one is missing.
fn let_through(token: &ValidToken) -> HttpResponse {
    let mut answer = new_answer(StatusCode::OK);
    let headers = answer.headers_mut();
    headers.insert(TOKEN_ID, value(token.id.as_str()));
    let expires = rfc3339(token.expires_at);
    headers.insert(TOKEN_EXPIRES, value(&expires));
    answer
}

/// Ids and instants are plain ASCII, so this never falls back.
fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("unknown"))
}
