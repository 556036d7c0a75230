//! What names a request: in its answer, on error pages and in the log.

use std::fmt;

use crate::domain::token::secret::PREFIX;

/// The longest id that is taken from a proxy, in bytes.
const LONGEST: usize = 128;

/// The id of a request. It holds nothing that could forge a line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(Box<str>);

impl RequestId {
    /// An id of our own: digits, letters and hyphens.
    pub fn own(text: &str) -> Self {
        Self(text.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The id that a trusted proxy has given a request, if it can be repeated without harm: short, made
/// of what other products make ids of, and not a token that somebody has put there.
pub fn given(value: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(value).ok()?;
    let is_id = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/+=@~".contains(&byte);
    let is_short = (1..=LONGEST).contains(&text.len());
    (is_short && text.bytes().all(is_id) && !text.contains(PREFIX)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_id_is_not_repeated() {
        let longest = "x".repeat(LONGEST);
        for id in [
            "7b1e1d2c-9a50-4d3c-8f1e-0f6a6f7b9d11",
            "Root=1-67891233-abcdef012345678912345678",
            "C0A80101:C350_0A000001:01BB_5F5E100:0001",
            "aGVsbG8+/w==",
            "0",
            &longest,
        ] {
            assert_eq!(given(id.as_bytes()), Some(id));
        }
        let longer = format!("{longest}x");
        for text in [
            "", " ", "a b", "a\tb", "a\u{7f}", "é", "a,b", "\"a\"", "<b>", "a;b", "scimw_x",
            &longer,
        ] {
            assert_eq!(given(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(given(b"\xff"), None);
    }
}
