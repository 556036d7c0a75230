//! The access log: one line for each request, if the settings ask for it.
//!
//! No line holds a query, a header that could be a credential, or what looks like a token or the
//! code of a link in a path.

use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use actix_http::Request;
use actix_web::HttpMessage;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::http::StatusCode;
use actix_web::web::Bytes;

use super::connection::Connection;
use crate::domain::masking::{fit_for_log, path_fit_for_log};
use crate::domain::network::request_id::RequestId;
use crate::domain::network::source::address_text;
use crate::domain::network::{Networks, UNKNOWN};
use crate::web::forwarded;

/// A request that is written to the log when the last of its answer was sent, or its client is gone.
pub(super) struct Access {
    method: String,
    path: String,
    source: IpAddr,
    id: RequestId,
    began: Instant,
    /// None until there is an answer.
    status: Option<StatusCode>,
    bytes: u64,
}

impl Access {
    /// A request that begins on `connection`.
    pub(super) fn begin(request: &Request, connection: &Connection, proxies: &Networks) -> Self {
        let peer = request.peer_addr().map_or(UNKNOWN, |peer| peer.ip());
        Self {
            method: fit_for_log(request.method().as_str()),
            path: path_fit_for_log(request.uri().path()),
            source: forwarded::address(peer, request.headers(), proxies).to_canonical(),
            id: connection.ids.current(request.headers(), connection.is_of_proxy()),
            began: Instant::now(),
            status: None,
            bytes: 0,
        }
    }

    /// The body of the answer, which is counted until its end.
    pub(super) fn count(mut self, status: StatusCode, body: BoxBody) -> BoxBody {
        self.status = Some(status);
        BoxBody::new(Counted { body, access: self })
    }
}

impl Drop for Access {
    fn drop(&mut self) {
        tracing::info!(
            target: "scimward::access",
            method = self.method,
            path = self.path,
            status = self.status.map(|status| status.as_u16()),
            bytes = self.bytes,
            duration_us = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX),
            source = address_text(self.source),
            request.id = self.id.as_str(),
            "request"
        );
    }
}

struct Counted {
    body: BoxBody,
    access: Access,
}

impl MessageBody for Counted {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let next = ready!(Pin::new(&mut self.body).poll_next(context));
        if let Some(Ok(bytes)) = &next
            && self.access.method != "HEAD"
        {
            self.access.bytes += u64::try_from(bytes.len()).unwrap_or_default();
        }
        Poll::Ready(next)
    }
}
