//! The id of each request, in its answer and wherever else it is named.
//!
//! A trusted proxy may have named a request already. All others get an id that costs little: what
//! the listener's ids begin with, the connection's number, and the request's number within it.

use std::io::Write;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::domain::network::request_id::{self, RequestId};

pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// More than a label and two numbers take.
const ROOM: usize = 64;

/// The ids of a connection's requests.
pub(super) struct RequestIds {
    prefix: Box<str>,
    count: AtomicU64,
}

impl RequestIds {
    /// For a connection whose number no other of this label has.
    pub(super) fn new(label: &str, connection: u64) -> Self {
        Self { prefix: format!("{label}-{connection:x}-").into(), count: AtomicU64::new(0) }
    }

    /// A request begins. Its connection is served by one thread, which alone counts.
    pub(super) fn next(&self) {
        self.count.store(self.count.load(Relaxed).wrapping_add(1), Relaxed);
    }

    /// The header of the answer to a request without an id of its own.
    pub(super) fn header(&self) -> HeaderValue {
        self.with_text(|text| HeaderValue::from_bytes(text.as_bytes()))
            .unwrap_or(HeaderValue::from_static("none"))
    }

    /// The id of the request that is being answered; `headers` are its own.
    pub(super) fn current(&self, headers: &HeaderMap, by_proxy: bool) -> RequestId {
        match given(headers, by_proxy) {
            Some(text) => RequestId::own(text),
            None => self.with_text(RequestId::own),
        }
    }

    fn with_text<T>(&self, use_it: impl FnOnce(&str) -> T) -> T {
        let mut room = [0; ROOM];
        let mut rest = room.as_mut_slice();
        // What does not fit would be cut off.
        let _ = write!(rest, "{}{:x}", self.prefix, self.count.load(Relaxed));
        let length = ROOM - rest.len();
        let text = room.get(..length).and_then(|text| std::str::from_utf8(text).ok());
        use_it(text.unwrap_or_default())
    }
}

/// The id that a trusted proxy has given a request; what others call it does not count.
pub(super) fn given(headers: &HeaderMap, by_proxy: bool) -> Option<&str> {
    if !by_proxy {
        return None;
    }
    let mut values = headers.get_all(X_REQUEST_ID);
    match (values.next(), values.next()) {
        (Some(value), None) => request_id::given(value.as_bytes()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_has_an_id_of_its_own() {
        let ids = [RequestIds::new("W8pG2wXcQ1", 0), RequestIds::new("W8pG2wXcQ1", u64::MAX)];
        let mut seen = Vec::new();
        for ids in &ids {
            for _ in 0..20 {
                ids.next();
                let id = ids.current(&HeaderMap::new(), true);
                assert_eq!(ids.header(), id.as_str());
                seen.push(id.to_string());
            }
            ids.count.store(u64::MAX, Relaxed);
            assert!(ids.current(&HeaderMap::new(), false).as_str().ends_with("-ffffffffffffffff"));
        }
        assert_eq!(seen.first().map(String::as_str), Some("W8pG2wXcQ1-0-1"));
        let all = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), all);
    }
}
