//! What every page says about itself to the browser.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, PERMISSIONS_POLICY,
    PRAGMA, REFERRER_POLICY,
};

const CROSS_ORIGIN_OPENER_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-opener-policy");

/// Nothing from elsewhere, nothing inline, no frames, and no way to turn text into markup.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    font-src 'self'; connect-src 'self'; form-action 'self'; object-src 'none'; base-uri 'none'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// Reading the clipboard is off; writing it is what `Copy` needs.
const PERMISSIONS: &str =
    "clipboard-read=(), clipboard-write=(self), camera=(), microphone=(), geolocation=()";

/// Adds the headers of a page; those that are set already stay.
pub(super) fn apply(headers: &mut HeaderMap) {
    let mut set = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    set(CONTENT_SECURITY_POLICY, POLICY);
    set(PERMISSIONS_POLICY, PERMISSIONS);
    set(CROSS_ORIGIN_OPENER_POLICY, "same-origin");
    set(REFERRER_POLICY, "no-referrer");
    set(CACHE_CONTROL, "no-store");
    set(PRAGMA, "no-cache");
}
