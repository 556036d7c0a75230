//! Answers to machines: fixed texts and the headers that all of them carry, but for those that every
//! answer of this server has (`connections`).
//!
//! No part of a request appears in an answer. A token that is not accepted gets the same bytes for
//! every reason, so that no client learns which tokens exist.

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::web::Bytes;

/// The media type of SCIM (RFC 7644 section 8.1); JSON has no charset parameter.
pub(crate) const SCIM_JSON: HeaderValue = HeaderValue::from_static("application/scim+json");
/// The media type of everything else.
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// The methods of what can only be read, for the `Allow` header.
pub(crate) const READ_ONLY: &str = "GET, HEAD, OPTIONS";

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Seconds until a client may ask again after the server failed.
const RETRY_SECONDS: HeaderValue = HeaderValue::from_static("30");

macro_rules! scim_errors {
    ($($(#[$doc:meta])* $name:ident $(($payload:ty))? = $status:literal, $detail:literal $(, $challenge:literal)?;)*) => {
        /// Why a request does not get what it asked for (RFC 7644 section 3.12).
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum ScimError { $($(#[$doc])* $name $(($payload))?,)* }

        impl ScimError {
            /// Status, body and challenge (RFC 6750 section 3).
            const fn parts(self) -> (u16, &'static str, Option<&'static str>) {
                match self {
                    $(Self::$name { .. } => {
                        let body = concat!(
                            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":""#,
                            $status, r#"","detail":""#, $detail, r#""}"#
                        );
                        let challenge = [$($challenge)?];
                        ($status, body, first(&challenge))
                    })*
                }
            }
        }
    };
}

const fn first(challenge: &[&'static str]) -> Option<&'static str> {
    challenge.first().copied()
}

scim_errors! {
    /// No token, or a scheme that is not supported: no error code (RFC 6750 section 3.1).
    NoToken = 401,
        "Authentication is required. Send the SCIM token as 'Authorization: Bearer <token>'.",
        r#"Bearer realm="scim""#;
    /// A token that is not accepted, whatever the reason.
    InvalidToken = 401,
        "The SCIM token is malformed, unknown, revoked or expired. Generate a new token and update it in the identity provider.",
        r#"Bearer realm="scim", error="invalid_token", error_description="The access token is malformed, unknown, revoked or expired""#;
    /// More than one token.
    ManyTokens = 400,
        "Send exactly one access token, in one Authorization header.",
        r#"Bearer realm="scim", error="invalid_request", error_description="Send exactly one access token, in one Authorization header""#;
    /// A valid token from a network that is not allowed.
    WrongNetwork = 403,
        "The SCIM token is valid, but it is not accepted from this network.";
    /// A filter on a document that cannot be filtered (RFC 7644 section 4).
    NoFilter = 403, "Discovery documents cannot be filtered.";
    /// Nothing is here.
    NotFound = 404, "There is no such resource.";
    /// The method is not for this resource.
    WrongMethod = 405, "The method is not allowed here. The Allow header lists those that are.";
    /// The body is too long.
    BodyTooLarge = 413, "The request body is too large.";
    /// The body is not a form.
    WrongMediaType = 415, "Send the parameters as application/x-www-form-urlencoded.";
    /// The head is too long.
    HeadTooLarge = 431, "The request head is too large: at most 16 KiB and 100 fields are read.";
    /// Too many refusals; the seconds to wait (RFC 6585 section 4).
    Throttled(u32) = 429, "Too many requests from this address were refused. Correct the token, then try again later.";
    /// Users and groups are not kept here.
    NotImplemented = 501, "This service manages the SCIM token. It does not store users or groups.";
    /// No decision can be made.
    Unavailable = 503, "The SCIM token cannot be checked at the moment. Try again later.";
}

/// An answer with the common headers.
pub(crate) fn new_answer(status: StatusCode) -> HttpResponse {
    let mut answer = HttpResponse::new(status);
    answer.headers_mut().insert(CACHE_CONTROL, NO_STORE);
    answer
}

/// 200 with a body.
pub(crate) fn ok(media_type: HeaderValue, body: impl Into<Bytes>) -> HttpResponse {
    let mut answer = new_answer(StatusCode::OK);
    answer.headers_mut().insert(CONTENT_TYPE, media_type);
    answer.set_body(BoxBody::new(body.into()))
}

/// The answer to OPTIONS: without authentication, and nothing about other origins.
pub(crate) fn options(allow: &'static str) -> HttpResponse {
    let mut answer = new_answer(StatusCode::NO_CONTENT);
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
    answer
}

/// A SCIM error.
pub(crate) fn error(error: ScimError) -> HttpResponse {
    let (status, body, challenge) = error.parts();
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = new_answer(status);
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, SCIM_JSON);
    if let Some(challenge) = challenge {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    match error {
        ScimError::Unavailable => {
            headers.insert(RETRY_AFTER, RETRY_SECONDS);
        }
        ScimError::Throttled(seconds) => {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        // What follows on the connection is not trusted (RFC 6585 section 5).
        ScimError::HeadTooLarge => answer.head_mut().set_connection_type(ConnectionType::Close),
        _ => {}
    }
    answer.set_body(BoxBody::new(Bytes::from_static(body.as_bytes())))
}

/// 405 with the methods that are allowed (RFC 9110 section 15.5.6).
pub(crate) fn wrong_method(allow: &'static str) -> HttpResponse {
    let mut answer = error(ScimError::WrongMethod);
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_answer_may_be_cached() {
        for answer in [error(ScimError::NoToken), options(READ_ONLY), ok(JSON, "{}")] {
            assert_eq!(answer.headers().get(CACHE_CONTROL), Some(&NO_STORE));
        }
    }
}
