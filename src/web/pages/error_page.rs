//! How an error is answered: as a page, or as JSON for the script of a page.
//!
//! A failure of the server is logged once under a reference that the answer shows; nothing else of
//! it leaves the server.

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, RETRY_AFTER};
use actix_web::{HttpResponse, HttpResponseBuilder};
use askama::Template;
use serde_json::json;

use super::layout::{Layout, page};
use super::paths::{go_to, login_and_return_to};
use crate::web::error::{Explanation, PageError};

#[derive(Template)]
#[template(path = "error_page.html")]
struct ErrorPage<'a> {
    layout: Layout,
    title: &'a str,
    what: &'a str,
    changed: &'a str,
    remedy: &'a str,
    reference: Option<&'a str>,
}

/// The answer to a request that failed with `error`.
pub(super) fn answer(
    error: &PageError,
    layout: Layout,
    reference: &str,
    wants_json: bool,
) -> HttpResponse {
    if error.is_ours() {
        tracing::error!(reference, %error, "a page failed");
    }
    let reference = error.is_ours().then_some(reference);
    if wants_json { as_json(error, reference) } else { as_page(error, layout, reference) }
}

fn as_json(error: &PageError, reference: Option<&str>) -> HttpResponse {
    let Explanation { status, code, what, .. } = error.explain();
    let status = match error {
        PageError::SessionEnded { .. } => StatusCode::UNAUTHORIZED,
        _ => status,
    };
    let mut body = json!({ "error": code, "message": what });
    if let Some(body) = body.as_object_mut() {
        if error.nothing_changed() {
            body.insert("generated".to_owned(), false.into());
        }
        if let Some(reference) = reference {
            body.insert("reference".to_owned(), reference.into());
        }
    }
    begin(error, status).json(body)
}

fn as_page(error: &PageError, layout: Layout, reference: Option<&str>) -> HttpResponse {
    if let PageError::SessionEnded { next } = error {
        return go_to(&login_and_return_to(next));
    }
    let Explanation { status, title, what, remedy, .. } = error.explain();
    let changed = if error.nothing_changed() {
        "Nothing was changed."
    } else {
        "It is not certain whether the change was made: check before you try again."
    };
    let view = ErrorPage { layout, title, what, changed, remedy, reference };
    page(begin(error, status), &view)
}

fn begin(error: &PageError, status: StatusCode) -> HttpResponseBuilder {
    let mut answer = HttpResponse::build(status);
    if let PageError::MethodNotAllowed(methods) = error {
        answer.insert_header((ALLOW, *methods));
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        answer.insert_header((RETRY_AFTER, "5"));
    }
    answer
}
