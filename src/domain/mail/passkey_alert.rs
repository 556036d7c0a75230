//! Changes of passkeys and recovery codes that people are told of by mail.

use std::fmt;

use crate::domain::activity::Kind;

/// What happened to the passkeys or recovery codes of a Server Admin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PasskeyAlert {
    /// A passkey was added.
    Added,
    /// A passkey was removed.
    Removed,
    /// All passkeys and recovery codes were removed at the command line.
    Reset,
    /// A passkey that may have been copied was refused.
    Copied,
    /// New recovery codes were made.
    CodesMade,
    /// A recovery code was used.
    CodeUsed,
}

impl PasskeyAlert {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Added, Self::Removed, Self::Reset, Self::Copied, Self::CodesMade, Self::CodeUsed];

    /// What an entry of this kind calls for.
    pub fn about(kind: Kind) -> Option<Self> {
        Self::ALL.into_iter().find(|alert| alert.cause() == kind)
    }

    /// The kind of entry that calls for it.
    pub const fn cause(self) -> Kind {
        match self {
            Self::Added => Kind::PasskeyAdded,
            Self::Removed => Kind::PasskeyRemoved,
            Self::Reset => Kind::PasskeysReset,
            Self::Copied => Kind::PasskeyCopied,
            Self::CodesMade => Kind::RecoveryCodesMade,
            Self::CodeUsed => Kind::RecoveryCodeUsed,
        }
    }

    /// Whether only the Server Admin is told whose it is: what they do themselves, with a fresh proof.
    pub const fn is_personal(self) -> bool {
        !matches!(self, Self::Reset | Self::Copied)
    }

    /// The stored form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "passkey-added",
            Self::Removed => "passkey-removed",
            Self::Reset => "passkeys-reset",
            Self::Copied => "passkey-copied",
            Self::CodesMade => "codes-made",
            Self::CodeUsed => "code-used",
        }
    }

    /// Its name in a sentence.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Added => "Mail about a new passkey",
            Self::Removed => "Mail about a removed passkey",
            Self::Reset => "Mail about reset passkeys",
            Self::Copied => "Mail about a copied passkey",
            Self::CodesMade => "Mail about new recovery codes",
            Self::CodeUsed => "Mail about a used recovery code",
        }
    }
}

impl fmt::Display for PasskeyAlert {
    /// Writes what pages and commands call it in a list.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.cause().info().name)
    }
}
