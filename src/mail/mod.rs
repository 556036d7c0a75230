//! Mails: what they say ([`letters`]), how they are wrapped (`message`) and how they leave.
//!
//! [`Mailer`] is one of two ways out. Without a mail server, mails become files; nothing else
//! differs, so what a file shows is what a server would have been given.

mod directory;
pub mod letter;
pub mod letters;
mod message;
mod smtp;
mod smtp_url;
mod wrap;

use std::path::PathBuf;

use crate::domain::network::public_url::PublicUrl;

pub use self::message::Outgoing;
pub use self::smtp_url::{InvalidServer, MailServer};
use crate::domain::admin::person::EmailAddress;

/// In whose name mails are sent.
#[derive(Debug, Clone)]
pub struct Letterhead {
    /// The product's name.
    pub product: String,
    /// Where the links lead.
    pub public_url: PublicUrl,
    /// The sender's address.
    pub from: EmailAddress,
}

/// Where mails go.
#[derive(Debug, Clone)]
pub enum Mailer {
    /// To a mail server.
    Server(Box<MailServer>),
    /// Into a folder, one `.eml` file for each mail.
    Directory(PathBuf),
}

/// Why a mail was not delivered; the text is the mail server's own answer where it gave one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undelivered {
    /// Trying again later may help.
    #[error("{0}")]
    ForNow(String),
    /// The recipient or the mail was refused.
    #[error("{0}")]
    ForGood(String),
}

impl Mailer {
    /// Whether mails reach anybody; files do not.
    pub const fn reaches_people(&self) -> bool {
        matches!(self, Self::Server(_))
    }

    /// The folder that takes the place of a mail server.
    pub const fn directory(&self) -> Option<&PathBuf> {
        match self {
            Self::Server(_) => None,
            Self::Directory(path) => Some(path),
        }
    }

    /// Begins to send. Nothing is connected before the first mail.
    pub const fn session<'a>(&'a self, letterhead: &'a Letterhead) -> Session<'a> {
        Session { mailer: self, letterhead, state: State::Idle }
    }
}

/// Sends one mail after the other over one connection.
pub struct Session<'a> {
    mailer: &'a Mailer,
    letterhead: &'a Letterhead,
    state: State,
}

enum State {
    Idle,
    Open(Box<smtp::Conversation>),
    /// The server could not be reached: the mails that follow in this session are not tried one by
    /// one, or a silent server would hold up every recipient for the whole time limit.
    Unreachable(String),
}

impl Session<'_> {
    /// Sends a mail and returns what the mail server answered, or the file's name.
    ///
    /// # Errors
    /// [`Undelivered`].
    pub async fn send(&mut self, mail: &Outgoing) -> Result<String, Undelivered> {
        let wrapped = message::wrap(self.letterhead, mail)?;
        match self.mailer {
            Mailer::Directory(path) => directory::write(path.clone(), wrapped).await,
            Mailer::Server(server) => self.talk(server, &wrapped).await,
        }
    }

    /// Ends the connection politely.
    pub async fn close(self) {
        if let State::Open(conversation) = self.state {
            conversation.quit().await;
        }
    }

    async fn talk(
        &mut self,
        server: &MailServer,
        wrapped: &message::Wrapped,
    ) -> Result<String, Undelivered> {
        use smtp::Trouble;

        let reused = match std::mem::replace(&mut self.state, State::Idle) {
            State::Unreachable(answer) => {
                self.state = State::Unreachable(answer.clone());
                return Err(Undelivered::ForNow(answer));
            }
            State::Open(conversation) => Some(conversation),
            State::Idle => None,
        };
        if let Some(conversation) = reused {
            match self.deliver(conversation, wrapped).await {
                // Servers end connections that have carried enough mails: one more is opened.
                Err(Trouble::NotBegun(_)) => {}
                other => return other.map_err(Trouble::into),
            }
        }
        let result = match smtp::open(server, self.letterhead.public_url.host()).await {
            Ok(conversation) => self.deliver(Box::new(conversation), wrapped).await,
            Err(answer) => Err(Trouble::NotBegun(answer)),
        };
        if let Err(Trouble::NotBegun(answer)) = &result {
            self.state = State::Unreachable(answer.clone());
        }
        result.map_err(Trouble::into)
    }

    /// Delivers and keeps the connection unless it broke.
    async fn deliver(
        &mut self,
        mut conversation: Box<smtp::Conversation>,
        wrapped: &message::Wrapped,
    ) -> Result<String, smtp::Trouble> {
        let result = conversation.deliver(wrapped).await;
        if conversation.is_usable() {
            self.state = State::Open(conversation);
        }
        result
    }
}
