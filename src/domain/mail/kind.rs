//! The kinds of mails, and what they are called.

use std::fmt;
use std::str::FromStr;

use super::alert::Alert;
use super::milestone::Milestone;
use crate::domain::sync::alarms::Alarm;

/// What a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailKind {
    /// The token expires or has expired.
    Expiry(Milestone),
    /// A token was generated.
    Generated,
    /// The identity provider still presents the token that was replaced.
    StillUsed,
    /// Who may sign in, or how, was changed.
    Alert(Alert),
    /// Something about the connection.
    Alarm(Alarm),
    /// Somebody is invited to become a Server Admin.
    Invitation,
    /// Somebody wants to know whether mails arrive.
    Test,
}

/// The text names no kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such kind of mail")]
pub struct UnknownMailKind;

impl MailKind {
    /// Every kind.
    pub const ALL: [Self; 18] = [
        Self::Expiry(Milestone::FifteenDaysBefore),
        Self::Expiry(Milestone::OneDayBefore),
        Self::Expiry(Milestone::OnTheDay),
        Self::Expiry(Milestone::OneDayAfter),
        Self::Generated,
        Self::StillUsed,
        Self::Alert(Alert::Added),
        Self::Alert(Alert::Reactivated),
        Self::Alert(Alert::Deactivated),
        Self::Alert(Alert::Changed),
        Self::Alert(Alert::PasswordChanged),
        Self::Alarm(Alarm::Revoked),
        Self::Alarm(Alarm::Refused),
        Self::Alarm(Alarm::Silent),
        Self::Alarm(Alarm::StillSilent),
        Self::Alarm(Alarm::WorksAgain),
        Self::Invitation,
        Self::Test,
    ];

    /// The stored form, which is also a part of the `Message-ID` and the subject of an activity.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expiry(milestone) => milestone.as_str(),
            Self::Generated => "generated",
            Self::StillUsed => "still-used",
            Self::Alert(alert) => alert.as_str(),
            Self::Alarm(alarm) => alarm.as_str(),
            Self::Invitation => "invitation",
            Self::Test => "test",
        }
    }

    /// The milestone, if it is one.
    pub const fn milestone(self) -> Option<Milestone> {
        match self {
            Self::Expiry(milestone) => Some(milestone),
            _ => None,
        }
    }

    /// Whether it goes to whom it was addressed, whatever has become of them since: who deactivates
    /// others or changes their addresses cannot keep it from them.
    pub const fn keeps_recipients(self) -> bool {
        matches!(self, Self::Alert(_))
    }

    /// The mail's name in a sentence: `15-day expiry mail`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expiry(Milestone::FifteenDaysBefore) => "15-day expiry mail",
            Self::Expiry(Milestone::OneDayBefore) => "1-day expiry mail",
            Self::Expiry(Milestone::OnTheDay) => "Expiry-day mail",
            Self::Expiry(Milestone::OneDayAfter) => "After-expiry mail",
            Self::Generated => "Security mail",
            Self::StillUsed => "Mail about the replaced token",
            Self::Alert(alert) => alert.name(),
            Self::Alarm(alarm) => alarm.name(),
            Self::Invitation => "Invitation",
            Self::Test => "Test mail",
        }
    }
}

impl FromStr for MailKind {
    type Err = UnknownMailKind;

    fn from_str(text: &str) -> Result<Self, UnknownMailKind> {
        Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or(UnknownMailKind)
    }
}

impl fmt::Display for MailKind {
    /// Writes what pages and commands call it in a list: `15 days before`, `Token generated`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expiry(milestone) => milestone.fmt(f),
            Self::Generated => f.write_str("Token generated"),
            Self::StillUsed => f.write_str("Replaced token still used"),
            Self::Alert(alert) => alert.fmt(f),
            Self::Alarm(alarm) => alarm.fmt(f),
            Self::Invitation => f.write_str("Invitation"),
            Self::Test => f.write_str("Test mail"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_back_from_its_stored_form() {
        for kind in MailKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        assert_eq!("".parse::<MailKind>(), Err(UnknownMailKind));
    }
}
