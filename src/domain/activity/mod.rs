//! What happened, who did it and from where: the entries of the activity list.

pub mod timeline;

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};

use super::admin::actor::Actor;
use super::network::source::Source;
use super::token::secret::TokenId;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// The kinds of things that happen. Their text form is stored and used in filters and
        /// exports, so it never changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Kind { $($(#[$doc])* $name,)* }

        impl Kind {
            /// Every kind, in the order in which filters list them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stored form.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }

        impl FromStr for Kind {
            type Err = UnknownKind;

            fn from_str(text: &str) -> Result<Self, UnknownKind> {
                match text { $($text => Ok(Self::$name),)* _ => Err(UnknownKind) }
            }
        }
    };
}

kinds! {
    /// A token was generated; `subject` is the id of the token it replaced.
    TokenGenerated = "token_generated",
    /// A token was revoked without a replacement.
    TokenRevoked = "token_revoked",
    /// A token was accepted for the first time.
    TokenFirstUsed = "token_first_used",
    /// A token reached its expiry.
    TokenExpired = "token_expired",
    /// Requests were refused; `subject` is the reason's code, `count` how many.
    RequestsRefused = "requests_refused",
    /// A Server Admin logged in.
    LoggedIn = "logged_in",
    /// A login failed; `subject` is the e-mail address that was tried.
    LoginFailed = "login_failed",
    /// A Server Admin logged out.
    LoggedOut = "logged_out",
    /// A session was ended from the list of sessions.
    SessionEnded = "session_ended",
    /// A Server Admin was added; `subject` is the e-mail address.
    AdminAdded = "admin_added",
    /// A Server Admin was invited; `subject` is the e-mail address.
    AdminInvited = "admin_invited",
    /// An invitation was withdrawn; `subject` is the e-mail address.
    InvitationWithdrawn = "invitation_withdrawn",
    /// A Server Admin was deactivated; `subject` is the e-mail address.
    AdminDeactivated = "admin_deactivated",
    /// A Server Admin was reactivated; `subject` is the e-mail address.
    AdminReactivated = "admin_reactivated",
    /// A Server Admin's name or address was changed; `subject` is the e-mail address.
    AdminChanged = "admin_changed",
    /// A Server Admin's password was changed; `subject` is the e-mail address.
    PasswordChanged = "password_changed",
    /// A mail was accepted by the mail server; `subject` is the kind of mail, `count` how many.
    MailSent = "mail_sent",
    /// A mail was written to a file, because no mail server is configured; as for a sent one.
    MailWritten = "mail_written",
    /// A mail was refused for good; `subject` is the kind of mail, `detail` the server's answer.
    MailFailed = "mail_failed",
}

/// The text names no kind of activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such kind of activity")]
pub struct UnknownKind;

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One entry of the activity list. It never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When it happened; for counted entries, when the latest happened.
    pub at: DateTime<Utc>,
    /// What happened.
    pub kind: Kind,
    /// Who did it.
    pub actor: Actor,
    /// From where.
    pub source: Source,
    /// The token it is about.
    pub token: Option<TokenId>,
    /// What else it is about; see [`Kind`].
    pub subject: Option<String>,
    /// A sentence or an answer to show with it.
    pub detail: Option<String>,
    /// How many times it happened; 1 for most kinds.
    pub count: u64,
}

impl Event {
    /// An entry that happened once; the other fields are filled by the `with` methods.
    pub const fn new(at: DateTime<Utc>, kind: Kind, actor: Actor, source: Source) -> Self {
        Self { at, kind, actor, source, token: None, subject: None, detail: None, count: 1 }
    }

    /// Names the token it is about.
    #[must_use]
    pub fn about_token(mut self, token: TokenId) -> Self {
        self.token = Some(token);
        self
    }

    /// Names what else it is about.
    #[must_use]
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// Adds a sentence or an answer.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Says how many times it happened.
    #[must_use]
    pub const fn times(mut self, count: u64) -> Self {
        self.count = count;
        self
    }
}

/// An entry with the key that orders the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Grows with every entry: the key by which the list is paged.
    pub id: i64,
    /// The entry.
    pub event: Event,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_back_from_its_stored_form() {
        for kind in Kind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
        }
        assert_eq!("".parse::<Kind>(), Err(UnknownKind));
    }
}
