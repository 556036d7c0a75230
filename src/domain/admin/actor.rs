//! Who did something.

use super::person::AdminId;

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A Server Admin, by the name at the time.
    Admin {
        /// The admin's id.
        id: AdminId,
        /// The admin's name when it happened.
        name: String,
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
            Self::CommandLine | Self::System => None,
        }
    }

    /// How the actor is named in sentences: a name, `command line` or `scimward`.
    pub fn name(&self) -> &str {
        match self {
            Self::Admin { name, .. } => name,
            Self::CommandLine => "command line",
            Self::System => "scimward",
        }
    }
}
