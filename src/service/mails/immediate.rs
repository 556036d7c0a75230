//! Mails that are sent at once while somebody waits for the answer: test mails, invitations and
//! password links.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{Mails, activity};
use crate::domain::activity::Kind;
use crate::domain::admin::actor::{Actor, Author};
use crate::domain::admin::code::Digest;
use crate::domain::admin::person::{AdminId, EmailAddress};
use crate::domain::base62;
use crate::domain::mail::about::About;
use crate::domain::mail::kind::MailKind;
use crate::domain::mail::recipient::Recipient;
use crate::domain::mail::{MailId, MailState};
use crate::mail::letter::Letter;
use crate::mail::{Letterhead, MailSession, Message, SendError, letters, message_id};
use crate::service::authority::Authorized;
use crate::service::failure::change_errors;
use crate::service::{Failure, HourlyLimit, hourly};
use crate::store::{self, Conn, Lock, StoreError, Transaction};

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

/// A one-time link to be mailed.
#[derive(Debug)]
pub struct LinkMail<'a> {
    /// The name of the one it is for.
    pub name: &'a str,
    /// Whose password it is for; nobody's if it invites.
    pub admin: Option<AdminId>,
    /// Where the mail goes.
    pub address: EmailAddress,
    /// Who sends it.
    pub by: &'a str,
    /// The link; it is in the mail and kept nowhere.
    pub link: &'a str,
    /// The stored form of its code.
    pub digest: Digest,
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
    pub async fn invite(&self, mail: LinkMail<'_>) -> Result<Delivery, Failure> {
        self.send_link(MailKind::Invitation, letters::invitation, mail).await
    }

    /// The same with a password link.
    pub async fn send_password_link(&self, mail: LinkMail<'_>) -> Result<Delivery, Failure> {
        self.send_link(MailKind::PasswordLink, letters::password_link, mail).await
    }

    async fn send_link(
        &self,
        kind: MailKind,
        letter: fn(&str, &str, DateTime<Utc>, Tz, &Letterhead) -> Letter,
        mail: LinkMail<'_>,
    ) -> Result<Delivery, Failure> {
        if !self.reaches_people() {
            return Ok(Delivery::Refused("No mail server is configured.".to_owned()));
        }
        let LinkMail { name, admin, address, by, link, digest, expires_at } = mail;
        let zone = self.settings.schedule.zone;
        let letter = letter(by, link, expires_at, zone, &self.settings.letterhead);
        let recipient = match admin {
            Some(id) => Recipient::Admin(id, address.clone()),
            None => Recipient::Address(address.clone()),
        };
        let id = self.add(kind, recipient).await?;
        let delivery = self.deliver(id, kind, Some(name), address, letter).await?;
        let undelivered = match &delivery {
            Delivery::Accepted(_) => None,
            Delivery::WrittenToFile(answer) | Delivery::Refused(answer) => Some(answer.clone()),
        };
        let noted = move |conn: &mut Transaction| {
            store::people::links::set_undelivered(conn, &digest, undelivered.as_deref())
        };
        self.resources.store.write::<_, StoreError, _>(Lock::Admins, noted).await?;
        Ok(delivery)
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
            store::mails::sending::settle(conn, id, 0, &state)?;
            let event = activity(what, kind.as_str(), None, at).with_detail(detail);
            Ok(store::activity::record(conn, &event)?)
        };
        self.resources.store.write(Lock::Mails, recorded).await
    }
}
