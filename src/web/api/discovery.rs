//! Documents that describe the service: public, but a token is checked if there is one.
//!
//! Some administrators and clients use them as a connection test, so a wrong token must fail.

use std::rc::Rc;

use actix_web::http::Method;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpRequest, HttpResponse};

use super::answer::{READ_ONLY, SCIM_JSON, ScimError};
use super::authenticate::{self, Endpoint};
use super::path::DiscoveryDocument;
use super::query::{self, ACCESS_TOKEN};
use super::state::ApiState;

/// Answers for a document, or for the item of it with this id.
pub(crate) async fn answer(
    api: &Rc<ApiState>,
    request: &HttpRequest,
    document: DiscoveryDocument,
    id: Option<&str>,
) -> HttpResponse {
    match *request.method() {
        Method::GET | Method::HEAD => {}
        Method::OPTIONS => return api.answers.options(READ_ONLY),
        _ => return api.answers.wrong_method(READ_ONLY),
    }
    if request.headers().contains_key(AUTHORIZATION) {
        if let Err(error) = authenticate::authenticate(api, request, Endpoint::Discovery).await {
            return api.answers.error(error);
        }
    } else if let Some(text) = query::value(request.query_string(), ACCESS_TOKEN) {
        api.look_for_leak(request, &text, api.address(request));
    }
    if query::value(request.query_string(), "filter").is_some() {
        return api.answers.error(ScimError::NoFilter);
    }
    match api.documents.get(document, id) {
        Some(body) => api.answers.ok(SCIM_JSON, body),
        None => api.answers.error(ScimError::NotFound),
    }
}
