//! Who asks for a change, and who has made one.

use super::code::Digest;
use super::person::AdminId;
use crate::domain::keys::secret::KeyId;
use crate::domain::network::source::Source;

/// Who asks for a change. It is not known yet whether they may: a session may have ended since the
/// request named it. Only the transaction that makes the change knows, and makes an [`Actor`] of
/// the author.
#[derive(Debug, Clone)]
pub enum Author {
    /// The Server Admin who is signed in by this session, if it has not ended.
    Session {
        /// The stored form of the session's id.
        digest: Digest,
        /// Where the request comes from.
        source: Source,
    },
    /// A program with this API key, if it may still be used.
    ApiKey {
        /// The key's public id.
        id: KeyId,
        /// Where the request comes from.
        source: Source,
    },
    /// Somebody at the command line.
    CommandLine,
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A Server Admin, by name and address at the time: names are not unique.
    Admin {
        /// The admin's id.
        id: AdminId,
        /// The admin's name when it happened.
        name: String,
        /// The admin's address when it happened, where it was kept.
        email: Option<String>,
    },
    /// A program with an API key.
    ApiKey {
        /// The key's public id.
        id: KeyId,
        /// What it is called in sentences: `API key “Terraform” of Grace Hopper`.
        title: String,
    },
    /// Somebody at the command line.
    CommandLine,
    /// Nobody in particular: scimward itself, or a client that is not signed in.
    System,
}

impl Actor {
    /// The Server Admin's id, if it was one.
    pub const fn admin_id(&self) -> Option<AdminId> {
        match self {
            Self::Admin { id, .. } => Some(*id),
            Self::ApiKey { .. } | Self::CommandLine | Self::System => None,
        }
    }

    /// The Server Admin's address at the time, if it was one and it was kept.
    pub fn email(&self) -> Option<&str> {
        match self {
            Self::Admin { email, .. } => email.as_deref(),
            Self::ApiKey { .. } | Self::CommandLine | Self::System => None,
        }
    }

    /// The public id of the API key, if it was one.
    pub const fn key_id(&self) -> Option<&KeyId> {
        match self {
            Self::ApiKey { id, .. } => Some(id),
            Self::Admin { .. } | Self::CommandLine | Self::System => None,
        }
    }

    /// How the actor is named in lists: a name, `command line` or `scimward`.
    pub fn name(&self) -> &str {
        match self {
            Self::Admin { name, .. } => name,
            Self::ApiKey { title, .. } => title,
            Self::CommandLine => "command line",
            Self::System => "scimward",
        }
    }

    /// The same after `by`, in a sentence.
    pub fn name_in_sentence(&self) -> &str {
        match self {
            Self::CommandLine => "the command line",
            other => other.name(),
        }
    }
}
