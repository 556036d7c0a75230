//! Requests that change something must come from our own pages.
//!
//! Two defences: what the browser says about the origin of a request, checked here for every
//! request that is not a read; and a token that is bound to the session, checked by
//! [`SignedInForm`](super::session::SignedInForm).

use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{HeaderName, ORIGIN};
use subtle::ConstantTimeEq;

use super::Site;
use super::pages::paths;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether a request may change something as far as its origin goes.
///
/// Browsers say where a request comes from in `Sec-Fetch-Site`, but only to hosts they trust
/// (HTTPS or loopback); elsewhere `Origin` must be ours. Programs that are no browsers send
/// neither, and hold no cookie that somebody else could make them send.
pub(super) fn origin_is_ours(request: &ServiceRequest, site: &Site) -> bool {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return true;
    }
    let header = |name: HeaderName| request.headers().get(name).map(|v| v.to_str().unwrap_or(""));
    match (header(SEC_FETCH_SITE), header(ORIGIN)) {
        (Some(site), _) => site == "same-origin",
        // Our pages send no referrer, and then a browser hides the origin of a form as well. The
        // forms of the login have no token, so their pages let the browser name the origin.
        (None, Some("null")) => !paths::has_no_token(request.path()),
        (None, Some(origin)) => origin.eq_ignore_ascii_case(site.public_url.as_str()),
        (None, None) => true,
    }
}

/// Whether a form carries the token of the session, compared in constant time.
pub(super) fn token_matches(presented: &str, expected: &str) -> bool {
    !expected.is_empty() && presented.as_bytes().ct_eq(expected.as_bytes()).into()
}
