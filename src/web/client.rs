//! Who sent a request.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderName, HeaderValue, USER_AGENT};

use crate::domain::network::source::Source;
use crate::domain::network::{Networks, UNKNOWN, client_address};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address and user agent behind a request.
pub fn source(request: &HttpRequest, trusted_proxies: &Networks) -> Source {
    Source::new(address(request, trusted_proxies), agent(request))
}

/// The address behind a request; `X-Forwarded-For` counts from trusted proxies only.
pub(super) fn address(request: &HttpRequest, trusted_proxies: &Networks) -> IpAddr {
    let peer = request.peer_addr().map_or(UNKNOWN, |peer| peer.ip());
    if trusted_proxies.is_empty() {
        return peer;
    }
    let lines: Vec<&[u8]> =
        request.headers().get_all(X_FORWARDED_FOR).map(HeaderValue::as_bytes).collect();
    client_address(peer, lines.into_iter(), trusted_proxies)
}

/// The client's own name for itself, as sent.
pub(super) fn agent(request: &HttpRequest) -> Option<&str> {
    request.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok())
}
