//! Mails about the token, Server Admins and the certificate: which are due, sending them, and how they stand.
//!
//! [`Mails::send_due`] is the whole job: after a crash, on another machine or a month later it finds
//! in the database what is left to do. No transaction is open while it talks to a mail server.

mod alerts;
mod calling;
mod certificate;
mod claims;
mod connection;
mod due;
mod events;
mod health;
mod immediate;
mod keys;
mod listed;
mod new_login;
mod notices;
mod outbox;
mod overview;
mod queue;
mod recipients;
mod sending;
mod stopped;
mod webhooks;
mod writing;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::watch;

pub(crate) use self::alerts::Alerts;
pub use self::claims::Turn;
pub use self::events::EventMails;
pub use self::health::{BannerFacts, MailHealth};
pub use self::immediate::{Delivery, LinkMail, TestError};
pub use self::listed::{ListedMail, MailStatus};
pub(crate) use self::new_login::record_login;
pub(crate) use self::outbox::Outbox;
pub use self::overview::MailOverview;
pub use self::sending::SendReport;
use self::stopped::Stopped;
pub use self::webhooks::{Called, LastCall, WebhookError, WebhookOverview};
use super::certificate::ServedCertificate;
use super::sync::Silence;
use super::{Failure, Resources};
use crate::domain::activity::{Event, Kind};
use crate::domain::admin::actor::Actor;
use crate::domain::admin::person::{AdminId, EmailAddress};
use crate::domain::identity_provider::IdentityProvider;
use crate::domain::mail::milestone::Schedule;
use crate::domain::network::source::Source;
use crate::domain::token::secret::TokenId;
use crate::mail::{Letterhead, Mailer};
use crate::store;
use crate::webhook::Webhook;

/// What is configured about mails.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// How mails leave.
    pub mailer: Mailer,
    /// In whose name.
    pub letterhead: Letterhead,
    /// On which days and at what time.
    pub schedule: Schedule,
    /// Further recipients.
    pub extra: Vec<EmailAddress>,
    /// Receivers that get what recipients get.
    pub webhooks: Vec<Webhook>,
    /// When silence is worth a mail.
    pub silence: Silence,
}

impl MailSettings {
    /// The same, with letters that speak of this identity provider.
    fn naming(&self, provider: Option<IdentityProvider>) -> Self {
        let letterhead = Letterhead { provider, ..self.letterhead.clone() };
        Self { letterhead, ..self.clone() }
    }
}

/// What people may see of the settings: never a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Host, port and encryption of the mail server, if there is one.
    pub server: Option<String>,
    /// The sender.
    pub from: String,
    /// Further recipients.
    pub extra: Vec<String>,
}

/// Queues and sends mails and says how they stand.
#[derive(Clone)]
pub struct Mails {
    resources: Resources,
    settings: Arc<MailSettings>,
    certificate: ServedCertificate,
    outbox: Outbox,
    stopped: Arc<Stopped>,
}

impl Mails {
    /// Works with `resources`. `outbox` is where other use cases queue mails.
    pub(crate) fn new(
        resources: Resources,
        settings: MailSettings,
        certificate: ServedCertificate,
        outbox: Outbox,
    ) -> Self {
        let (settings, stopped) = (Arc::new(settings), Arc::default());
        Self { resources, settings, certificate, outbox, stopped }
    }

    /// How the last mail that was tried to a Server Admin stands, if there is any.
    pub async fn last_to(&self, admin: AdminId) -> Result<Option<MailStatus>, Failure> {
        let now = self.resources.clock.now();
        let newest = self.resources.store.read(move |conn| store::mails::newest_of(conn, admin));
        Ok(newest.await?.map(|mail| MailStatus::of(&mail, now)))
    }

    /// Changes when another use case queues a mail that should not wait for the next minute.
    pub fn new_mail(&self) -> watch::Receiver<()> {
        self.outbox.watch()
    }

    /// What people may see of the settings.
    pub fn outgoing(&self) -> Outgoing {
        let MailSettings { mailer, letterhead, extra, .. } = &*self.settings;
        Outgoing {
            server: mailer.described(),
            from: letterhead.from.to_string(),
            extra: extra.iter().map(ToString::to_string).collect(),
        }
    }

    /// The days and times that count.
    pub fn schedule(&self) -> Schedule {
        self.settings.schedule
    }

    /// The addresses from the configuration.
    pub fn team_addresses(&self) -> &[EmailAddress] {
        &self.settings.extra
    }

    /// Whether mails reach anybody; without a mail server they become files.
    pub fn reaches_people(&self) -> bool {
        self.settings.mailer.reaches_people()
    }

    /// What the activity list calls a mail that has left: a file reaches nobody.
    fn kind_when_sent(&self) -> Kind {
        if self.reaches_people() { Kind::MailSent } else { Kind::MailWritten }
    }
}

/// An entry of the activity list about a mail; `mail` is the stored form of its kind.
fn activity(kind: Kind, mail: &str, token: Option<TokenId>, at: DateTime<Utc>) -> Event {
    Event { token, ..Event::new(at, kind, Actor::System, Source::default()).about(mail) }
}
