//! A person's name and e-mail address.

use std::fmt;
use std::str::FromStr;

use crate::domain::visible::{is_invisible, one_line};

/// The key of a Server Admin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AdminId(pub i64);

/// The name of a person: 1 to 100 characters that can be seen, with single spaces between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonName(String);

/// The text is not usable as a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name must have 1 to 100 characters, none of them a line break or invisible")]
pub struct InvalidName;

impl FromStr for PersonName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        one_line(text, 100).map(Self).ok_or(InvalidName)
    }
}

impl PersonName {
    /// A name that was stored, by whatever rules it was accepted.
    pub const fn stored(text: String) -> Self {
        Self(text)
    }

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
        let safe = !text.chars().any(|c| is_invisible(c) || c.is_whitespace());
        if fits && local_fits && domain_fits && safe {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidEmail)
        }
    }
}

/// The characters of an atom (RFC 5322 section 3.2.3), and the dot between atoms.
fn is_atom_text(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c)
}

fn is_domain_label(label: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || !c.is_ascii();
    (1..=63).contains(&label.len())
        && label.chars().all(allowed)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

impl EmailAddress {
    /// An address that was stored, by whatever rules it was accepted.
    pub const fn stored(text: String) -> Self {
        Self(text)
    }

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
            "ada\u{200b}@example.com",
            "ada@exam\u{ad}ple.com",
            "\u{202e}ada@example.com",
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
        let long = "x".repeat(101);
        for text in
            ["", "  ", "a\nb", "a\r\nBcc: x", "\u{202e}evil", "Ada\u{200b}", "Ad\u{ad}a", &long]
        {
            assert!(text.parse::<PersonName>().is_err(), "{text:?}");
        }
        let name: PersonName = " Ada \u{a0} Lovelace\u{3000}".parse().unwrap();
        assert_eq!(name.as_str(), "Ada Lovelace");
    }
}
