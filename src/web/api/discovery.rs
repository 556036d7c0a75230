//! Documents that describe the service: public, but a token is checked if there is one.
//!
//! Some administrators and clients use them as a connection test, so a wrong token must fail.

use std::rc::Rc;

use actix_web::http::Method;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpRequest, HttpResponse};

use super::answer::{self, READ_ONLY, SCIM_JSON, ScimError};
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
        Method::OPTIONS => return answer::options(READ_ONLY),
        _ => return answer::wrong_method(READ_ONLY),
    }
    if request.headers().contains_key(AUTHORIZATION) {
        if let Err(error) = authenticate::authenticate(api, request, Endpoint::Discovery).await {
            return answer::error(error);
        }
    } else if let Some(text) = query::value(request.query_string(), ACCESS_TOKEN) {
        api.look_for_leak(request, &text, api.address(request));
    }
    if query::value(request.query_string(), "filter").is_some() {
        return answer::error(ScimError::NoFilter);
    }
    match api.documents.get(document, id) {
        Some(body) => answer::ok(SCIM_JSON, body),
        None => answer::error(ScimError::NotFound),
    }
}
