//! How webhooks fare, and trying one while somebody waits for the answer.

use chrono::{DateTime, Utc};

use super::calling::happened;
use super::notices::test_notice;
use super::{MailSettings, Mails};
use crate::domain::activity::Kind;
use crate::domain::admin::actor::Author;
use crate::domain::base62;
use crate::domain::mail::about::About;
use crate::domain::mail::kind::MailKind;
use crate::domain::mail::recipient::{Recipient, WebhookId};
use crate::domain::mail::webhook_event::WebhookEvent;
use crate::domain::mail::{Mail, MailId, MailState};
use crate::service::authority::Authorized;
use crate::service::failure::change_errors;
use crate::service::{Failure, HourlyLimit, hourly};
use crate::store::{self, Conn, Lock, StoreError, Transaction};
use crate::webhook::{Outcome, Webhook};

/// Tests of webhooks that one admin may ask for in an hour.
const TESTS_IN_AN_HOUR: usize = 10;
/// Random characters in the name of a notice that is sent once.
const ID_LENGTH: usize = 16;
/// The latest call is among so many of the newest notices.
const LOOKED_AT: i64 = 30;

/// A webhook and how it fares.
#[derive(Debug, Clone)]
pub struct WebhookOverview {
    /// Names it.
    pub id: WebhookId,
    /// What is shown of its URL.
    pub host: String,
    /// What people call its format.
    pub format: String,
    /// When it was called last, if it ever was.
    pub last: Option<LastCall>,
    /// Whether it has said that it is gone, and is not called before the next start.
    pub is_stopped: bool,
}

/// The latest call of a webhook.
#[derive(Debug, Clone)]
pub struct LastCall {
    /// What it was about.
    pub kind: MailKind,
    /// When.
    pub at: DateTime<Utc>,
    /// What has become of it.
    pub state: MailState,
}

/// What a webhook has answered to a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    /// The host.
    pub host: String,
    /// The answer, or what kept the webhook from answering.
    pub answer: String,
    /// Whether it took the test.
    pub is_delivered: bool,
}

/// Why a webhook was not tried.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// There is none with this id any more.
    #[error("there is no such webhook")]
    Unknown,
    /// Too many in the last hour.
    #[error(transparent)]
    HourlyLimit(#[from] HourlyLimit),
    /// The server failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

change_errors!(WebhookError);

impl Mails {
    /// The webhooks that are configured: id and host.
    pub fn webhooks(&self) -> impl Iterator<Item = (&WebhookId, &str)> {
        self.settings.webhooks.iter().map(|webhook| (&webhook.id, webhook.host.as_str()))
    }

    /// How each webhook fares.
    pub async fn webhook_overview(&self) -> Result<Vec<WebhookOverview>, Failure> {
        let settings = std::sync::Arc::clone(&self.settings);
        let last = move |conn: &mut Conn| last_calls(conn, &settings);
        let last = self.resources.store.read(last).await?;
        let webhooks = self.settings.webhooks.iter().zip(last).map(|(webhook, last)| {
            let Webhook { id, host, format, .. } = webhook;
            let is_stopped = self.stopped.has(id);
            let (id, host, format) = (id.clone(), host.clone(), format.to_string());
            WebhookOverview { id, host, format, last, is_stopped }
        });
        Ok(webhooks.collect())
    }

    /// Tries a webhook, also one that has been stopped: it may be there again.
    pub async fn test_webhook(&self, id: &WebhookId, by: Author) -> Result<Called, WebhookError> {
        let webhook = self.settings.webhooks.iter().find(|known| known.id == *id);
        let webhook = webhook.cloned();
        let host = webhook.as_ref().map(|webhook| webhook.host.clone());
        let recipient = Recipient::Webhook(id.clone());
        let added = move |conn: &mut Transaction, by: &Authorized| {
            let host = host.ok_or(WebhookError::Unknown)?;
            hourly::check::<WebhookError>(conn, by, &[Kind::WebhookTested], TESTS_IN_AN_HOUR)?;
            store::activity::record(conn, &by.event(Kind::WebhookTested).about(host))?;
            let (kind, about) = (MailKind::Test, About::Request);
            let id = store::mails::insert(conn, kind, &about, &recipient, by.now)?;
            Ok::<_, WebhookError>((id, by.actor.clone()))
        };
        let (mail, by) =
            self.resources.write_as(by, Lock::Mails, Kind::WebhookTested, added).await?;
        let webhook = webhook.ok_or(WebhookError::Unknown)?;
        let now = self.resources.clock.now();
        let notice = test_notice(&self.settings.letterhead, &by, now);
        let about = base62::random::<ID_LENGTH>(|bytes| self.resources.entropy.fill(bytes));
        let outcome = webhook.call(&format!("scim-token-test-{about}"), &notice, now).await;
        Ok(self.record_test(mail, webhook, outcome).await?)
    }

    async fn record_test(
        &self,
        id: MailId,
        webhook: Webhook,
        outcome: Outcome,
    ) -> Result<Called, Failure> {
        let at = self.resources.clock.now();
        let (answer, is_delivered) = match outcome {
            Outcome::Delivered(answer) => (answer, true),
            Outcome::Later { answer, .. } | Outcome::Refused(answer) | Outcome::Gone(answer) => {
                (answer, false)
            }
        };
        if is_delivered {
            self.stopped.remove(&webhook.id);
        }
        let called = Called { host: webhook.host, answer: answer.clone(), is_delivered };
        let state = if is_delivered {
            MailState::Sent { at, answer }
        } else {
            MailState::Failed { at, answer }
        };
        let host = called.host.clone();
        let recorded = move |conn: &mut Transaction| {
            store::mails::sending::settle(conn, id, 0, &state)?;
            if let Some(mail) = store::mails::by_id(conn, id)?
                && let Some(event) = happened(&mail, WebhookEvent::Test, &host)
            {
                store::activity::record(conn, &event)?;
            }
            Ok::<_, Failure>(())
        };
        self.resources.store.write(Lock::Mails, recorded).await?;
        Ok(called)
    }
}

/// The latest call of each webhook, in their order.
fn last_calls(
    conn: &mut Conn,
    settings: &MailSettings,
) -> Result<Vec<Option<LastCall>>, StoreError> {
    let mut calls = Vec::new();
    for webhook in &settings.webhooks {
        let newest = store::mails::newest_of_webhook(conn, &webhook.id, LOOKED_AT)?;
        let tried = newest.into_iter().filter_map(last_call);
        calls.push(tried.max_by_key(|call| call.at));
    }
    Ok(calls)
}

fn last_call(mail: Mail) -> Option<LastCall> {
    let at = match &mail.state {
        MailState::Waiting => return None,
        MailState::Retrying { tried_at, .. } => *tried_at,
        MailState::Sent { at, .. } | MailState::Failed { at, .. } => *at,
    };
    Some(LastCall { kind: mail.kind, at, state: mail.state })
}
