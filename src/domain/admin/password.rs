//! Which passwords people may choose.

use secrecy::{ExposeSecret, SecretString};

use crate::domain::token::secret::PhcString;

/// A new password that may be hashed: 15 to 128 characters, and not a guessable one
/// (NIST SP 800-63B-4 section 3.1.1.2).
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
    /// Made of the person's own data, of the product's name, or of very few different characters.
    #[error(
        "the password is easy to guess: do not use your name, your address, a well-known password or a simple pattern"
    )]
    Guessable,
}

impl NewPassword {
    /// Accepts a password for the person with this name and address.
    pub fn parse(text: SecretString, name: &str, email: &str) -> Result<Self, WeakPassword> {
        let length = text.expose_secret().chars().count();
        if length < 15 {
            Err(WeakPassword::TooShort)
        } else if length > 128 {
            Err(WeakPassword::TooLong)
        } else if is_guessable(text.expose_secret(), name, email) {
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

/// What remains of well-known passwords of this length: their building blocks.
const WELL_KNOWN: &[&str] = &[
    "password",
    "passwort",
    "passw0rd",
    "p@ssw0rd",
    "qwertyuiop",
    "qwerty",
    "asdfghjkl",
    "zxcvbnm",
    "1234567890",
    "123456789",
    "12345678",
    "123456",
    "0987654321",
    "987654321",
    "abcdefghijklmnop",
    "abcdefgh",
    "abcdef",
    "abc123",
    "abc",
    "123",
    "letmein",
    "welcome",
    "iloveyou",
    "administrator",
    "admin",
    "changeme",
    "secret",
    "trustno1",
    "correcthorsebatterystaple",
    "correct horse battery staple",
    "monkey",
    "dragon",
    "football",
    "baseball",
    "sunshine",
    "princess",
    "superman",
    "scimward",
    "scim",
    "server",
    "login",
    "default",
    "test",
    "temp",
    "root",
    "user",
    "guest",
    "master",
    "hello",
    "okta",
];

/// Fewer than five different characters, or fewer than eight left once the person's own words and
/// the building blocks of well-known passwords are taken out.
fn is_guessable(password: &str, name: &str, email: &str) -> bool {
    let lower = password.to_lowercase();
    let mut different: Vec<char> = lower.chars().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < 5 || is_run(&lower) {
        return true;
    }
    let own = format!("{name} {email}").to_lowercase();
    let own = own.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() >= 3);
    let mut left = lower;
    for word in own.chain(WELL_KNOWN.iter().copied()) {
        left = left.replace(word, "");
    }
    left.chars().filter(|c| c.is_alphanumeric()).count() < 6 && left.chars().count() < 8
}

/// Whether the text is one run of neighbouring characters, or one short piece repeated.
fn is_run(text: &str) -> bool {
    let chars: Vec<u32> = text.chars().map(u32::from).collect();
    let neighbours = || chars.iter().zip(chars.iter().skip(1));
    let steps = |step: i64| neighbours().all(|(a, b)| i64::from(*b) - i64::from(*a) == step);
    let repeats = |size: usize| chars.iter().skip(size).zip(&chars).all(|(a, b)| a == b);
    steps(1) || steps(-1) || (1..=4).any(repeats)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn guessable_passwords_are_refused() {
        let parse = |text: &str| {
            NewPassword::parse(SecretString::from(text), "Ada Lovelace", "ada@example.com").err()
        };
        assert_eq!(parse("correct zebra pump lantern"), None);
        assert_eq!(parse("äöüß長いパスワード十五文字です"), None);
        assert_eq!(parse("fourteen chars"), Some(WeakPassword::TooShort));
        assert_eq!(parse(&"ab c".repeat(33)), Some(WeakPassword::TooLong));
        for text in [
            "aaaaaaaaaaaaaaa",
            "abababababababab",
            "passwordpassword",
            "Password1234567890",
            "abcdefghijklmnopqrs",
            "AdaLovelace2026",
            "ada@example.com",
            "qwertyuiop123456",
            "scimwardscimward",
            "correct horse battery staple",
        ] {
            assert_eq!(parse(text), Some(WeakPassword::Guessable), "{text}");
        }
    }
}
