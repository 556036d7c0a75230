//! What stands around a token when people copy more than the token.

use crate::cli::secret_input::BYTE_ORDER_MARK;

/// What to leave out of a text that is no token as it stands, if that can be told.
pub(super) fn of(text: &str) -> Option<&'static str> {
    let lower = text.to_ascii_lowercase();
    let lower = lower.trim_start_matches([BYTE_ORDER_MARK, '"', '\'', '`']);
    if text.is_empty() {
        Some("nothing was entered")
    } else if text.starts_with(BYTE_ORDER_MARK) {
        Some("there is a byte order mark before the token: save it as UTF-8 without one")
    } else if lower.starts_with("authorization") || lower.starts_with("bearer") {
        Some("give the token alone, without \"Authorization: Bearer\" before it")
    } else if QUOTATION_MARKS.iter().any(|mark| text.starts_with(*mark) || text.ends_with(*mark)) {
        Some("give the token without the quotation marks around it")
    } else if text.contains(char::is_whitespace) {
        Some("there is a blank or a line end in it: give the token alone, in one piece")
    } else if !text.is_ascii() || text.contains(char::is_control) {
        Some("there is a character in it that no token has, perhaps an invisible one")
    } else {
        None
    }
}

const QUOTATION_MARKS: [char; 7] = ['"', '\'', '`', '\u{201c}', '\u{201d}', '\u{2018}', '\u{2019}'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_surrounds_a_token_is_named() {
        for (text, part) in [
            ("", "nothing"),
            ("Bearer scimw_x", "Authorization: Bearer"),
            ("bearer\tscimw_x", "Authorization: Bearer"),
            ("Authorization: Bearer scimw_x", "Authorization: Bearer"),
            ("\"Bearer scimw_x\"", "Authorization: Bearer"),
            ("\u{feff}scimw_x", "byte order mark"),
            ("\"scimw_x\"", "quotation marks"),
            ("'scimw_x'", "quotation marks"),
            ("\u{201c}scimw_x\u{201d}", "quotation marks"),
            ("`scimw_x`", "quotation marks"),
            ("scimw_x\nscimw_y", "line end"),
            ("scimw_ x", "blank"),
            ("scimw_x\u{200b}", "invisible"),
            ("scimw_\u{1b}[0m", "invisible"),
        ] {
            assert!(of(text).is_some_and(|said| said.contains(part)), "{text:?}: {:?}", of(text));
        }
        assert_eq!(of("scimw_x"), None);
    }
}
