//! Server Admins: who may sign in and gets the mails.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};

use crate::domain::activity::Actor;
use crate::domain::secret::PhcString;

/// The key of a Server Admin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AdminId(pub i64);

/// A Server Admin as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerAdmin {
    /// The key.
    pub id: AdminId,
    /// The name that pages and mails show.
    pub name: PersonName,
    /// The address that mails go to and that is used to sign in.
    pub email: EmailAddress,
    /// Argon2id hash of the password.
    pub password_hash: PhcString,
    /// Whether the admin may sign in and gets mails.
    pub active: bool,
    /// When the admin was added.
    pub created_at: DateTime<Utc>,
    /// The last successful login.
    pub last_login_at: Option<DateTime<Utc>>,
}

impl ServerAdmin {
    /// The admin as the one who does something.
    pub fn actor(&self) -> Actor {
        Actor::Admin { id: self.id, name: self.name.as_str().to_owned() }
    }
}

/// The name of a person: 1 to 100 characters without control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonName(String);

/// The text is not usable as a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name must have 1 to 100 characters and no line breaks or control characters")]
pub struct InvalidName;

impl FromStr for PersonName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let text = text.trim();
        let length = text.chars().count();
        if (1..=100).contains(&length) && !text.chars().any(is_unsafe_in_a_line) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidName)
        }
    }
}

impl PersonName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Control characters, line separators and the marks that reverse the direction of what follows:
/// with them a name could forge a header or another line.
fn is_unsafe_in_a_line(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// An e-mail address with at most 254 characters (RFC 5321 section 4.5.3.1.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

/// The text is not an e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("that is not an e-mail address, such as ada@example.com")]
pub struct InvalidEmail;

impl FromStr for EmailAddress {
    type Err = InvalidEmail;

    fn from_str(text: &str) -> Result<Self, InvalidEmail> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidEmail)?;
        let fits = text.len() <= 254 && (1..=64).contains(&local.len()) && !domain.is_empty();
        let local_fits = local.split('.').all(|part| !part.is_empty())
            && local.chars().all(|c| !c.is_ascii() || is_atom_text(c));
        let domain_fits = domain.split('.').all(is_domain_label);
        let safe = !text.chars().any(|c| is_unsafe_in_a_line(c) || c.is_whitespace());
        if fits && local_fits && domain_fits && safe {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidEmail)
        }
    }
}

const fn is_atom_text(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(
            c,
            '!' | '#'
                | '$'
                | '%'
                | '&'
                | '\''
                | '*'
                | '+'
                | '-'
                | '/'
                | '='
                | '?'
                | '^'
                | '_'
                | '`'
                | '{'
                | '|'
                | '}'
                | '~'
                | '.'
        )
}

fn is_domain_label(label: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || !c.is_ascii();
    (1..=63).contains(&label.len())
        && label.chars().all(allowed)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

impl EmailAddress {
    /// The address as it was entered.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form by which two spellings are the same person: lower case.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A new password that may be hashed: 15 to 128 characters, and not a guessable one
/// (NIST SP 800-63B-4 section 3.1.1.2).
#[derive(Debug)]
pub struct NewPassword(SecretString);

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
    ///
    /// # Errors
    /// [`WeakPassword`] with the reason.
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
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
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
    fn addresses_are_read_or_refused() {
        for text in ["ada@example.com", "a.b+c@sub.example.org", "grüße@exämple.de", "a@localhost"]
        {
            assert!(text.parse::<EmailAddress>().is_ok(), "{text}");
        }
        let long = format!("{}@{}.com", "a".repeat(64), ["b".repeat(61).as_str(); 3].join("."));
        assert!(long.parse::<EmailAddress>().is_ok() && long.len() <= 254);
        for text in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "a b@example.com",
            "a@ex ample.com",
            "a@b..com",
            "a\r\nBcc: x@example.com",
            "a@b.com\r\nX: y",
            "a,b@example.com",
            "<a@example.com>",
            "a@-b.com",
            ".a@example.com",
            "a@b@",
            &format!("{long}x.example"),
        ] {
            assert!(text.parse::<EmailAddress>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn names_are_read_or_refused() {
        for text in ["Ada", "محمد الفارسي", "山田 太郎", "O’Neil & Söhne", &"x".repeat(100)]
        {
            assert!(text.parse::<PersonName>().is_ok(), "{text}");
        }
        for text in ["", "  ", "a\nb", "a\r\nBcc: x", "\u{202e}evil", &"x".repeat(101)] {
            assert!(text.parse::<PersonName>().is_err(), "{text:?}");
        }
    }

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
