//! Answers that the HTTP library makes by itself, to a head that it cannot read or that does not
//! arrive: they get the headers that every other answer has.

use actix_web::http::header::{CACHE_CONTROL, HeaderMap, HeaderValue};

use super::protection::protect;
use super::request_ids::{RequestIds, X_REQUEST_ID};

/// What such an answer begins with. It is a head alone, and has no id.
const BEGINNING: &[u8] = b"HTTP/1.1 4";
const LINE_END: &[u8] = b"\r\n";
const HEAD_END: &[u8] = b"\r\n\r\n";

/// What is sent instead of `bytes`, if they are such an answer. `ids` are those of the connection.
pub(super) fn completed(bytes: &[u8], ids: &RequestIds, is_https: bool) -> Option<Vec<u8>> {
    if !bytes.starts_with(BEGINNING) || !bytes.ends_with(HEAD_END) {
        return None;
    }
    let find = |text: &[u8]| bytes.windows(text.len()).position(|window| window == text);
    if find(X_REQUEST_ID.as_str().as_bytes()).is_some() {
        return None;
    }
    let (status, fields) = bytes.split_at_checked(find(LINE_END)? + LINE_END.len())?;
    ids.next();
    let mut headers = HeaderMap::new();
    headers.insert(X_REQUEST_ID, ids.header());
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    protect(&mut headers, is_https);
    let mut answer = status.to_vec();
    for (name, value) in &headers {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), LINE_END] {
            answer.extend_from_slice(part);
        }
    }
    answer.extend_from_slice(fields);
    Some(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_library_answers_is_completed_and_nothing_else() {
        let ids = RequestIds::new("label", 7);
        let answer = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        let completed = completed_text(answer, &ids).expect("an answer");
        let (status, rest) = completed.split_once("\r\n").expect("a line");
        assert_eq!(status, "HTTP/1.1 400 Bad Request");
        assert!(rest.ends_with("\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"), "{rest}");
        for header in ["x-request-id: label-7-1\r\n", "x-content-type-options: nosniff\r\n"] {
            assert!(rest.contains(header), "{rest}");
        }
        for other in [
            "",
            "\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\n\r\nbody",
            &completed,
        ] {
            assert_eq!(completed_text(other, &ids), None, "{other:?}");
        }
    }

    fn completed_text(bytes: &str, ids: &RequestIds) -> Option<String> {
        completed(bytes.as_bytes(), ids, true).and_then(|answer| String::from_utf8(answer).ok())
    }
}
