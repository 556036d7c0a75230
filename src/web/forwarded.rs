//! The address behind a request, which a proxy may have passed on.

use std::net::IpAddr;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::domain::network::{Networks, client_address};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address behind a request that `peer` has sent with these headers; `X-Forwarded-For` counts
/// from trusted proxies only.
pub(super) fn address(peer: IpAddr, headers: &HeaderMap, trusted_proxies: &Networks) -> IpAddr {
    if trusted_proxies.is_empty() {
        return peer;
    }
    let lines: Vec<&[u8]> = headers.get_all(X_FORWARDED_FOR).map(HeaderValue::as_bytes).collect();
    client_address(peer, lines.into_iter(), trusted_proxies)
}
