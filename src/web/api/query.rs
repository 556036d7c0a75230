//! The few parameters of a URL that matter, such as a token where none belongs.

use std::borrow::Cow;

/// A token in the URL (RFC 6750 section 2.3): never a credential.
pub(crate) const ACCESS_TOKEN: &str = "access_token";

/// The first value of a parameter, however it is escaped.
pub(crate) fn value<'a>(query: &'a str, name: &str) -> Option<Cow<'a, str>> {
    if query.is_empty() {
        return None;
    }
    form_urlencoded::parse(query.as_bytes()).find(|(n, _)| n == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_in_the_url_is_found_however_it_is_written() {
        for (query, expected) in [
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
            assert_eq!(value(query, ACCESS_TOKEN).as_deref(), expected, "{query}");
        }
    }
}
