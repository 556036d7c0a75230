//! The one token that a request presents: the same rules for every endpoint that takes a bearer
//! token.
//!
//! Nothing here asks the database: the result is a token whose form and checksum are right, or the
//! reason why there is none.

use crate::domain::credential::{Form, Presented};
use crate::domain::token::refusal::Refusal;

/// The longest `Authorization` value that is read, in bytes.
const LONGEST: usize = 1024;
const SCHEME: &[u8] = b"bearer";

/// Where a request can carry a token (RFC 6750 section 2).
#[derive(Debug)]
pub(crate) struct Credentials<Lines> {
    /// The values of **all** `Authorization` lines: neither the first nor the last one wins.
    pub(crate) lines: Lines,
    /// Whether the URL has a parameter `access_token`. It is never a credential, because URLs are
    /// written to logs (RFC 9700 section 4.3.2).
    pub(crate) has_query_token: bool,
    /// Whether the token is accepted without `Bearer ` before it.
    pub(crate) accept_bare_token: bool,
}

/// The token that the request presents.
///
/// # Errors
/// Why there is none. [`Refusal::DuplicateHeader`] means more than one method or line, which is a
/// malformed request (RFC 6750 section 3.1); the others mean missing or unusable credentials.
pub(crate) fn presented<'a, F: Form>(
    credentials: Credentials<impl Iterator<Item = &'a [u8]>>,
) -> Result<Presented<F>, Refusal> {
    let mut lines = credentials.lines;
    match (lines.next(), lines.next(), credentials.has_query_token) {
        (None, _, false) => Err(Refusal::NoCredentials),
        (None, _, true) => Err(Refusal::TokenInUrl),
        (Some(line), None, false) => parse(line, credentials.accept_bare_token),
        (Some(_), _, _) => Err(Refusal::DuplicateHeader),
    }
}

fn parse<F: Form>(line: &[u8], accept_bare_token: bool) -> Result<Presented<F>, Refusal> {
    let value = trim(line);
    if value.len() > LONGEST {
        return Err(Refusal::Malformed);
    }
    let Some(space) = value.iter().position(|byte| *byte == b' ') else {
        return parse_word(value, accept_bare_token);
    };
    let (scheme, rest) = value.split_at(space);
    if !scheme.eq_ignore_ascii_case(SCHEME) {
        return Err(wrong_scheme(scheme));
    }
    let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
    let text = rest.get(spaces..).unwrap_or_default();
    if repeats_scheme(text) {
        return Err(Refusal::DoubledBearer);
    }
    if !is_b64token(text) {
        return Err(Refusal::Malformed);
    }
    recognise(text).ok_or(Refusal::BadChecksum)
}

/// A value of one word: a scheme without a token, or the token without a scheme.
fn parse_word<F: Form>(value: &[u8], accept_bare_token: bool) -> Result<Presented<F>, Refusal> {
    if value.eq_ignore_ascii_case(SCHEME) {
        return Err(Refusal::Malformed);
    }
    let token = if accept_bare_token { recognise(value) } else { None };
    token.ok_or_else(|| wrong_scheme(value))
}

fn recognise<F: Form>(text: &[u8]) -> Option<Presented<F>> {
    Presented::parse(std::str::from_utf8(text).ok()?).ok()
}

fn wrong_scheme(scheme: &[u8]) -> Refusal {
    match scheme.split_at_checked(SCHEME.len()) {
        Some((bearer, [b':', ..])) if bearer.eq_ignore_ascii_case(SCHEME) => {
            Refusal::ColonAfterBearer
        }
        _ => Refusal::WrongScheme,
    }
}

fn repeats_scheme(text: &[u8]) -> bool {
    let word = text.split(|byte| *byte == b' ').next().unwrap_or_default();
    word.eq_ignore_ascii_case(SCHEME)
}

/// `b64token` of RFC 6750 section 2.1: letters, digits and `-._~+/`, then any number of `=`.
fn is_b64token(text: &[u8]) -> bool {
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    let body = text.get(..text.len() - padding).unwrap_or_default();
    !body.is_empty()
        && body.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(byte))
}

