//! A person's name and e-mail address.

use std::fmt;
use std::str::FromStr;

/// The key of a Server Admin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AdminId(pub i64);

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
}
