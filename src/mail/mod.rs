//! Mails: what they say ([`letters`]), the message on the wire ([`Message`]) and how it leaves
//! ([`MailSession`]).
//!
//! Without a mail server, mails become files; nothing else differs, so a file shows exactly what a
//! server would have been given.

mod calendar_entry;
mod directory;
pub(crate) mod echo;
pub mod letter;
pub mod letters;
mod message;
mod session;
mod smtp;
mod smtp_url;
pub(crate) mod trust;
mod wrap;

use std::path::PathBuf;

use crate::domain::admin::person::EmailAddress;
use crate::domain::identity_provider::{self, IdentityProvider};
use crate::domain::network::public_url::PublicUrl;

pub use self::directory::is_file;
pub use self::message::{Message, message_id};
pub use self::session::MailSession;
pub use self::smtp_url::{InvalidServer, MailServer};

/// In whose name mails are sent, and what they speak of.
#[derive(Debug, Clone)]
pub struct Letterhead {
    /// The product's name.
    pub product: String,
    /// Where the links lead.
    pub public_url: PublicUrl,
    /// The sender's address.
    pub from: EmailAddress,
    /// The identity provider that was chosen.
    pub provider: Option<IdentityProvider>,
    /// Who gets what every Server Admin gets.
    pub team: Vec<EmailAddress>,
}

impl Letterhead {
    /// What sentences call the identity provider.
    fn provider_name(&self) -> &'static str {
        identity_provider::name(self.provider)
    }
}

/// Where mails go.
#[derive(Debug, Clone)]
pub enum Mailer {
    /// To a mail server.
    Server(Box<MailServer>),
    /// Into a folder, one `.eml` file for each mail.
    Directory(PathBuf),
}

impl Mailer {
    /// Whether mails reach anybody; files do not.
    pub const fn reaches_people(&self) -> bool {
        matches!(self, Self::Server(_))
    }

    /// The mail server as people may see it: without a login.
    pub fn described(&self) -> Option<String> {
        match self {
            Self::Server(server) => Some(server.described()),
            Self::Directory(_) => None,
        }
    }

    /// What is wrong with the file of certificates that the mail server's URL names, if anything.
    pub fn problem(&self) -> Option<String> {
        match self {
            Self::Server(server) => server.trust().err(),
            Self::Directory(_) => None,
        }
    }

    /// The folder that takes the place of a mail server.
    pub const fn directory(&self) -> Option<&PathBuf> {
        match self {
            Self::Server(_) => None,
            Self::Directory(path) => Some(path),
        }
    }
}

/// Why a mail was not sent; the text is the mail server's own answer where it gave one. Transient
/// and permanent are those of RFC 5321 section 4.2.1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The mail server cannot be reached or accepts no mail from us: no recipient would fare better,
    /// and trying again later may help.
    #[error("{0}")]
    Unavailable(String),
    /// This mail was not accepted, and trying again later may help.
    #[error("{0}")]
    Transient(String),
    /// The recipient or the mail was refused, and trying again would not help.
    #[error("{0}")]
    Permanent(String),
}

impl SendError {
    /// The same with another text.
    fn map(self, change: impl FnOnce(String) -> String) -> Self {
        match self {
            Self::Unavailable(text) => Self::Unavailable(change(text)),
            Self::Transient(text) => Self::Transient(change(text)),
            Self::Permanent(text) => Self::Permanent(change(text)),
        }
    }
}
