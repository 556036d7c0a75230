//! Any bytes as an `Authorization` header and as a path.

use super::authorization_header::{Credentials, presented};
use super::{introspect, owns, path};
use crate::domain::token::secret::PresentedToken;

/// The first byte says what else is so; the others are lines of `Authorization`.
///
/// # Panics
/// If a token is found that is not there, or one that is there is not found.
pub fn header(data: &[u8]) {
    let Some((flags, lines)) = data.split_first() else { return };
    let (has_query_token, accept_bare_token) = (flags & 1 != 0, flags & 2 != 0);
    let lines: Vec<&[u8]> = lines.split(|byte| *byte == b'\n').collect();
    let credentials =
        Credentials { lines: lines.iter().copied(), has_query_token, accept_bare_token };
    let found = presented(credentials).ok();
    let expected = match &*lines {
        [line] if !has_query_token => token_in(line, accept_bare_token),
        _ => None,
    };
    assert_eq!(found.as_ref().map(PresentedToken::expose), expected, "{}", data.escape_ascii());
    for line in lines {
        introspect::fuzz(line);
    }
}

/// The token of a value of the right form, by another way than the one that is tested: `Bearer`,
/// blanks and a token, of at most 1024 bytes.
fn token_in(line: &[u8], accept_bare_token: bool) -> Option<&str> {
    let value = std::str::from_utf8(line).ok()?.trim_matches([' ', '\t']);
    let (scheme, token) = value.rsplit_once(' ').unwrap_or(("", value));
    let has_scheme = scheme.trim_end_matches(' ').eq_ignore_ascii_case("bearer");
    let may_be_bare = accept_bare_token && token == value;
    let is_ours = PresentedToken::parse(token).is_ok() && value.len() <= 1024;
    (is_ours && (has_scheme || may_be_bare)).then_some(token)
}

/// A path of a request.
pub(crate) fn path(text: &str) {
    let route = path::route(text);
    assert_eq!(route.is_some(), owns(text), "{text:?}");
    // However slashes are doubled, it is the same resource.
    assert_eq!(path::route(&format!("/{}/", text.replace('/', "//"))), route, "{text:?}");
}
