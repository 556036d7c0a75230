//! Limits of a request's head.
//!
//! The server library refuses more than 96 fields or 128 KiB by itself; what it lets through is
//! measured here, before anything else is looked at.

use actix_web::HttpRequest;

/// The longest request head, in bytes.
const LONGEST_HEAD: usize = 16 * 1024;
/// The most header fields.
const MOST_FIELDS: usize = 100;
/// What surrounds a field, a method and a version on the wire.
const FIELD_EXTRA: usize = ": \r\n".len();
const LINE_EXTRA: usize = "  HTTP/1.1\r\n\r\n".len();

/// Whether the head is longer than what is read (RFC 6585 section 5).
pub(crate) fn is_too_large(request: &HttpRequest) -> bool {
    let target = request.uri().path().len() + request.query_string().len();
    let (mut size, mut fields) = (request.method().as_str().len() + target + LINE_EXTRA, 0);
    for (name, value) in request.headers() {
        size += name.as_str().len() + value.len() + FIELD_EXTRA;
        fields += 1;
    }
    size > LONGEST_HEAD || fields > MOST_FIELDS
}