/// Without the blanks at either end (optional white space, RFC 9110 section 5.6.3).
fn trim(line: &[u8]) -> &[u8] {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = line.iter().take_while(|byte| is_blank(byte)).count();
    let line = line.get(start..).unwrap_or_default();
    let end = line.iter().rev().take_while(|byte| is_blank(byte)).count();
    line.get(..line.len() - end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::token::secret::{PlainToken, ScimToken};

    fn token() -> String {
        PlainToken::generate(|bytes| bytes.fill(7)).expose().to_owned()
    }

    fn find(lines: &[&[u8]], has_query_token: bool, accept_bare_token: bool) -> Option<Refusal> {
        let lines = lines.iter().copied();
        presented::<ScimToken>(Credentials { lines, has_query_token, accept_bare_token }).err()
    }

    #[test]
    fn every_row_of_the_rules_has_its_reason() {
        let t = token();
        let cut = &t[..62];
        let long = format!("Bearer {}", "a".repeat(1018));
        let longest = format!("Bearer {}", "a".repeat(1017));
        for (value, reason) in [
            (format!("Bearer {t}"), None),
            (format!("bearer {t}"), None),
            (format!("BEARER {t}"), None),
            (format!("Bearer    {t}"), None),
            (format!(" \t Bearer {t}\t "), None),
            (String::new(), Some(Refusal::WrongScheme)),
            (" \t ".to_owned(), Some(Refusal::WrongScheme)),
            ("Bearer".to_owned(), Some(Refusal::Malformed)),
            ("bearer  ".to_owned(), Some(Refusal::Malformed)),
            ("non-token".to_owned(), Some(Refusal::WrongScheme)),
            (t.clone(), Some(Refusal::WrongScheme)),
            (format!("Basic {t}"), Some(Refusal::WrongScheme)),
            (format!("SSWS {t}"), Some(Refusal::WrongScheme)),
            (format!("Bearers {t}"), Some(Refusal::WrongScheme)),
            (format!("Bearer\t{t}"), Some(Refusal::WrongScheme)),
            (format!("Bearer: {t}"), Some(Refusal::ColonAfterBearer)),
            (format!("bearer:{t}"), Some(Refusal::ColonAfterBearer)),
            ("Bearer:".to_owned(), Some(Refusal::ColonAfterBearer)),
            (format!("Bearer Bearer {t}"), Some(Refusal::DoubledBearer)),
            (format!("Bearer  bearer {t}"), Some(Refusal::DoubledBearer)),
            (format!("Bearer {t} {t}"), Some(Refusal::Malformed)),
            (format!("Bearer {t},{t}"), Some(Refusal::Malformed)),
            (format!("Bearer {t}, Bearer {t}"), Some(Refusal::Malformed)),
            (format!("Bearer \"{t}\""), Some(Refusal::Malformed)),
            (format!("Bearer \t{t}"), Some(Refusal::Malformed)),
            ("Bearer ===".to_owned(), Some(Refusal::Malformed)),
            ("Bearer a=b".to_owned(), Some(Refusal::Malformed)),
            ("Bearer abc".to_owned(), Some(Refusal::BadChecksum)),
            ("Bearer Bearer".to_owned(), Some(Refusal::DoubledBearer)),
            ("Bearer a-._~+/==".to_owned(), Some(Refusal::BadChecksum)),
            (format!("Bearer {cut}"), Some(Refusal::BadChecksum)),
            (format!("Bearer {t}="), Some(Refusal::BadChecksum)),
            (format!("Bearer {}", t.to_uppercase()), Some(Refusal::BadChecksum)),
            (longest, Some(Refusal::BadChecksum)),
            (long, Some(Refusal::Malformed)),
        ] {
            assert_eq!(find(&[value.as_bytes()], false, false), reason, "{value:?}");
        }
    }

    #[test]
    fn more_than_one_carrier_is_refused_even_if_all_agree() {
        let value = format!("Bearer {}", token());
        let line = value.as_bytes();
        for (lines, has_query_token, reason) in [
            (&[][..], false, Some(Refusal::NoCredentials)),
            (&[], true, Some(Refusal::TokenInUrl)),
            (&[line], false, None),
            (&[line], true, Some(Refusal::DuplicateHeader)),
            (&[line, line], false, Some(Refusal::DuplicateHeader)),
            (&[line, b"".as_slice()], false, Some(Refusal::DuplicateHeader)),
            (&[line, line, line], true, Some(Refusal::DuplicateHeader)),
        ] {
            assert_eq!(find(lines, has_query_token, false), reason, "{}", lines.len());
        }
    }

    #[test]
    fn a_bare_token_is_accepted_only_on_request_and_only_if_it_is_one_of_ours() {
        let t = token();
        for (value, reason) in [
            (t.clone(), None),
            (format!(" {t} "), None),
            (format!("Bearer {t}"), None),
            (t[..62].to_owned(), Some(Refusal::WrongScheme)),
            (format!("{t} {t}"), Some(Refusal::WrongScheme)),
            ("Bearer".to_owned(), Some(Refusal::Malformed)),
            (String::new(), Some(Refusal::WrongScheme)),
        ] {
            assert_eq!(find(&[value.as_bytes()], false, true), reason, "{value:?}");
        }
    }

    /// Values put together from the pieces that matter. The rule they are held against is written
    /// independently: exactly `Bearer`, blanks and the token pass, and nothing else.
    #[test]
    fn of_a_hundred_thousand_values_only_those_of_the_right_form_pass() {
        let t = token();
        let (head, tail) = t.split_at(20);
        let pieces: [&[u8]; 16] = [
            b"Bearer",
            b"bearer",
            b"BeArEr",
            b" ",
            b" ",
            b"  ",
            b"\t",
            b",",
            b"=",
            b":",
            b"\"",
            b"\xff",
            b"scimw_",
            t.as_bytes(),
            head.as_bytes(),
            tail.as_bytes(),
        ];
        let (mut seed, mut accepted) = (0x5eed_u64, 0_u32);
        for _ in 0..100_000 {
            let mut value = Vec::new();
            for _ in 0..next(&mut seed) % 6 {
                value.extend_from_slice(pieces[usize::try_from(next(&mut seed) % 16).unwrap()]);
            }
            let passes = find(&[&value], false, false).is_none();
            assert_eq!(
                passes,
                has_right_form(&value, &t),
                "{:?}",
                value.escape_ascii().to_string()
            );
            accepted += u32::from(passes);
        }
        assert!(accepted > 50, "the values are too wild to prove anything: {accepted}");
    }

    fn has_right_form(value: &[u8], token: &str) -> bool {
        let Ok(text) = std::str::from_utf8(value) else { return false };
        let text = text.trim_matches([' ', '\t']);
        let Some(scheme) = text.strip_suffix(token) else { return false };
        scheme.ends_with(' ') && scheme.trim_end_matches(' ').eq_ignore_ascii_case("Bearer")
    }

    /// A linear congruential generator: the same values in every run.
    fn next(seed: &mut u64) -> u64 {
        *seed =
            seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *seed >> 33
    }
}
