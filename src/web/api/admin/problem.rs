//! Errors of the interface for API keys, in the form of all errors for machines (RFC 7644 section
//! 3.12).

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::web::Bytes;
use serde_json::{Value, json};

use crate::domain::token::secret::TokenId;
use crate::service::Failure;
use crate::web::api::answer::{SCIM_JSON, new_answer};

/// The methods of the token, for the `Allow` header.
pub(super) const METHODS: &str = "GET, HEAD, POST, DELETE, OPTIONS";

const NO_KEY: &str = r#"Bearer realm="admin""#;
const INVALID_KEY: &str = r#"Bearer realm="admin", error="invalid_token", error_description="The API key is malformed, unknown, revoked or expired""#;
const MANY_KEYS: &str = r#"Bearer realm="admin", error="invalid_request", error_description="Send exactly one API key, in one Authorization header""#;
const NO_SCOPE: &str = r#"Bearer realm="admin", error="insufficient_scope", error_description="The API key may only read the status", scope="replace""#;

/// Seconds until a client may ask again after the server failed.
const RETRY_SECONDS: u32 = 30;
/// The same after as many tokens as may be generated in an hour.
const AN_HOUR: u32 = 60 * 60;

/// Why a request does not get what it asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Problem {
    /// No API key, or a scheme that is not supported.
    NoKey,
    /// An API key that is not accepted, whatever the reason.
    InvalidKey,
    /// More than one API key.
    ManyKeys,
    /// The API key may not do this.
    MissingScope,
    /// What is asked for cannot be understood.
    Malformed(Cow<'static, str>),
    /// There is no token.
    NoToken,
    /// The method is not for the token.
    WrongMethod,
    /// This `Idempotency-Key` has generated a token before.
    Repeated(TokenId),
    /// The current token is to be kept, and sync does not go on with it.
    NothingToKeep,
    /// The body is too long.
    TooLarge,
    /// The body is not JSON.
    WrongMediaType,
    /// Too many refusals; the seconds to wait.
    Throttled(u32),
    /// As many tokens were generated as may be in an hour.
    HourlyLimit,
    /// It cannot be done at the moment; nothing has changed.
    Unavailable,
    /// The connection to the database broke while the change was stored.
    OutcomeUnknown,
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        if matches!(failure, Failure::KeyEnded) {
            return Self::InvalidKey;
        }
        tracing::error!(error = %failure, "a request with an API key failed");
        if failure.nothing_changed() { Self::Unavailable } else { Self::OutcomeUnknown }
    }
}

impl Problem {
    const fn status(&self) -> StatusCode {
        match self {
            Self::NoKey | Self::InvalidKey => StatusCode::UNAUTHORIZED,
            Self::ManyKeys | Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::MissingScope => StatusCode::FORBIDDEN,
            Self::NoToken => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::Repeated(_) | Self::NothingToKeep => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::WrongMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Throttled(_) | Self::HourlyLimit => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable | Self::OutcomeUnknown => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn detail(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::NoKey => {
                "Authentication is required. Send an API key as 'Authorization: Bearer <key>'."
            }
            Self::InvalidKey => {
                "The API key is malformed, unknown, revoked or expired, or was made by a Server Admin \
                 who is deactivated. Create one on the page API keys."
            }
            Self::ManyKeys => "Send exactly one API key, in one Authorization header.",
            Self::MissingScope => {
                "The API key may only read the status. Create one that may replace the token."
            }
            Self::Malformed(why) => return why.clone(),
            Self::NoToken => "There is no token to revoke.",
            Self::WrongMethod => {
                "The method is not allowed here. The Allow header lists those that are."
            }
            Self::Repeated(id) => {
                return Cow::Owned(format!(
                    "This Idempotency-Key has generated token {id} before. A token is shown only once: \
                     if it is lost, generate another one with a new Idempotency-Key."
                ));
            }
            Self::NothingToKeep => {
                "No token was generated: there is no live token that has been used, so there is \
                 nothing to keep. Send keep_current as false."
            }
            Self::TooLarge => "The request body is too large.",
            Self::WrongMediaType => "Send the body as application/json.",
            Self::Throttled(_) => {
                "Too many requests from this address were refused. Correct the API key, then try again \
                 later."
            }
            Self::HourlyLimit => {
                "This API key has generated as many tokens as it may in an hour. Try again later."
            }
            Self::Unavailable => {
                "The request cannot be carried out at the moment, and nothing has changed. Try again \
                 later."
            }
            Self::OutcomeUnknown => {
                "It is not known whether the token was changed. Repeat the request with the same \
                 Idempotency-Key: it generates no second token."
            }
        })
    }

    const fn challenge(&self) -> Option<&'static str> {
        match self {
            Self::NoKey => Some(NO_KEY),
            Self::InvalidKey => Some(INVALID_KEY),
            Self::ManyKeys => Some(MANY_KEYS),
            Self::MissingScope => Some(NO_SCOPE),
            _ => None,
        }
    }

    const fn retry_after(&self) -> Option<u32> {
        match self {
            Self::Throttled(seconds) => Some(*seconds),
            Self::HourlyLimit => Some(AN_HOUR),
            Self::Unavailable | Self::OutcomeUnknown => Some(RETRY_SECONDS),
            _ => None,
        }
    }

    /// The answer.
    pub(super) fn answer(&self) -> HttpResponse {
        let status = self.status();
        let mut body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": status.as_str(),
            "detail": self.detail(),
        });
        if let (Self::Repeated(id), Some(body)) = (self, body.as_object_mut()) {
            body.insert("token_id".to_owned(), Value::from(id.as_str()));
        }
        let mut answer = new_answer(status);
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, SCIM_JSON);
        if let Some(challenge) = self.challenge() {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some(seconds) = self.retry_after() {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if *self == Self::WrongMethod {
            headers.insert(ALLOW, HeaderValue::from_static(METHODS));
        }
        answer.set_body(BoxBody::new(Bytes::from(body.to_string())))
    }
}
