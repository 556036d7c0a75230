//! How an error is answered: as a page, or as JSON for the script of a page.
//!
//! Every answer shows the request's id as a reference, and nothing else of a failure.

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, ALLOW, HeaderMap, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use askama::Template;
use serde_json::json;

use super::layout::{Layout, page};
use super::paths::{ENROL, HOME, LOGOUT, SERVER_ADMINS, go_to, login_after, parse_id};
use crate::web::connections;
use crate::web::error::{Explanation, PageError};

#[derive(Template)]
#[template(path = "error_page.html")]
struct ErrorPage<'a> {
    layout: Layout,
    error: ErrorText<'a>,
}

/// The same inside Admin Settings.
#[derive(Template)]
#[template(path = "settings_error_page.html")]
struct SettingsErrorPage<'a> {
    layout: Layout,
    error: ErrorText<'a>,
}

struct ErrorText<'a> {
    title: &'a str,
    what: &'a str,
    changed: &'a str,
    remedy: &'a str,
    reference: &'a str,
}

/// What of a request decides how its errors are answered.
pub(super) struct Asked {
    wants_json: bool,
    is_form: bool,
    /// Where to come back to after a login: the page itself, or the page that a form belongs to.
    page: String,
    /// The request's id: what the log calls the request, too.
    pub(super) reference: String,
}

impl Asked {
    /// What `request` asks for.
    pub(super) fn by(request: &HttpRequest) -> Self {
        let is_form = !request.method().is_safe();
        let page = match request.path() {
            LOGOUT => HOME.to_owned(),
            path if is_form => page_of_form(path),
            path => request.uri().path_and_query().map_or(path, |path| path.as_str()).to_owned(),
        };
        let reference = connections::request_id(request).map(|id| id.to_string());
        let reference = reference.unwrap_or_default();
        Self { wants_json: wants_json(request.headers()), is_form, page, reference }
    }
}

/// The page on which a form stands that is sent to `path`.
fn page_of_form(path: &str) -> String {
    let person = path.strip_prefix(SERVER_ADMINS).and_then(|rest| rest.strip_prefix('/'));
    match person {
        Some(id) if parse_id(id).is_ok() => path.to_owned(),
        _ => path.splitn(4, '/').take(3).collect::<Vec<_>>().join("/"),
    }
}

/// Whether the script of a page asks rather than the browser itself.
pub(super) fn wants_json(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.starts_with("application/json"))
}

/// The answer to a request that failed with `error`.
pub(super) fn answer(error: &PageError, layout: Layout, asked: &Asked) -> HttpResponse {
    let reference = &asked.reference;
    match error {
        _ if asked.wants_json => as_json(error, reference),
        PageError::SessionEnded => go_to(&login_after(&asked.page, asked.is_form)),
        PageError::PasskeyMissing => go_to(ENROL),
        _ => as_page(error, layout, reference),
    }
}

fn as_json(error: &PageError, reference: &str) -> HttpResponse {
    let Explanation { status, code, what, .. } = error.explain();
    let status = match error {
        PageError::SessionEnded => StatusCode::UNAUTHORIZED,
        _ => status,
    };
    let mut body = json!({ "error": code, "message": what, "reference": reference });
    if error.nothing_changed()
        && let Some(body) = body.as_object_mut()
    {
        body.insert("generated".to_owned(), false.into());
    }
    begin(error, status).json(body)
}

fn as_page(error: &PageError, layout: Layout, reference: &str) -> HttpResponse {
    let Explanation { status, title, what, remedy, .. } = error.explain();
    let changed = if error.nothing_changed() {
        "Nothing was changed."
    } else {
        "It is not certain whether the change was made: check before you try again."
    };
    let (answer, is_plain) = (begin(error, status), layout.nav.is_empty());
    let error = ErrorText { title, what, changed, remedy, reference };
    if is_plain {
        page(answer, &ErrorPage { layout, error })
    } else {
        page(answer, &SettingsErrorPage { layout, error })
    }
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
