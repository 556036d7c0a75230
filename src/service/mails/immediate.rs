//! Mails that are sent at once while somebody waits for the answer: test mails and invitations.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Mails, activity};
use crate::domain::activity::Kind;
use crate::domain::admin::actor::{Actor, Author};
use crate::domain::admin::person::EmailAddress;
use crate::domain::base62;
use crate::domain::mail::about::About;
use crate::domain::mail::kind::MailKind;
use crate::domain::mail::recipient::Recipient;
use crate::domain::mail::{MailId, MailState};
use crate::mail::letter::Letter;
use crate::mail::{MailSession, Message, SendError, letters, message_id};
use crate::service::authority::Authorized;
use crate::service::failure::change_errors;
use crate::service::{Failure, HourlyLimit, hourly};
use crate::store::{self, Conn, Lock, Transaction};

/// Random characters in the `Message-ID` of a mail that is sent once.
const ID_LENGTH: usize = 16;

/// Test mails that one admin may ask for in an hour.
const TESTS_IN_AN_HOUR: usize = 10;

/// What has become of a mail that somebody waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// The mail server accepted it with this answer.
    Accepted(String),
    /// No mail server is configured; it was written to a file, as the sentence says.
    WrittenToFile(String),
    /// It was not delivered: the mail server's answer, or what kept it from answering.
    Refused(String),
}

/// Why no test mail was sent.
#[derive(Debug, thiserror::Error)]
pub enum TestError {
    /// Too many in the last hour.
    #[error(transparent)]
    HourlyLimit(#[from] HourlyLimit),
    /// The server failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

change_errors!(TestError);

/// An invitation to be mailed.
#[derive(Debug)]
pub struct InvitationMail<'a> {
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
    /// Sends a test mail to the Server Admin who asks for it.
    pub async fn test_own(&self, by: Author) -> Result<Delivery, TestError> {
        let added = |conn: &mut Transaction, by: &Authorized| {
            hourly::check_test_mails::<TestError>(conn, by, TESTS_IN_AN_HOUR)?;
            let (_, admin) = by.session()?;
            let address = admin.email.clone();
            let recipient = Recipient::Admin(admin.id, address.clone());
            let id =
                store::mails::insert(conn, MailKind::Test, &About::Request, &recipient, by.now)?;
            Ok::<_, TestError>((id, address, admin.name.to_string()))
        };
        let (id, address, name) =
            self.resources.write_as(by, Lock::Mails, Kind::MailSent, added).await?;
        let letter = self.test_letter(&name);
        Ok(self.deliver(id, MailKind::Test, Some(&name), address, letter).await?)
    }

    /// Sends a test mail to any address, for the command line.
    pub async fn test_address(&self, address: EmailAddress) -> Result<Delivery, Failure> {
        let wanted = address.clone();
        let find = move |conn: &mut Conn| store::people::admins::by_email(conn, &wanted);
        let admin = self.resources.store.read(find).await?;
        let name = admin.as_ref().map(|admin| admin.name.to_string());
        let recipient = match admin {
            Some(admin) => Recipient::Admin(admin.id, address.clone()),
            None => Recipient::Address(address.clone()),
        };
        let id = self.add(MailKind::Test, recipient).await?;
        let letter = self.test_letter(Actor::CommandLine.name());
        self.deliver(id, MailKind::Test, name.as_deref(), address, letter).await
    }

    /// Mails an invitation. Without a mail server nothing is written, because the link is a secret:
    /// show it to the person who invites instead.
    pub async fn invite(&self, mail: InvitationMail<'_>) -> Result<Delivery, Failure> {
        if !self.reaches_people() {
            return Ok(Delivery::Refused("No mail server is configured.".to_owned()));
        }
        let InvitationMail { name, address, by, link, expires_at } = mail;
        let zone = self.settings.schedule.zone;
        let letter = letters::invitation(by, link, expires_at, zone, &self.settings.letterhead);
        let recipient = Recipient::Address(address.clone());
        let id = self.add(MailKind::Invitation, recipient).await?;
        self.deliver(id, MailKind::Invitation, Some(name), address, letter).await
    }

    fn test_letter(&self, by: &str) -> Letter {
        let now = self.resources.clock.now();
        letters::test_mail(by, self.settings.schedule.zone, now, &self.settings.letterhead)
    }

    async fn add(&self, kind: MailKind, recipient: Recipient) -> Result<MailId, Failure> {
        let now = self.resources.clock.now();
        let added = move |conn: &mut Transaction| {
            Ok(store::mails::insert(conn, kind, &About::Request, &recipient, now)?)
        };
        self.resources.store.write(Lock::Mails, added).await
    }

    async fn deliver(
        &self,
        id: MailId,
        kind: MailKind,
        name: Option<&str>,
        address: EmailAddress,
        letter: Letter,
    ) -> Result<Delivery, Failure> {
        let about = base62::random::<ID_LENGTH>(|bytes| self.resources.entropy.fill(bytes));
        let message = Message {
            id: message_id(kind, &about, &address.key()),
            name: name.map(str::to_owned),
            address: address.clone(),
            date: self.resources.clock.now(),
            letter,
        };
        let settings = Arc::clone(&self.settings);
        let mut session = MailSession::new(&settings.mailer, &settings.letterhead);
        let result = session.send(&message).await;
        session.close().await;
        self.record_result(id, kind, &address, &result).await?;
        Ok(match result {
            Ok(answer) if self.reaches_people() => Delivery::Accepted(answer),
            Ok(sentence) => Delivery::WrittenToFile(sentence),
            Err(error) => Delivery::Refused(error.to_string()),
        })
    }

    async fn record_result(
        &self,
        id: MailId,
        kind: MailKind,
        address: &EmailAddress,
        result: &Result<String, SendError>,
    ) -> Result<(), Failure> {
        let at = self.resources.clock.now();
        let (what, state, detail) = match result {
            Ok(answer) => {
                let detail = address.to_string();
                (self.kind_when_sent(), MailState::Sent { at, answer: answer.clone() }, detail)
            }
            Err(error) => {
                let detail = format!("{address}: {error}");
                (Kind::MailFailed, MailState::Failed { at, answer: error.to_string() }, detail)
            }
        };
        let recorded = move |conn: &mut Transaction| {
            store::mails::settle(conn, id, 0, &state)?;
            let event = activity(what, kind.as_str(), None, at).with_detail(detail);
            Ok(store::activity::record(conn, &event)?)
        };
        self.resources.store.write(Lock::Mails, recorded).await
    }
}
