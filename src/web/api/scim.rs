//! SCIM resources: enough of RFC 7644 that an identity provider's connection test passes.
//!
//! scimward keeps no users or groups. With a valid token the collections are empty; whatever would
//! change them is not implemented, and says so.

use std::rc::Rc;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse};

use super::answer::{Problem, SCIM_JSON};
use super::authenticate::{self, Surface};
use super::path::Scim;
use super::{Api, READ_ONLY};

/// An empty result; nothing of the request is repeated in it (RFC 7644 section 3.4.2).
const EMPTY: &str = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"startIndex":1,"itemsPerPage":0,"Resources":[]}"#;

/// The methods of SCIM (RFC 7644 section 3.2).
const METHODS: [Method; 6] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// Answers for a resource.
pub(crate) async fn answer(
    machine: &Rc<Api>,
    request: &HttpRequest,
    resource: Scim,
) -> HttpResponse {
    let method = request.method();
    if method == Method::OPTIONS && resource != Scim::Unknown {
        return machine.answers.options(READ_ONLY);
    }
    if matches!(*method, Method::TRACE | Method::CONNECT) {
        return machine.answers.wrong_method(READ_ONLY);
    }
    if let Err(denial) = authenticate::authenticate(machine, request, Surface::Endpoint).await {
        return machine.answers.denial(denial);
    }
    let exists = match resource {
        Scim::Collection | Scim::Item => machine.site().connection_test,
        Scim::NotOffered => true,
        Scim::Unknown => false,
    };
    if !exists {
        return machine.answers.problem(Problem::NotFound);
    }
    match (resource, method) {
        (Scim::Collection, &Method::GET | &Method::HEAD) => machine.answers.ok(SCIM_JSON, EMPTY),
        (Scim::Item, &Method::GET | &Method::HEAD) => machine.answers.problem(Problem::NotFound),
        (_, method) if METHODS.contains(method) => machine.answers.problem(Problem::NotImplemented),
        _ => machine.answers.wrong_method(READ_ONLY),
    }
}
