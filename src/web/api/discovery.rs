//! Documents that describe the service: public, but whoever presents a token wants it checked.
//!
//! Administrators and some clients use these as their credential test, so a wrong token must fail.

use std::rc::Rc;

use actix_web::http::Method;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpRequest, HttpResponse};

use super::answer::{Problem, SCIM_JSON};
use super::authenticate::{self, Surface};
use super::path::Document;
use super::query::{self, ACCESS_TOKEN};
use super::{Api, READ_ONLY};

/// Answers for a document, or for the item of it with this id.
pub(crate) async fn answer(
    machine: &Rc<Api>,
    request: &HttpRequest,
    document: Document,
    id: Option<&str>,
) -> HttpResponse {
    match *request.method() {
        Method::GET | Method::HEAD => {}
        Method::OPTIONS => return machine.answers.options(READ_ONLY),
        _ => return machine.answers.wrong_method(READ_ONLY),
    }
    if request.headers().contains_key(AUTHORIZATION) {
        if let Err(denial) = authenticate::authenticate(machine, request, Surface::Discovery).await
        {
            return machine.answers.denial(denial);
        }
    } else if let Some(text) = query::value(request.query_string(), ACCESS_TOKEN) {
        machine.look_for_leak(request, &text, machine.address(request));
    }
    if query::value(request.query_string(), "filter").is_some() {
        return machine.answers.problem(Problem::NoFilter);
    }
    match machine.documents.get(document, id) {
        Some(body) => machine.answers.ok(SCIM_JSON, body),
        None => machine.answers.problem(Problem::NotFound),
    }
}
