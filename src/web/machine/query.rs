//! The one parameter of a URL that matters: a token where none belongs.

use std::borrow::Cow;

/// The value of the parameter `access_token` (RFC 6750 section 2.3), however it is escaped.
pub(super) fn access_token(query: &str) -> Option<Cow<'_, str>> {
    if query.is_empty() {
        return None;
    }
    let mut parameters = form_urlencoded::parse(query.as_bytes());
    parameters.find(|(name, _)| name == "access_token").map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_in_the_url_is_found_however_it_is_written() {
        for (query, value) in [
            ("", None),
            ("aadOptscim062020&filter=userName+eq+%22x%22", None),
            ("xaccess_token=1&access_token_=2&ACCESS_TOKEN=3", None),
            ("filter=access_token=1", None),
            ("access_token=abc", Some("abc")),
            ("a=b&access_token=abc&access_token=d", Some("abc")),
            ("access_token", Some("")),
            ("access_token=", Some("")),
            ("access%5ftoken=a%5Fb", Some("a_b")),
        ] {
            assert_eq!(access_token(query).as_deref(), value, "{query}");
        }
    }
}
