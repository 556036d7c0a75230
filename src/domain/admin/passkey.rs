//! Passkeys: keys in a device of a Server Admin, of which the server holds the public half (WebAuthn).

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};

use super::person::AdminId;
use crate::domain::visible::is_invisible;

/// The longest name of a passkey, in characters.
const LONGEST_NAME: usize = 60;

/// The key of a passkey's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PasskeyId(pub i64);

/// A passkey as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// The key of its row.
    pub id: PasskeyId,
    /// Whose it is.
    pub admin: AdminId,
    /// What the Server Admin calls it.
    pub name: PasskeyName,
    /// The public key and the counter of uses.
    pub credential: Credential,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// The browser in which it was added.
    pub agent: Option<String>,
    /// The last login with it.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// What verifies the answers of a passkey. Nothing of it is secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// By what name browsers know it: base64url.
    pub id: String,
    /// The public key and the counter, as the library writes them.
    pub text: String,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({})", self.id)
    }
}

/// What a Server Admin calls a passkey: 1 to 60 characters that can be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyName(String);

/// The text is not usable as the name of a passkey.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name must have 1 to 60 characters, none of them a line break or invisible")]
pub struct InvalidPasskeyName;

impl FromStr for PasskeyName {
    type Err = InvalidPasskeyName;

    fn from_str(text: &str) -> Result<Self, InvalidPasskeyName> {
        let text = text.trim();
        let spaced = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let fits = (1..=LONGEST_NAME).contains(&spaced.chars().count());
        if fits && !text.chars().any(is_invisible) {
            Ok(Self(spaced))
        } else {
            Err(InvalidPasskeyName)
        }
    }
}

impl PasskeyName {
    /// A name that was stored, by whatever rules it was accepted.
    pub const fn stored(text: String) -> Self {
        Self(text)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PasskeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a Server Admin proved at the login who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// By the password alone.
    Password,
    /// By a passkey alone.
    Passkey(PasskeyId),
    /// By the password and a passkey.
    PasswordAndPasskey(PasskeyId),
    /// By the password and a recovery code.
    PasswordAndCode,
}

impl Proof {
    /// The stored form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Passkey(_) => "passkey",
            Self::PasswordAndPasskey(_) => "password+passkey",
            Self::PasswordAndCode => "password+code",
        }
    }

    /// What was stored, if there is such a proof.
    pub fn stored(text: &str, passkey: Option<PasskeyId>) -> Option<Self> {
        // The passkey may have been removed since.
        let passkey = passkey.unwrap_or(PasskeyId(0));
        match text {
            "password" => Some(Self::Password),
            "passkey" => Some(Self::Passkey(passkey)),
            "password+passkey" => Some(Self::PasswordAndPasskey(passkey)),
            "password+code" => Some(Self::PasswordAndCode),
            _ => None,
        }
    }

    /// The passkey, if it was one.
    pub const fn passkey(self) -> Option<PasskeyId> {
        match self {
            Self::Passkey(id) | Self::PasswordAndPasskey(id) => Some(id),
            Self::Password | Self::PasswordAndCode => None,
        }
    }

    /// The proof in a sentence: `with a passkey`.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Password => "with a password",
            Self::Passkey(_) => "with a passkey",
            Self::PasswordAndPasskey(_) => "with a password and a passkey",
            Self::PasswordAndCode => "with a password and a recovery code",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_be_seen_and_has_at_most_60_characters() {
        for (text, name) in [
            (" Work   laptop ", Some("Work laptop")),
            ("é", Some("é")),
            ("", None),
            (" \t ", None),
            ("a\u{200b}b", None),
            (&"x".repeat(60), Some(&*"x".repeat(60))),
            (&"x".repeat(61), None),
        ] {
            let parsed = text.parse::<PasskeyName>().ok();
            assert_eq!(parsed.as_ref().map(PasskeyName::as_str), name, "{text:?}");
        }
    }

    #[test]
    fn every_proof_is_read_back_from_its_stored_form() {
        let key = PasskeyId(7);
        for proof in [
            Proof::Password,
            Proof::Passkey(key),
            Proof::PasswordAndPasskey(key),
            Proof::PasswordAndCode,
        ] {
            assert_eq!(Proof::stored(proof.as_str(), proof.passkey()), Some(proof));
        }
        assert_eq!(Proof::stored("", None), None);
    }
}
