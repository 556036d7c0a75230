//! What a mail server says without our secrets: it may repeat what it was given, in whole or in part,
//! and its answers are stored, logged and shown.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::letter::Letter;
use crate::domain::masking::{MASK, masked};

/// So much of a secret in a row gives it away.
pub(crate) const GIVEN_AWAY: usize = 6;
/// What stands in front of a code in our links.
const CODE: &str = "code=";

/// `answer` without the codes of the links in `letter`, and without anything that could be a code or a
/// token.
pub(super) fn without_codes(answer: &str, letter: &Letter) -> String {
    let codes = letter.text.split(CODE).skip(1).filter_map(|rest| {
        let code = rest.split(|c: char| !c.is_ascii_alphanumeric()).next()?;
        (!code.is_empty()).then_some(code)
    });
    masked(&codes.fold(answer.to_owned(), |answer, code| without(&answer, code))).into_owned()
}

/// `answer` without the password, as it is and as the protocol encodes it.
pub(super) fn without_login(answer: &str, user: &str, password: &str) -> String {
    let encoded = [STANDARD.encode(format!("\0{user}\0{password}")), STANDARD.encode(password)];
    let answer =
        if password.is_empty() { answer.to_owned() } else { answer.replace(password, MASK) };
    encoded.iter().fold(answer, |answer, secret| without(&answer, secret))
}

/// `text` without the parts of `secret`. Servers repeat mails as they travelled, so a secret may be
/// broken by the end of a line, and its case may be another: only letters and digits are compared.
pub(crate) fn without(text: &str, secret: &str) -> String {
    let secret: Vec<u8> = letters_and_digits(secret).map(|(_, digit)| digit).collect();
    let digits: Vec<(usize, u8)> = letters_and_digits(text).collect();
    let length = GIVEN_AWAY.min(secret.len());
    let mut kept = String::new();
    let mut rest = 0;
    let mut at = 0;
    while let Some(left) = digits.get(at..).filter(|_| length > 0) {
        let found = secret.windows(length).enumerate().filter_map(|(place, _)| {
            let part = secret.get(place..)?;
            let same = left.iter().zip(part).take_while(|((_, a), b)| a == *b).count();
            (same >= length).then_some(same)
        });
        let Some(same) = found.max() else {
            if left.is_empty() {
                break;
            }
            at += 1;
            continue;
        };
        let (first, last) = (left.first(), left.get(same - 1));
        if let (Some((first, _)), Some((last, _))) = (first, last) {
            kept.push_str(text.get(rest..*first).unwrap_or_default());
            kept.push_str(MASK);
            rest = last + 1;
        }
        at += same;
    }
    kept + text.get(rest..).unwrap_or_default()
}

/// The ASCII letters and digits of a text in lower case, each with its place.
fn letters_and_digits(text: &str) -> impl Iterator<Item = (usize, u8)> {
    let digits = text.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_alphanumeric());
    digits.map(|(place, byte)| (place, byte.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter() -> Letter {
        let text = "Set a password:\nhttps://a.example/invitation?code=Abcdefghij0123456789xy\n";
        Letter { text: text.to_owned(), ..Letter::default() }
    }

    #[test]
    fn codes_are_cut_out_however_they_are_repeated() {
        for (answer, expected) in [
            ("250 2.0.0 Ok: queued as 4XyZ12abCD", "250 2.0.0 Ok: queued as 4XyZ12abCD"),
            (
                "550 bad link https://a.example/invitation?code=Abcdefghij0123456789xy.",
                "550 bad link https://a.example/invitation?code=***.",
            ),
            ("550 code=3DAbcdefghij= 0123456789xy", "550 code=3D***"),
            ("550 ABCDEFGHIJ0123456789XY", "550 ***"),
            ("550 ...ghij01234...", "550 ...***..."),
            ("550 Abcdefghij, then 0123456789xy", "550 ***, then ***"),
            ("550 abcde", "550 abcde"),
            ("550 other ZZcdefghij0123456789xy", "550 other ZZ***"),
            ("550 of another mail: 9876543210zyxwvutsrqpo", "550 of another mail: ***"),
            ("550 scimw_W8pG2wXcAAAA", "550 ***"),
            ("550 é Abcdefghij0123456789xy é", "550 é *** é"),
        ] {
            assert_eq!(without_codes(answer, &letter()), expected);
        }
    }

    #[test]
    fn passwords_are_cut_out_as_they_are_and_encoded() {
        for (answer, expected) in [
            ("535 wrong password", "535 wrong password"),
            ("535 wrong: s3cret/pw", "535 wrong: ***"),
            ("535 AHVzZXIAczNjcmV0L3B3", "535 ***"),
            ("535 czNjcmV0L3B3", "535 ***"),
        ] {
            assert_eq!(without_login(answer, "user", "s3cret/pw"), expected);
        }
    }
}
