//! The kinds of mails, and what they are called.

use std::fmt;
use std::str::FromStr;

use super::alert::Alert;
use super::key::KeyMail;
use super::milestone::Milestone;
use super::old_token::OldTokenMail;
use super::passkey_alert::PasskeyAlert;
use crate::domain::activity::Kind;
use crate::domain::sync::alarms::Alarm;

/// What a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailKind {
    /// The token expires or has expired.
    Expiry(Milestone),
    /// The same, sent before its day by a clock that ran ahead: another one goes out on the day.
    TooEarly(Milestone),
    /// A token was generated.
    Generated,
    /// The identity provider still presents the token that was replaced.
    StillUsed,
    /// The old token that is kept beside the new one ends, or has ended.
    OldToken(OldTokenMail),
    /// Who may sign in, or how, was changed.
    Alert(Alert),
    /// The passkeys or recovery codes of a Server Admin were changed.
    Passkeys(PasskeyAlert),
    /// Somebody logged in from where they have not logged in lately.
    NewLogin,
    /// Something about the connection.
    Alarm(Alarm),
    /// The certificate that scimward serves expires or has expired.
    Certificate,
    /// Something about an API key.
    Key(KeyMail),
    /// Somebody is invited to become a Server Admin.
    Invitation,
    /// A Server Admin is sent a link to choose a new password.
    PasswordLink,
    /// Somebody wants to know whether mails arrive.
    Test,
}

/// The text names no kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such kind of mail")]
pub struct UnknownMailKind;

impl MailKind {
    /// Every kind.
    pub const ALL: [Self; 39] = [
        Self::Expiry(Milestone::FifteenDaysBefore),
        Self::Expiry(Milestone::OneDayBefore),
        Self::Expiry(Milestone::OnTheDay),
        Self::Expiry(Milestone::OneDayAfter),
        Self::TooEarly(Milestone::FifteenDaysBefore),
        Self::TooEarly(Milestone::OneDayBefore),
        Self::TooEarly(Milestone::OnTheDay),
        Self::TooEarly(Milestone::OneDayAfter),
        Self::Generated,
        Self::StillUsed,
        Self::OldToken(OldTokenMail::EndsSoon),
        Self::OldToken(OldTokenMail::Ended),
        Self::OldToken(OldTokenMail::Revoked),
        Self::OldToken(OldTokenMail::Stopped),
        Self::Alert(Alert::Added),
        Self::Alert(Alert::Reactivated),
        Self::Alert(Alert::Deactivated),
        Self::Alert(Alert::Changed),
        Self::Alert(Alert::PasswordChanged),
        Self::Alert(Alert::PasswordLinkUsed),
        Self::Passkeys(PasskeyAlert::Added),
        Self::Passkeys(PasskeyAlert::Removed),
        Self::Passkeys(PasskeyAlert::Reset),
        Self::Passkeys(PasskeyAlert::Copied),
        Self::Passkeys(PasskeyAlert::CodesMade),
        Self::Passkeys(PasskeyAlert::CodeUsed),
        Self::NewLogin,
        Self::Alarm(Alarm::Revoked),
        Self::Alarm(Alarm::Refused),
        Self::Alarm(Alarm::Silent),
        Self::Alarm(Alarm::StillSilent),
        Self::Alarm(Alarm::WorksAgain),
        Self::Certificate,
        Self::Key(KeyMail::Created),
        Self::Key(KeyMail::FifteenDaysBefore),
        Self::Key(KeyMail::OneDayBefore),
        Self::Invitation,
        Self::PasswordLink,
        Self::Test,
    ];

    /// The stored form, which is also a part of the `Message-ID` and the subject of an activity.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expiry(milestone) => milestone.as_str(),
            Self::TooEarly(Milestone::FifteenDaysBefore) => "minus15-early",
            Self::TooEarly(Milestone::OneDayBefore) => "minus1-early",
            Self::TooEarly(Milestone::OnTheDay) => "day0-early",
            Self::TooEarly(Milestone::OneDayAfter) => "plus1-early",
            Self::Generated => "generated",
            Self::StillUsed => "still-used",
            Self::OldToken(mail) => mail.as_str(),
            Self::Alert(alert) => alert.as_str(),
            Self::Passkeys(alert) => alert.as_str(),
            Self::NewLogin => "new-login",
            Self::Alarm(alarm) => alarm.as_str(),
            Self::Certificate => "certificate",
            Self::Key(mail) => mail.as_str(),
            Self::Invitation => "invitation",
            Self::PasswordLink => "password-link",
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

    /// The mail about a change of who may sign in, or how, that an entry of this kind tells of.
    pub fn about_change(kind: Kind) -> Option<Self> {
        let passkeys = || PasskeyAlert::about(kind).map(Self::Passkeys);
        Alert::about(kind).map(Self::Alert).or_else(passkeys)
    }

    /// Whether it goes to the Server Admin it is about, and to nobody else.
    pub const fn is_personal(self) -> bool {
        match self {
            Self::Passkeys(alert) => alert.is_personal(),
            Self::NewLogin => true,
            _ => false,
        }
    }

    /// Whether it stays addressed to its first recipients, even if they were deactivated or given
    /// another address since: otherwise a stolen session could keep it from them.
    pub const fn keeps_recipients(self) -> bool {
        matches!(
            self,
            Self::Alert(_) | Self::Passkeys(_) | Self::NewLogin | Self::Key(KeyMail::Created)
        )
    }

    /// The mail's name in a sentence: `15-day expiry mail`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expiry(milestone) | Self::TooEarly(milestone) => match milestone {
                Milestone::FifteenDaysBefore => "15-day expiry mail",
                Milestone::OneDayBefore => "1-day expiry mail",
                Milestone::OnTheDay => "Expiry-day mail",
                Milestone::OneDayAfter => "After-expiry mail",
            },
            Self::Generated => "Security mail",
            Self::StillUsed => "Mail about the replaced token",
            Self::OldToken(mail) => mail.name(),
            Self::Alert(alert) => alert.name(),
            Self::Passkeys(alert) => alert.name(),
            Self::NewLogin => "Mail about a new login",
            Self::Alarm(alarm) => alarm.name(),
            Self::Certificate => "Mail about the certificate",
            Self::Key(mail) => mail.name(),
            Self::Invitation => "Invitation",
            Self::PasswordLink => "Password link",
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
            Self::TooEarly(milestone) => write!(f, "{milestone}, too early"),
            Self::Generated => f.write_str("Token generated"),
            Self::StillUsed => f.write_str("Replaced token still named"),
            Self::OldToken(mail) => mail.fmt(f),
            Self::Alert(alert) => alert.fmt(f),
            Self::Passkeys(alert) => alert.fmt(f),
            Self::NewLogin => f.write_str("New login"),
            Self::Alarm(alarm) => alarm.fmt(f),
            Self::Certificate => f.write_str("HTTPS certificate expires"),
            Self::Key(mail) => mail.fmt(f),
            Self::Invitation => f.write_str("Invitation"),
            Self::PasswordLink => f.write_str("Password link"),
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
