//! API keys: with them programs read the state of the token, or replace it.

pub mod refusal;
pub mod scope;
pub mod secret;
pub mod validity;

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};

use self::scope::Scope;
use self::secret::{KeyDigest, KeyId};
use super::admin::actor::Actor;
use super::token::LastUse;
use super::visible::one_line;

/// The longest name of a key, in characters.
const LONGEST_NAME: usize = 60;

/// The name of a key: 1 to 60 characters that can be seen, with single spaces between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyName(String);

/// The text is not usable as the name of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the name must have 1 to {LONGEST_NAME} characters, none of them a line break or invisible"
)]
pub struct InvalidKeyName;

/// No key has this id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such API key")]
pub struct UnknownKey;

impl FromStr for KeyName {
    type Err = InvalidKeyName;

    fn from_str(text: &str) -> Result<Self, InvalidKeyName> {
        one_line(text, LONGEST_NAME).map(Self).ok_or(InvalidKeyName)
    }
}

impl KeyName {
    /// A name that was stored, by whatever rules it was accepted.
    pub const fn stored(text: String) -> Self {
        Self(text)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An API key as it is stored: everything but its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The public id.
    pub id: KeyId,
    /// What a presented key is verified against; erased when the key is revoked.
    pub digest: Option<KeyDigest>,
    /// The name.
    pub name: KeyName,
    /// What it may do.
    pub scope: Scope,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Who made it: its maker.
    pub created_by: Actor,
    /// Whether its maker is active, or is the command line.
    pub maker_is_active: bool,
    /// The first instant at which it is no longer accepted.
    pub expires_at: DateTime<Utc>,
    /// Present once it was revoked.
    pub revocation: Option<KeyRevocation>,
    /// When and from where it was accepted last.
    pub last_use: Option<LastUse>,
}

/// How a key ended before its expiry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRevocation {
    /// When.
    pub at: DateTime<Utc>,
    /// Who revoked it.
    pub by: Actor,
}

/// What becomes of requests with a key at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStatus {
    /// They are accepted.
    Active,
    /// They are refused until its maker is reactivated.
    Stopped,
    /// They are refused for good: its time is over.
    Expired,
    /// They are refused for good: it was revoked.
    Revoked,
}

impl KeyStatus {
    /// One word for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Stopped => "stopped",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

impl ApiKey {
    /// What becomes of requests with it at `now`.
    pub fn status(&self, now: DateTime<Utc>) -> KeyStatus {
        if self.revocation.is_some() {
            KeyStatus::Revoked
        } else if now >= self.expires_at {
            KeyStatus::Expired
        } else if self.maker_is_active {
            KeyStatus::Active
        } else {
            KeyStatus::Stopped
        }
    }

    /// The key as the one who does something: `API key “Terraform” of Grace Hopper`.
    pub fn actor(&self) -> Actor {
        let (name, maker) = (&self.name, &self.created_by);
        let title = match maker {
            Actor::CommandLine => format!("API key “{name}” of the command line"),
            maker => format!("API key “{name}” of {}", maker.name()),
        };
        Actor::ApiKey { id: self.id.clone(), title }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::keys::secret::PlainKey;

    fn key() -> ApiKey {
        ApiKey {
            id: PlainKey::generate(|bytes| bytes.fill(1)).id().clone(),
            digest: None,
            name: "Terraform".parse().unwrap(),
            scope: Scope::Replace,
            created_at: DateTime::UNIX_EPOCH,
            created_by: Actor::CommandLine,
            maker_is_active: true,
            expires_at: "2027-02-25T09:41:00Z".parse().unwrap(),
            revocation: None,
            last_use: None,
        }
    }

    #[test]
    fn the_second_of_the_expiry_is_too_late() {
        let (before, at) = ("2027-02-25T09:40:59Z", "2027-02-25T09:41:00Z");
        let revocation = Some(KeyRevocation { at: DateTime::UNIX_EPOCH, by: Actor::CommandLine });
        let revoked = ApiKey { revocation, ..key() };
        let stopped = ApiKey { maker_is_active: false, ..key() };
        for (key, now, status) in [
            (key(), before, KeyStatus::Active),
            (key(), at, KeyStatus::Expired),
            (stopped.clone(), before, KeyStatus::Stopped),
            (stopped, at, KeyStatus::Expired),
            (revoked.clone(), before, KeyStatus::Revoked),
            (revoked, at, KeyStatus::Revoked),
        ] {
            assert_eq!(key.status(now.parse().unwrap()), status, "{now}");
        }
    }

    #[test]
    fn names_are_read_or_refused() {
        for text in ["Terraform", "GitHub Actions · prod", "山田", &"x".repeat(60)] {
            assert!(text.parse::<KeyName>().is_ok(), "{text}");
        }
        for text in ["", " ", "a\nb", "\u{202e}x", "a\u{200b}", &"x".repeat(61)] {
            assert!(text.parse::<KeyName>().is_err(), "{text:?}");
        }
        assert_eq!(ApiKey::actor(&key()).name(), "API key “Terraform” of the command line");
    }
}
