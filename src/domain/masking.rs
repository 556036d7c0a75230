//! Texts that others have chosen, made fit for the log and for what is kept: one line, of bounded
//! length, without anything that could be one of our secrets.

use std::borrow::Cow;

use super::credential::Form;
use super::keys::secret::KeyForm;
use super::token::secret::PREFIX;
use super::visible::is_invisible;

/// So many letters and digits in a row could be the code of a link or a part of a token.
const SECRET_LENGTH: usize = 20;
/// The longest text that is kept, in characters.
const LONGEST: usize = 300;
/// What stands for a secret.
pub const MASK: &str = "***";

/// `text` without what could be a secret. Characters that cannot be seen are replaced, and what is too
/// long is cut off.
pub fn fit_for_log(text: &str) -> String {
    let seen = |c: char| if is_invisible(c) { '\u{fffd}' } else { c };
    let text: String = text.chars().take(LONGEST).map(seen).collect();
    let is_between = |c: char| c.is_whitespace() || "<>()\"',;:=".contains(c);
    let pieces = text.split_inclusive(is_between);
    pieces.map(|piece| mask(piece, piece.contains('@'))).collect()
}

/// `text` without tokens and API keys, and without what could be another secret if there is one: for what is kept
/// although a client has chosen it.
pub fn without_tokens(text: &str) -> Cow<'_, str> {
    if holds_prefix(text) { masked(text) } else { Cow::Borrowed(text) }
}

/// A path as a client has sent it, fit for the log.
pub fn path_fit_for_log(path: &str) -> String {
    let decoded = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
    // An escaped secret is a secret; otherwise the log shows what was sent.
    match masked(&decoded) {
        Cow::Owned(masked) => fit_for_log(&masked),
        Cow::Borrowed(_) => fit_for_log(path),
    }
}

/// `text` with a mask in the place of each word that could be a secret.
pub fn masked(text: &str) -> Cow<'_, str> {
    mask(text, false)
}

/// The same; in an e-mail address a long word is a name.
fn mask(text: &str, is_address: bool) -> Cow<'_, str> {
    let mut kept = String::new();
    let mut rest = text;
    let mut is_masked = false;
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphanumeric()) {
        let (before, word) = rest.split_at(start);
        let end = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let (word, after) = word.split_at(end.unwrap_or(word.len()));
        kept.push_str(before);
        if is_secret(word, is_address) {
            is_masked = true;
            kept.push_str(MASK);
        } else {
            kept.push_str(word);
        }
        rest = after;
    }
    kept.push_str(rest);
    if is_masked { Cow::Owned(kept) } else { Cow::Borrowed(text) }
}

/// Whether it holds the beginning of a token or an API key.
fn holds_prefix(text: &str) -> bool {
    text.contains(PREFIX) || text.contains(KeyForm::PREFIX)
}

/// Whether a word holds the beginning of a token or an API key, or as many letters and digits as a secret has.
fn is_secret(word: &str, is_in_address: bool) -> bool {
    let is_long = |part: &str| part.len() >= SECRET_LENGTH;
    holds_prefix(word) || (!is_in_address && word.split('_').any(is_long))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_a_secret_is_masked() {
        for (text, expected) in [
            ("curl/8.5.0", "curl/8.5.0"),
            ("ada@example.com", "ada@example.com"),
            ("6 months", "6 months"),
            ("scimw_W8pG2wXc", "***"),
            ("scimk_T7F2QX9a", "***"),
            ("x scimw_W8pG2wXcAAAA, y", "x ***, y"),
            ("xscimw_y/z", "***/z"),
            ("code=0123456789abcdefghijkl", "code=***"),
            ("0123456789abcdefghi", "0123456789abcdefghi"),
            ("a_0123456789abcdefghij_b", "***"),
            ("é0123456789abcdefghij", "é***"),
            (
                "was C <christopherwilliamson1985@mail.internationalcompanies.example>",
                "was C <christopherwilliamson1985@mail.internationalcompanies.example>",
            ),
            ("scimw_abc@example.com", "***@example.com"),
            ("a@b.example code=0123456789abcdefghijkl", "a@b.example code=***"),
        ] {
            assert_eq!(fit_for_log(text), expected);
        }
    }

    #[test]
    fn nothing_forges_a_line_or_hides() {
        assert_eq!(
            fit_for_log("a\r\nb\u{1b}[31m\u{202e}\u{2028}c"),
            "a\u{fffd}\u{fffd}b\u{fffd}[31m\u{fffd}\u{fffd}c"
        );
        assert_eq!(fit_for_log(&"é ".repeat(999)).chars().count(), LONGEST);
    }

    #[test]
    fn a_path_stays_as_it_was_sent_unless_it_holds_a_secret() {
        for (path, expected) in [
            ("/admin/authentication", "/admin/authentication"),
            ("/%61dmin", "/%61dmin"),
            ("/static/0123456789ab/app.css", "/static/0123456789ab/app.css"),
            ("/scim/v2/Users/scimw_W8pG2wXc", "/scim/v2/Users/***"),
            ("/%73cimw%5fW8pG2wXc", "/***"),
            ("/setup/0123456789abcdefghijkl", "/setup/***"),
            ("/%30%31%32%33%34%35%36%37%38%39abcdefghijkl", "/***"),
            ("/%0a%1b", "/%0a%1b"),
            ("/a@b/0123456789abcdefghijkl", "/a@b/***"),
        ] {
            assert_eq!(path_fit_for_log(path), expected);
        }
        assert!(!path_fit_for_log("/scimw_%0a").contains('\n'));
    }
}
