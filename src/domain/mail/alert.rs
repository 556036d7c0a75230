//! Changes of who may sign in: everybody gets a mail, so that a stolen session cannot be used in silence.

use std::fmt;

use crate::domain::activity::Kind;

/// A change of who may sign in, or how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Alert {
    /// Somebody became a Server Admin.
    Added,
    /// A deactivated Server Admin was let in again.
    Reactivated,
    /// A Server Admin was kept out.
    Deactivated,
    /// The name or the address of a Server Admin was changed.
    Changed,
    /// The password of a Server Admin was changed.
    PasswordChanged,
    /// A Server Admin chose a new password with a link.
    PasswordLinkUsed,
}

impl Alert {
    /// The kinds of entries that call for an alert.
    pub const CAUSES: [Kind; 6] = [
        Kind::AdminAdded,
        Kind::AdminReactivated,
        Kind::AdminDeactivated,
        Kind::AdminChanged,
        Kind::PasswordChanged,
        Kind::PasswordLinkUsed,
    ];

    /// The alert that an entry of this kind calls for.
    pub const fn about(kind: Kind) -> Option<Self> {
        match kind {
            Kind::AdminAdded => Some(Self::Added),
            Kind::AdminReactivated => Some(Self::Reactivated),
            Kind::AdminDeactivated => Some(Self::Deactivated),
            Kind::AdminChanged => Some(Self::Changed),
            Kind::PasswordChanged => Some(Self::PasswordChanged),
            Kind::PasswordLinkUsed => Some(Self::PasswordLinkUsed),
            _ => None,
        }
    }

    /// The stored form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "admin-added",
            Self::Reactivated => "admin-reactivated",
            Self::Deactivated => "admin-deactivated",
            Self::Changed => "admin-changed",
            Self::PasswordChanged => "password-changed",
            Self::PasswordLinkUsed => "password-link-used",
        }
    }

    /// Its name in a sentence.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Added => "Mail about a new Server Admin",
            Self::Reactivated => "Mail about a reactivated Server Admin",
            Self::Deactivated => "Mail about a deactivated Server Admin",
            Self::Changed => "Mail about a changed name or address",
            Self::PasswordChanged => "Mail about a changed password",
            Self::PasswordLinkUsed => "Mail about a used password link",
        }
    }
}

impl fmt::Display for Alert {
    /// Writes what pages and commands call it in a list.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Added => "Server Admin added",
            Self::Reactivated => "Server Admin reactivated",
            Self::Deactivated => "Server Admin deactivated",
            Self::Changed => "Name or address changed",
            Self::PasswordChanged => "Password changed",
            Self::PasswordLinkUsed => "Password link used",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_all_that_call_for_an_alert() {
        let calling: Vec<Kind> =
            Kind::ALL.iter().copied().filter(|kind| Alert::about(*kind).is_some()).collect();

        assert_eq!(calling.len(), Alert::CAUSES.len());
        assert!(calling.iter().all(|kind| Alert::CAUSES.contains(kind)));
    }
}
