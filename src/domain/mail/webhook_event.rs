//! What webhooks get, by the names that receivers choose by.

use std::fmt;

use super::kind::MailKind;
use super::old_token::OldTokenMail;
use crate::domain::sync::alarms::Alarm;

/// What a webhook gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WebhookEvent {
    /// A token was generated.
    Generated,
    /// A token was revoked and not replaced.
    Revoked,
    /// The token expires.
    Expiring,
    /// The token has expired.
    Expired,
    /// The identity provider still presents the token that was replaced.
    OldStillUsed,
    /// Nothing is heard from the identity provider.
    SyncSilent,
    /// Requests are refused, and none is accepted, or no token is valid that could be sent.
    SyncStopped,
    /// A request was accepted after an outage.
    SyncResumed,
    /// The certificate that scimward serves expires or has expired.
    CertificateExpiring,
    /// Somebody wants to know whether the webhook works.
    Test,
}

impl WebhookEvent {
    /// What a webhook gets when people get a mail of this kind; nothing about people. `is_over` is
    /// whether the token has expired.
    pub const fn of(kind: MailKind, is_over: bool) -> Option<Self> {
        Some(match kind {
            MailKind::Expiry(_) | MailKind::TooEarly(_) if is_over => Self::Expired,
            MailKind::Expiry(_) | MailKind::TooEarly(_) => Self::Expiring,
            MailKind::Generated => Self::Generated,
            MailKind::StillUsed => Self::OldStillUsed,
            MailKind::Alarm(Alarm::Revoked) => Self::Revoked,
            MailKind::Alarm(Alarm::Refused) | MailKind::OldToken(OldTokenMail::Stopped) => {
                Self::SyncStopped
            }
            MailKind::Alarm(Alarm::Silent | Alarm::StillSilent) => Self::SyncSilent,
            MailKind::Alarm(Alarm::WorksAgain) => Self::SyncResumed,
            MailKind::Certificate => Self::CertificateExpiring,
            MailKind::Test => Self::Test,
            MailKind::Alert(_)
            | MailKind::Passkeys(_)
            | MailKind::NewLogin
            | MailKind::OldToken(
                OldTokenMail::EndsSoon | OldTokenMail::Ended | OldTokenMail::Revoked,
            )
            | MailKind::Key(_)
            | MailKind::Invitation
            | MailKind::PasswordLink => return None,
        })
    }

    /// The name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Generated => "scim_token.generated",
            Self::Revoked => "scim_token.revoked",
            Self::Expiring => "scim_token.expiring",
            Self::Expired => "scim_token.expired",
            Self::OldStillUsed => "scim_token.old_still_used",
            Self::SyncSilent => "sync.silent",
            Self::SyncStopped => "sync.stopped",
            Self::SyncResumed => "sync.resumed",
            Self::CertificateExpiring => "certificate.expiring",
            Self::Test => "webhook.test",
        }
    }
}

impl fmt::Display for WebhookEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
