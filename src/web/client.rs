//! Who sent a request.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header::USER_AGENT;

use super::{connections, forwarded};
use crate::domain::network::source::Source;
use crate::domain::network::{Networks, UNKNOWN};

/// What is behind a request from `address`: the user agent, and what the request is called.
pub(super) fn source(request: &HttpRequest, address: IpAddr) -> Source {
    Source::new(address, agent(request)).with_request(connections::request_id(request))
}

/// The address behind a request; `X-Forwarded-For` counts from trusted proxies only.
pub(super) fn address(request: &HttpRequest, trusted_proxies: &Networks) -> IpAddr {
    let peer = request.peer_addr().map_or(UNKNOWN, |peer| peer.ip());
    forwarded::address(peer, request.headers(), trusted_proxies)
}

/// The client's own name for itself, as sent.
pub(super) fn agent(request: &HttpRequest) -> Option<&str> {
    request.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok())
}
