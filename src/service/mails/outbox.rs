//! The way from other use cases to those who send: webhooks beside the people they queue mails
//! for, and a sign that something waits.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::watch;

use crate::domain::mail::about::About;
use crate::domain::mail::kind::MailKind;
use crate::domain::mail::recipient::{Recipient, WebhookId};
use crate::domain::mail::webhook_event::WebhookEvent;
use crate::store::{self, Conn, StoreError};
use crate::webhook::Webhook;

/// Where other use cases put what is to be sent.
#[derive(Clone)]
pub(crate) struct Outbox {
    webhooks: Arc<[WebhookId]>,
    sign: watch::Sender<()>,
}

impl Outbox {
    pub(crate) fn new(webhooks: &[Webhook]) -> Self {
        let webhooks = webhooks.iter().map(|webhook| webhook.id.clone()).collect();
        Self { webhooks, sign: watch::Sender::new(()) }
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
