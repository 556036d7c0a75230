//! What every page says about itself to the browser.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, PERMISSIONS_POLICY,
    PRAGMA, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};

use super::Site;

const CROSS_ORIGIN_OPENER_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-opener-policy");

/// Nothing from elsewhere, nothing inline, no frames, and no way to turn text into markup.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// Reading the clipboard is off; writing it is what `Copy` needs.
const PERMISSIONS: &str =
    "clipboard-read=(), clipboard-write=(self), camera=(), microphone=(), geolocation=()";

/// Two years (RFC 6797).
const HSTS: &str = "max-age=63072000";

/// Adds the headers of a page; those that are set already stay.
pub(super) fn apply(headers: &mut HeaderMap, site: &Site) {
    let mut set = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    set(CONTENT_SECURITY_POLICY, POLICY);
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(PERMISSIONS_POLICY, PERMISSIONS);
    set(CROSS_ORIGIN_OPENER_POLICY, "same-origin");
    set(REFERRER_POLICY, "no-referrer");
    set(CACHE_CONTROL, "no-store");
    set(PRAGMA, "no-cache");
    if site.public_url.is_https() {
        set(STRICT_TRANSPORT_SECURITY, HSTS);
    }
}
