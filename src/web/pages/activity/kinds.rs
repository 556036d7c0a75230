//! Kinds of entries by icon, colour and name, and put together for the filter.

use crate::domain::activity::Kind;

/// Icon and colour.
pub(crate) const fn of(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::TokenGenerated => ("key", "success"),
        Kind::TokenRevoked => ("circle-slash", "danger"),
        Kind::TokenFirstUsed => ("plug", "accent"),
        Kind::TokenExpired => ("clock", "danger"),
        Kind::RequestsRefused => ("x-circle-fill", "danger"),
        Kind::LoggedIn => ("sign-in", ""),
        Kind::LoginFailed => ("alert", "attention"),
        Kind::LoggedOut | Kind::SessionEnded => ("sign-out", ""),
        Kind::AdminAdded | Kind::AdminReactivated | Kind::AdminChanged => ("person", ""),
        Kind::AdminInvited => ("paper-airplane", ""),
        Kind::AdminDeactivated => ("circle-slash", "attention"),
        Kind::InvitationWithdrawn => ("x", ""),
        Kind::PasswordChanged => ("lock", ""),
        Kind::MailSent => ("mail", ""),
        Kind::MailWritten | Kind::MailFailed => ("mail", "attention"),
    }
}

/// What the filter calls a kind.
pub(crate) const fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::TokenGenerated => "Token generated",
        Kind::TokenRevoked => "Token revoked",
        Kind::TokenFirstUsed => "Token used for the first time",
        Kind::TokenExpired => "Token expired",
        Kind::RequestsRefused => "SCIM requests refused",
        Kind::LoggedIn => "Logged in",
        Kind::LoginFailed => "Login failed",
        Kind::LoggedOut => "Logged out",
        Kind::SessionEnded => "Session ended",
        Kind::AdminAdded => "Server Admin added",
        Kind::AdminInvited => "Server Admin invited",
        Kind::InvitationWithdrawn => "Invitation withdrawn",
        Kind::AdminDeactivated => "Server Admin deactivated",
        Kind::AdminReactivated => "Server Admin reactivated",
        Kind::AdminChanged => "Name or address changed",
        Kind::PasswordChanged => "Password changed",
        Kind::MailSent => "Mail sent",
        Kind::MailWritten => "Mail written to a file",
        Kind::MailFailed => "Mail failed",
    }
}

/// Kinds that belong together.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Topic {
    /// What stands in the URL.
    pub(crate) code: &'static str,
    /// What the filter calls it.
    pub(crate) name: &'static str,
    /// Its kinds.
    pub(crate) kinds: &'static [Kind],
}

impl Topic {
    /// Its kinds as choices of the filter: what stands in the URL, and the name.
    pub(crate) fn choices(&self) -> Vec<(&'static str, &'static str)> {
        self.kinds.iter().map(|kind| (kind.as_str(), name(*kind))).collect()
    }
}

/// Every topic, in the order in which the filter lists them.
pub(crate) const fn topics() -> &'static [Topic] {
    &[
        Topic {
            code: "tokens",
            name: "SCIM tokens",
            kinds: &[
                Kind::TokenGenerated,
                Kind::TokenRevoked,
                Kind::TokenFirstUsed,
                Kind::TokenExpired,
                Kind::RequestsRefused,
            ],
        },
        Topic {
            code: "logins",
            name: "Logins",
            kinds: &[Kind::LoggedIn, Kind::LoginFailed, Kind::LoggedOut, Kind::SessionEnded],
        },
        Topic {
            code: "admins",
            name: "Server Admins",
            kinds: &[
                Kind::AdminAdded,
                Kind::AdminInvited,
                Kind::InvitationWithdrawn,
                Kind::AdminDeactivated,
                Kind::AdminReactivated,
                Kind::AdminChanged,
                Kind::PasswordChanged,
            ],
        },
        Topic {
            code: "mails",
            name: "Mails",
            kinds: &[Kind::MailSent, Kind::MailWritten, Kind::MailFailed],
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_belongs_to_one_topic() {
        for kind in Kind::ALL {
            let topics = topics().iter().filter(|topic| topic.kinds.contains(kind));
            assert_eq!(topics.count(), 1, "{kind}");
        }
    }
}
