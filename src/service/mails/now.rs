//! Mails that are sent at once, while somebody waits for the answer: test mails and invitations.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::Mails;
use super::sending::about;
use crate::domain::activity::Kind;
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::person::EmailAddress;
use crate::domain::base62;
use crate::domain::mail::{Occasion, Outcome, Recipient};
use crate::mail::letter::Letter;
use crate::mail::{Outgoing, Undelivered, letters};
use crate::service::Failure;
use crate::store::{self, Lock, StoreError};

/// Random characters in the `Message-ID` of a mail that is sent once.
const ID_LENGTH: usize = 16;

/// What has become of a mail that somebody waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// The mail server accepted it and answered this.
    Accepted(String),
    /// No mail server is configured; it was written to a file, as the sentence says.
    WrittenToFile(String),
    /// It was not delivered: the mail server's answer, or what kept it from answering.
    Refused(String),
}

/// An invitation to be mailed.
#[derive(Debug)]
pub struct Invited<'a> {
    /// The invited person's name.
    pub name: &'a str,
    /// Where the mail goes.
    pub address: EmailAddress,
    /// Who invites.
    pub by: &'a str,
    /// The one-time link; it is in the mail and kept nowhere.
    pub link: &'a str,
    /// When the link ends.
    pub expires_at: DateTime<Utc>,
}

impl Mails {
    /// Whether mails reach anybody; without a mail server they become files.
    pub fn reaches_people(&self) -> bool {
        self.configured.mailer.reaches_people()
    }

    /// Sends a test mail to a Server Admin.
    ///
    /// # Errors
    /// [`Failure`] when the database fails.
    pub async fn test_admin(&self, admin: &ServerAdmin) -> Result<Delivery, Failure> {
        let recipient = Recipient { admin: Some(admin.id), address: admin.email.clone() };
        self.test(Some(admin.name.as_str()), recipient, admin.name.as_str()).await
    }

    /// Sends a test mail to any address, for the command line.
    ///
    /// # Errors
    /// [`Failure`] when the database fails.
    pub async fn test_address(&self, address: EmailAddress) -> Result<Delivery, Failure> {
        let wanted = address.clone();
        let find = move |conn: &mut store::Conn| store::people::admins::by_email(conn, &wanted);
        let admin = self.resources.store.read(find).await?;
        let name = admin.as_ref().map(|admin| admin.name.to_string());
        let recipient = Recipient { admin: admin.map(|admin| admin.id), address };
        self.test(name.as_deref(), recipient, "command line").await
    }

    /// Mails an invitation. Without a mail server nothing is written, because the link is a secret:
    /// show it to the one who invites instead.
    ///
    /// # Errors
    /// [`Failure`] when the database fails.
    pub async fn invite(&self, invited: Invited<'_>) -> Result<Delivery, Failure> {
        if !self.reaches_people() {
            return Ok(Delivery::Refused("No mail server is configured.".to_owned()));
        }
        let Invited { name, address, by, link, expires_at } = invited;
        let mail = letters::Invitation { by, link, expires_at };
        let zone = self.configured.schedule.zone;
        let letter = letters::invitation(&mail, zone, &self.configured.letterhead);
        let recipient = Recipient { admin: None, address };
        self.send_now(Occasion::Invitation, Some(name), recipient, letter).await
    }

    async fn test(
        &self,
        name: Option<&str>,
        recipient: Recipient,
        by: &str,
    ) -> Result<Delivery, Failure> {
        let now = self.resources.clock.now();
        let zone = self.configured.schedule.zone;
        let letter = letters::test(by, zone, now, &self.configured.letterhead);
        self.send_now(Occasion::Test, name, recipient, letter).await
    }

    async fn send_now(
        &self,
        occasion: Occasion,
        name: Option<&str>,
        recipient: Recipient,
        letter: Letter,
    ) -> Result<Delivery, Failure> {
        let mail = Outgoing {
            name: name.map(str::to_owned),
            address: recipient.address.clone(),
            occasion,
            about: base62::random::<ID_LENGTH>(|bytes| self.resources.entropy.fill(bytes)),
            recipient_key: recipient.address.key(),
            date: self.resources.clock.now(),
            letter,
        };
        let configured = Arc::clone(&self.configured);
        let mut session = configured.mailer.session(&configured.letterhead);
        let result = session.send(&mail).await;
        session.close().await;
        self.remember(occasion, recipient, &result).await?;
        Ok(match result {
            Ok(answer) if self.reaches_people() => Delivery::Accepted(answer),
            Ok(sentence) => Delivery::WrittenToFile(sentence),
            Err(Undelivered::ForNow(answer) | Undelivered::ForGood(answer)) => {
                Delivery::Refused(answer)
            }
        })
    }

    async fn remember(
        &self,
        occasion: Occasion,
        recipient: Recipient,
        result: &Result<String, Undelivered>,
    ) -> Result<(), Failure> {
        let at = self.resources.clock.now();
        let (kind, outcome, detail) = match result {
            Ok(answer) => {
                let detail = recipient.address.to_string();
                (self.delivered(), Outcome::Sent { at, answer: answer.clone() }, detail)
            }
            Err(error) => {
                let detail = format!("{}: {error}", recipient.address);
                (Kind::MailFailed, Outcome::Failed { at, answer: error.to_string() }, detail)
            }
        };
        let written = self.resources.store.write(Lock::Mails, move |conn| {
            let id = store::mails::insert(conn, occasion, None, &recipient, at)?;
            store::mails::settle(conn, id, 0, &outcome)?;
            let event = about(kind, occasion, None, at).with_detail(detail);
            store::activity::record(conn, &event)
        });
        written.await.map_err(|error: StoreError| error.into())
    }
}
