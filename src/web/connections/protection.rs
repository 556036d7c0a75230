//! What every answer tells browsers, whether a page, an endpoint or the HTTP library made it.

use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName =
    HeaderName::from_static("cross-origin-resource-policy");
/// A browser takes an answer for nothing else than it says it is.
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
/// No page of another origin embeds an answer. Clients that are no browsers do not look at it.
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");
/// What is no page loads, runs and embeds nothing, if a browser shows it after all. Pages have a
/// policy of their own.
const NOTHING: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox",
);
/// Two years, for the host of the public URL and all below it (RFC 6797).
const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");

/// Adds the headers. `is_https` says that people and clients reach scimward over TLS.
pub(super) fn protect(headers: &mut HeaderMap, is_https: bool) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, SAME_ORIGIN);
    if !headers.contains_key(CONTENT_SECURITY_POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, NOTHING);
    }
    if is_https {
        headers.insert(STRICT_TRANSPORT_SECURITY, HSTS);
    }
}
