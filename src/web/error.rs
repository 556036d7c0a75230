//! What can go wrong with a page, and what people read about it.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};

use crate::service::Failure;

/// Why a page was not shown or a change was not made.
#[derive(Debug)]
pub(crate) enum PageError {
    /// Nobody is signed in (any more).
    SessionEnded,
    /// The person behind the session must prove again who they are; `pages::proof` answers it.
    ProofRequired,
    /// A passkey is required, and they have none.
    PasskeyMissing,
    /// The request comes from another site.
    ForeignOrigin,
    /// The form does not carry the CSRF token of the session.
    ForeignForm,
    /// The request cannot be understood; the text says what is wrong with it.
    BadRequest(&'static str),
    /// The lifespan is not one of those on offer.
    InvalidLifespan,
    /// Too many tokens were generated in the last hour.
    RateLimited,
    /// There is no such page.
    NotFound,
    /// The path answers only these methods.
    MethodNotAllowed(&'static str),
    /// The request is larger than any of our forms.
    TooLarge,
    /// The form did not arrive in time.
    TooSlow,
    /// The server has started, and its database is not ready.
    Starting,
    /// The server failed.
    Failed(Failure),
    /// The session could not be loaded: the request was not carried out.
    SessionNotLoaded(String),
    /// The session could not be stored; whether the request was carried out is not known.
    SessionNotStored(String),
}

/// How an error is answered.
pub(super) struct Explanation {
    pub(super) status: StatusCode,
    /// For scripts.
    pub(super) code: &'static str,
    pub(super) title: &'static str,
    /// What happened.
    pub(super) what: &'static str,
    pub(super) remedy: &'static str,
}

/// What to do about a form that no longer fits.
const GO_BACK: &str = "Go back, reload the page and try again.";

impl PageError {
    /// The error behind a status that actix-web itself has chosen.
    pub(super) const fn from_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            _ => Self::BadRequest("The browser sent a request that could not be understood."),
        }
    }

    /// How the error is answered.
    #[expect(clippy::too_many_lines, reason = "one table")]
    pub(super) const fn explain(&self) -> Explanation {
        match self {
            Self::SessionEnded => Explanation {
                status: StatusCode::SEE_OTHER,
                code: "session_ended",
                title: "Your session has ended",
                what: "You are not logged in any more.",
                remedy: "Log in again to continue.",
            },
            Self::ProofRequired => Explanation {
                status: StatusCode::FORBIDDEN,
                code: "proof_required",
                title: "Confirm that it is you",
                what: "This change asks you to confirm that it is you.",
                remedy: GO_BACK,
            },
            Self::PasskeyMissing => Explanation {
                status: StatusCode::FORBIDDEN,
                code: "passkey_required",
                title: "A passkey is required",
                what: "Every Server Admin needs a passkey, and you have none.",
                remedy: "Add one first.",
            },
            Self::ForeignOrigin => Explanation {
                status: StatusCode::FORBIDDEN,
                code: "forbidden",
                title: "Request refused",
                what: "The request did not come from a page of this server.",
                remedy: "Open the page under the server\u{2019}s own address and try again. If this is that \
                 address, SCIMWARD_PUBLIC_URL does not name it.",
            },
            Self::ForeignForm => Explanation {
                status: StatusCode::FORBIDDEN,
                code: "csrf",
                title: "Request refused",
                what: "The form belongs to another session.",
                remedy: GO_BACK,
            },
            Self::BadRequest(what) => Explanation {
                status: StatusCode::BAD_REQUEST,
                code: "bad_request",
                title: "Bad request",
                what,
                remedy: GO_BACK,
            },
            Self::InvalidLifespan => Explanation {
                status: StatusCode::BAD_REQUEST,
                code: "invalid_lifespan",
                title: "Bad request",
                what: "The lifespan must be a whole number of months from 1 to 6.",
                remedy: GO_BACK,
            },
            Self::RateLimited => Explanation {
                status: StatusCode::TOO_MANY_REQUESTS,
                code: "rate_limited",
                title: "Too many tokens in a short time",
                what: "No token was generated. Twenty tokens were generated in the last hour.",
                remedy: "Try again later.",
            },
            Self::NotFound => Explanation {
                status: StatusCode::NOT_FOUND,
                code: "not_found",
                title: "Page not found",
                what: "There is no page at this address.",
                remedy: "Check the address, or start from Admin Settings.",
            },
            Self::MethodNotAllowed(_) => Explanation {
                status: StatusCode::METHOD_NOT_ALLOWED,
                code: "method_not_allowed",
                title: "Not possible here",
                what: "This address does not answer this kind of request.",
                remedy: "Start from Admin Settings.",
            },
            Self::TooLarge => Explanation {
                status: StatusCode::PAYLOAD_TOO_LARGE,
                code: "too_large",
                title: "Too much was sent",
                what: "The form holds more than this server accepts.",
                remedy: "Shorten what you entered and try again.",
            },
            Self::TooSlow => Explanation {
                status: StatusCode::REQUEST_TIMEOUT,
                code: "too_slow",
                title: "The connection is too slow",
                what: "The form did not arrive in time.",
                remedy: GO_BACK,
            },
            Self::Starting => Explanation {
                status: StatusCode::SERVICE_UNAVAILABLE,
                code: "starting",
                title: "Not available at the moment",
                what: "The server has been started and is waiting for its database.",
                remedy: "Try again in a minute. If it happens again, tell the people who run this server.",
            },
            Self::Failed(failure) if !failure.is_temporary() => Explanation {
                status: StatusCode::INTERNAL_SERVER_ERROR,
                code: "internal",
                title: "Something went wrong",
                what: "Something went wrong on the server.",
                remedy: "Try again. If it happens again, tell the people who run this server.",
            },
            Self::Failed(_) | Self::SessionNotLoaded(_) | Self::SessionNotStored(_) => {
                Explanation {
                    status: StatusCode::SERVICE_UNAVAILABLE,
                    code: "internal",
                    title: "Not available at the moment",
                    what: "The server cannot do this at the moment.",
                    remedy: "Try again in a minute. If it happens again, tell the people who run \
                             this server.",
                }
            }
        }
    }

    /// Whether the server is at fault: then the cause is logged.
    pub(super) const fn is_ours(&self) -> bool {
        matches!(self, Self::Failed(_) | Self::SessionNotLoaded(_) | Self::SessionNotStored(_))
    }

    /// Whether it is certain that the request changed nothing.
    pub(super) const fn nothing_changed(&self) -> bool {
        match self {
            Self::Failed(failure) => failure.nothing_changed(),
            Self::SessionNotStored(_) => false,
            _ => true,
        }
    }
}

impl From<Failure> for PageError {
    fn from(failure: Failure) -> Self {
        match failure {
            // No page is asked with an API key.
            Failure::SessionEnded | Failure::KeyEnded => Self::SessionEnded,
            Failure::ProofRequired => Self::ProofRequired,
            failure => Self::Failed(failure),
        }
    }
}

/// For the log.
impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(failure) => failure.fmt(f),
            Self::SessionNotLoaded(cause) => write!(f, "the session cannot be loaded: {cause}"),
            Self::SessionNotStored(cause) => write!(f, "the session cannot be kept: {cause}"),
            other => fmt::Debug::fmt(other, f),
        }
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        self.explain().status
    }

    /// Only the status: `pages::middleware` fills in the page, because only it knows the product.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}
