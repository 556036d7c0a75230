//! Which passwords people may choose, and in which form they are hashed.

use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use super::guessing::{OwnWords, is_guessable};
use crate::domain::token::secret::PhcString;

/// A new password that may be hashed: 15 to 128 characters, and not a guessable one
/// (NIST SP 800-63B-4 section 3.1.1.2), in the form of [`prepare`].
#[derive(Debug)]
pub struct NewPassword(SecretString);

/// A password as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashedPassword {
    /// The Argon2id hash.
    pub hash: PhcString,
    /// Names the password: another password has another name, the same one keeps its name with another
    /// hash.
    pub generation: String,
}

/// Why a password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Fewer than 15 characters.
    #[error("the password is too short: use at least 15 characters, for example four words")]
    TooShort,
    /// More than 128 characters.
    #[error("the password is too long: use at most 128 characters")]
    TooLong,
    /// Made of what is tried first.
    #[error(
        "the password is easy to guess: do not use names, addresses, dates, well-known passwords, \
         repeated words or rows of keys; four words that have nothing to do with each other are good"
    )]
    Guessable,
}

impl NewPassword {
    /// Accepts a password of somebody who, like the service, is called by these words.
    pub fn parse(text: &SecretString, own: &OwnWords) -> Result<Self, WeakPassword> {
        let text = prepare(text);
        let length = text.expose_secret().chars().count();
        if length < 15 {
            Err(WeakPassword::TooShort)
        } else if length > 128 {
            Err(WeakPassword::TooLong)
        } else if is_guessable(text.expose_secret(), own) {
            Err(WeakPassword::Guessable)
        } else {
            Ok(Self(text))
        }
    }

    /// The password, for hashing.
    pub fn into_secret(self) -> SecretString {
        self.0
    }
}

/// The form in which a password is hashed: the same for all ways to type the same characters.
///
/// The mappings of RFC 8265 section 4.2.2: every space is an ASCII space, then normal form C. What
/// that standard refuses besides is accepted: password managers know no such rules.
pub fn prepare(text: &SecretString) -> SecretString {
    let space = |c: char| match c.general_category() {
        GeneralCategory::SpaceSeparator => ' ',
        _ => c,
    };
    SecretString::from(text.expose_secret().chars().map(space).nfc().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_is_that_of_what_is_hashed() {
        let own = OwnWords::of_service("scimward", "localhost");
        let parse = |text: &str| NewPassword::parse(&SecretString::from(text), &own).err();

        assert_eq!(parse("correct zebra pump lantern"), None);
        assert_eq!(parse("fourteen chars"), Some(WeakPassword::TooShort));
        assert_eq!(parse("forte\u{301}en chars"), Some(WeakPassword::TooShort));
        assert_eq!(parse(&"ab c".repeat(33)), Some(WeakPassword::TooLong));
        assert_eq!(parse("scimwardscimward"), Some(WeakPassword::Guessable));
    }

    #[test]
    fn the_same_characters_are_hashed_the_same_however_they_were_typed() {
        for (typed, prepared) in [
            ("plain text", "plain text"),
            ("e\u{301}", "\u{e9}"),
            ("\u{212b}", "\u{c5}"),
            ("\u{1112}\u{1161}\u{11ab}", "\u{d55c}"),
            ("a\u{a0}b\u{3000}c\u{2003}d", "a b c d"),
            ("\u{fb01}", "\u{fb01}"),
            ("A\tb\u{200b}", "A\tb\u{200b}"),
        ] {
            let form = prepare(&SecretString::from(typed));
            assert_eq!(form.expose_secret(), prepared, "{typed:?}");
            assert_eq!(prepare(&form).expose_secret(), prepared, "{typed:?}");
        }
    }
}
