//! The way from other use cases to those who send: mails for everybody, what webhooks are told, and a
//! sign that something waits.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::watch;

use crate::domain::admin::ServerAdmin;
use crate::domain::admin::person::EmailAddress;
use crate::domain::mail::about::About;
use crate::domain::mail::kind::MailKind;
use crate::domain::mail::recipient::{Recipient, WebhookId};
use crate::domain::mail::webhook_event::WebhookEvent;
use crate::store::{self, Conn, StoreError};
use crate::webhook::Webhook;

/// Where other use cases put what is to be sent.
#[derive(Clone)]
pub(crate) struct Outbox {
    /// The recipients that are configured.
    extra: Arc<[EmailAddress]>,
    webhooks: Arc<[WebhookId]>,
    sign: watch::Sender<()>,
}

impl Outbox {
    pub(crate) fn new(extra: &[EmailAddress], webhooks: &[Webhook]) -> Self {
        let webhooks = webhooks.iter().map(|webhook| webhook.id.clone()).collect();
        Self { extra: extra.into(), webhooks, sign: watch::Sender::new(()) }
    }

    /// Queues a mail for everybody who gets mails, and what webhooks are told of it.
    pub(crate) fn insert_for_everybody(
        &self,
        conn: &mut Conn,
        kind: MailKind,
        about: &About,
        due_at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        insert_for_people(conn, &self.extra, kind, about, due_at)?;
        self.insert_for_webhooks(conn, kind, about, due_at)
    }

    /// Queues for all webhooks what people get a mail of this kind about, if that concerns them.
    pub(crate) fn insert_for_webhooks(
        &self,
        conn: &mut Conn,
        kind: MailKind,
        about: &About,
        due_at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        if WebhookEvent::of(kind, false).is_some() {
            for id in self.webhooks.iter() {
                let recipient = Recipient::Webhook(id.clone());
                store::mails::insert(conn, kind, about, &recipient, due_at)?;
            }
        }
        Ok(())
    }

    /// Says, after the commit, that something waits.
    pub(crate) fn wake(&self) {
        self.sign.send_replace(());
    }

    /// Changes whenever something waits.
    pub(crate) fn watch(&self) -> watch::Receiver<()> {
        self.sign.subscribe()
    }
}

/// Adds a mail for every person who gets mails at present; returns how many.
///
/// # Errors
/// [`StoreError::Conflict`] if one of them has it already.
pub(super) fn insert_for_people(
    conn: &mut Conn,
    extra: &[EmailAddress],
    kind: MailKind,
    about: &About,
    due_at: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let mut count = store::mails::insert_for_admins(conn, kind, about, due_at)?;
    let admins = store::people::admins::list(conn)?;
    for address in team(&admins, extra) {
        let recipient = Recipient::Address(address.clone());
        store::mails::insert(conn, kind, about, &recipient, due_at)?;
        count += 1;
    }
    Ok(count)
}

/// The configured addresses that no active Server Admin has, each once.
pub(super) fn team<'a>(admins: &[ServerAdmin], extra: &'a [EmailAddress]) -> Vec<&'a EmailAddress> {
    let active = admins.iter().filter(|admin| admin.active);
    let mut known: Vec<String> = active.map(|admin| admin.email.key()).collect();
    let mut team = Vec::new();
    for address in extra {
        let key = address.key();
        if !known.contains(&key) {
            known.push(key);
            team.push(address);
        }
    }
    team
}
