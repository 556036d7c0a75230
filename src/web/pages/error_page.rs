//! Errors of pages: what happened, whether something changed, what to do.
//!
//! A failure of the server is logged once under a reference that the answer shows; nothing else of
//! it leaves the server.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, LOCATION, RETRY_AFTER};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use askama::Template;
use serde_json::json;

use super::layout::{Shell, page};
use crate::service::Failure;

/// Why a page was not shown or a change was not made.
#[derive(Debug)]
pub(crate) enum PageError {
    /// Nobody is signed in (any more).
    SessionEnded {
        /// Where to come back to.
        next: String,
    },
    /// The request comes from another site.
    ForeignOrigin,
    /// The form does not carry the token of the session.
    ForeignForm,
    /// The request cannot be understood; the text says what is wrong with it.
    BadRequest(&'static str),
    /// The lifespan is none of those there are.
    InvalidLifespan,
    /// Too many tokens were generated in the last hour.
    RateLimited,
    /// There is no such page.
    NotFound,
    /// The page cannot be used in this way, only with these methods.
    MethodNotAllowed(&'static str),
    /// More was sent than a form of ours ever holds.
    TooLarge,
    /// The server failed.
    Failed(Failure),
    /// The session could not be loaded: the request was not carried out.
    SessionUnknown(String),
    /// The session could not be kept; whether the request was carried out is not known.
    SessionLost(String),
}

impl From<Failure> for PageError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(failure) => failure.fmt(f),
            Self::SessionUnknown(cause) => write!(f, "the session cannot be loaded: {cause}"),
            Self::SessionLost(cause) => write!(f, "the session cannot be kept: {cause}"),
            other => fmt::Debug::fmt(other, f),
        }
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::SessionEnded { .. } => StatusCode::SEE_OTHER,
            Self::ForeignOrigin | Self::ForeignForm => StatusCode::FORBIDDEN,
            Self::BadRequest(_) | Self::InvalidLifespan => StatusCode::BAD_REQUEST,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::SessionUnknown(_) | Self::SessionLost(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failed(failure) if failure.is_temporary() => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Only the status: the frame around all pages knows the product's name and fills it in.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

#[derive(Template)]
#[template(path = "error_page.html")]
struct ErrorPage<'a> {
    shell: Shell,
    title: &'a str,
    what: &'a str,
    changed: &'a str,
    remedy: &'a str,
    reference: Option<&'a str>,
}

/// What a person reads.
struct Text {
    code: &'static str,
    title: &'static str,
    what: &'static str,
    remedy: &'static str,
}

impl PageError {
    /// The error behind a status that actix-web itself has chosen.
    pub(super) const fn from_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            _ => Self::BadRequest("The browser sent a request that could not be understood."),
        }
    }

    const fn text(&self) -> Text {
        let (code, title) = self.name();
        let (what, remedy) = self.story();
        Text { code, title, what, remedy }
    }

    /// The code for scripts and the heading for people.
    const fn name(&self) -> (&'static str, &'static str) {
        match self {
            Self::SessionEnded { .. } => ("session_ended", "Your session has ended"),
            Self::ForeignOrigin => ("forbidden", "Request refused"),
            Self::ForeignForm => ("csrf", "Request refused"),
            Self::BadRequest(_) => ("bad_request", "Bad request"),
            Self::InvalidLifespan => ("invalid_lifespan", "Bad request"),
            Self::RateLimited => ("rate_limited", "Too many tokens in a short time"),
            Self::NotFound => ("not_found", "Page not found"),
            Self::MethodNotAllowed(_) => ("method_not_allowed", "Not possible here"),
            Self::TooLarge => ("too_large", "Too much was sent"),
            Self::Failed(failure) if !failure.is_temporary() => {
                ("internal", "Something went wrong")
            }
            Self::Failed(_) | Self::SessionUnknown(_) | Self::SessionLost(_) => {
                ("internal", "Not available at the moment")
            }
        }
    }

    /// What happened, and what to do.
    const fn story(&self) -> (&'static str, &'static str) {
        let back = "Go back, reload the page and try again.";
        match self {
            Self::SessionEnded { .. } => {
                ("You are not logged in any more.", "Log in again to continue.")
            }
            Self::ForeignOrigin => (
                "The request did not come from a page of this server.",
                "Open the page under the server\u{2019}s own address and try again. If this is that \
                 address, SCIMWARD_PUBLIC_URL does not name it.",
            ),
            Self::ForeignForm => ("The form belongs to another session.", back),
            Self::BadRequest(what) => (what, back),
            Self::InvalidLifespan => {
                ("The lifespan must be a whole number of months from 1 to 6.", back)
            }
            Self::RateLimited => (
                "No token was generated. Twenty tokens were generated in the last hour.",
                "Try again later.",
            ),
            Self::NotFound => (
                "There is no page at this address.",
                "Check the address, or start from Admin Settings.",
            ),
            Self::MethodNotAllowed(_) => {
                ("This address does not answer this kind of request.", "Start from Admin Settings.")
            }
            Self::TooLarge => (
                "The form holds more than this server accepts.",
                "Shorten what you entered and try again.",
            ),
            Self::Failed(failure) if !failure.is_temporary() => (
                "Something went wrong on the server.",
                "Try again. If it happens again, tell whoever runs this server.",
            ),
            Self::Failed(_) | Self::SessionUnknown(_) | Self::SessionLost(_) => (
                "The server cannot do this at the moment.",
                "Try again in a minute. If it happens again, tell whoever runs this server.",
            ),
        }
    }

    /// Whether it is certain that the request changed nothing.
    const fn nothing_changed(&self) -> bool {
        match self {
            Self::Failed(failure) => failure.nothing_changed(),
            Self::SessionLost(_) => false,
            _ => true,
        }
    }

    /// The answer as a page, or as JSON for the script of a page.
    pub(super) fn answer(&self, shell: Shell, reference: &str, wants_json: bool) -> HttpResponse {
        let is_ours =
            matches!(self, Self::Failed(_) | Self::SessionUnknown(_) | Self::SessionLost(_));
        if is_ours {
            tracing::error!(reference, error = %self, "a page failed");
        }
        let reference = is_ours.then_some(reference);
        if wants_json { self.json(reference) } else { self.html(shell, reference) }
    }

    fn json(&self, reference: Option<&str>) -> HttpResponse {
        let status = match self {
            Self::SessionEnded { .. } => StatusCode::UNAUTHORIZED,
            other => other.status_code(),
        };
        let text = self.text();
        let mut body = json!({ "error": text.code, "message": text.what });
        if let Some(body) = body.as_object_mut() {
            if self.nothing_changed() {
                body.insert("generated".to_owned(), false.into());
            }
            if let Some(reference) = reference {
                body.insert("reference".to_owned(), reference.into());
            }
        }
        self.start(status).json(body)
    }

    fn html(&self, shell: Shell, reference: Option<&str>) -> HttpResponse {
        if let Self::SessionEnded { next } = self {
            let next = super::login::encode(next);
            return HttpResponse::SeeOther()
                .insert_header((LOCATION, format!("/login?next={next}")))
                .finish();
        }
        let text = self.text();
        let changed = if self.nothing_changed() {
            "Nothing was changed."
        } else {
            "It is not certain whether the change was made: check before you try again."
        };
        let Text { title, what, remedy, .. } = text;
        let view = ErrorPage { shell, title, what, changed, remedy, reference };
        page(self.start(self.status_code()), &view)
    }

    fn start(&self, status: StatusCode) -> HttpResponseBuilder {
        let mut answer = HttpResponse::build(status);
        if let Self::MethodNotAllowed(methods) = self {
            answer.insert_header((ALLOW, *methods));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            answer.insert_header((RETRY_AFTER, "5"));
        }
        answer
    }
}
