//! SCIM resources: enough of RFC 7644 that an identity provider's connection test passes.
//!
//! scimward keeps no users or groups. With a valid token the collections are empty; changes are not
//! implemented, and the answer says so.

use std::rc::Rc;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse};

use super::answer::{self, READ_ONLY, SCIM_JSON, ScimError};
use super::authenticate::{self, Endpoint};
use super::path::ScimResource;
use super::state::ApiState;

/// An empty result; nothing of the request is repeated in it (RFC 7644 section 3.4.2).
const EMPTY: &str = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"startIndex":1,"itemsPerPage":0,"Resources":[]}"#;

/// The methods of SCIM (RFC 7644 section 3.2).
const METHODS: [Method; 6] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// Answers for a resource.
pub(crate) async fn answer(
    api: &Rc<ApiState>,
    request: &HttpRequest,
    resource: ScimResource,
) -> HttpResponse {
    let method = request.method();
    if method == Method::OPTIONS && resource != ScimResource::Unknown {
        return answer::options(READ_ONLY);
    }
    if matches!(*method, Method::TRACE | Method::CONNECT) {
        return answer::wrong_method(READ_ONLY);
    }
    if let Err(error) = authenticate::authenticate(api, request, Endpoint::Resource).await {
        return answer::error(error);
    }
    let exists = match resource {
        ScimResource::Collection | ScimResource::Item => api.site().connection_test,
        ScimResource::NotOffered => true,
        ScimResource::Unknown => false,
    };
    if !exists {
        return answer::error(ScimError::NotFound);
    }
    match (resource, method) {
        (ScimResource::Collection, &Method::GET | &Method::HEAD) => answer::ok(SCIM_JSON, EMPTY),
        (ScimResource::Item, &Method::GET | &Method::HEAD) => answer::error(ScimError::NotFound),
        (_, method) if METHODS.contains(method) => answer::error(ScimError::NotImplemented),
        _ => answer::wrong_method(READ_ONLY),
    }
}
