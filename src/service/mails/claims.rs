//! A mail's way through the queue: claim it, and confirm what has become of it.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::due::DueMails;
use super::recipients::{self, NamedRecipient};
use super::writing::Writing;
use super::{MailSettings, Mails};
use crate::domain::activity::Event;
use crate::domain::mail::recipient::{Recipient, WebhookId};
use crate::domain::mail::{Mail, MailId, MailState, Retry};
use crate::mail::message_id;
use crate::service::Failure;
use crate::store::{self, Conn, Lock, StoreError, Transaction};

/// Whose mails are sent one after the other. No turn waits for another: a receiver that is slow holds
/// up nobody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Those of everybody who gets mails.
    People,
    /// Those of a webhook.
    Webhook(WebhookId),
}

impl Turn {
    /// Whether a mail to this recipient belongs to it.
    pub(super) fn has(&self, recipient: &Recipient) -> bool {
        match self {
            Self::People => recipient.webhook().is_none(),
            Self::Webhook(id) => recipient.webhook() == Some(id),
        }
    }
}

impl Mails {
    /// All turns there are.
    pub fn turns(&self) -> Vec<Turn> {
        let webhooks = self.settings.webhooks.iter().map(|known| Turn::Webhook(known.id.clone()));
        [Turn::People].into_iter().chain(webhooks).collect()
    }

    /// The mails of a turn that may be sent at `now`.
    pub(super) async fn due(
        &self,
        turn: &Turn,
        retry: Retry,
        now: DateTime<Utc>,
    ) -> Result<Vec<MailId>, Failure> {
        let (settings, turn) = (Arc::clone(&self.settings), turn.clone());
        let read = move |conn: &mut Conn| {
            let due = DueMails::load(conn, &settings, now)?;
            let token = due.history.newest.as_ref().map(|token| &token.id);
            let mails = store::mails::sending::open(conn, token)?;
            let recipients = recipients::all(&store::people::admins::list(conn)?, &settings);
            let mails = mails.iter().filter(|mail| {
                turn.has(&mail.recipient)
                    && due.allows(mail)
                    && recipients::contains(&recipients, mail)
                    && mail.may_be_tried(now, retry)
            });
            Ok(mails.map(|mail| mail.id).collect())
        };
        Ok(self.resources.store.read(read).await?)
    }

    /// Claims a mail and has it written, unless it may no longer be sent or another instance has it.
    pub(super) async fn claim<T, W>(
        &self,
        id: MailId,
        retry: Retry,
        write: W,
    ) -> Result<Option<(Mail, T)>, Failure>
    where
        T: Send + 'static,
        W: Fn(&mut Conn, &Writing<'_>, &Mail, &NamedRecipient) -> Result<Option<T>, StoreError>
            + Send
            + 'static,
    {
        let now = self.resources.clock.now();
        let settings = Arc::clone(&self.settings);
        let claimed =
            move |conn: &mut Transaction| Ok(claim(conn, id, retry, &settings, now, &write)?);
        self.resources.store.write(Lock::Mails, claimed).await
    }

    /// Ends a claim with what has become of the mail, and records `event` if that counts.
    pub(super) async fn settle(&self, mail: Mail, event: Option<Event>) -> Result<(), Failure> {
        let settled = move |conn: &mut Transaction| {
            let counted = store::mails::sending::settle(conn, mail.id, mail.attempts, &mail.state)?;
            if let Some(event) = event.filter(|_| counted) {
                store::activity::record(conn, &event)?;
            }
            Ok(())
        };
        self.resources.store.write(Lock::Mails, settled).await
    }
}

fn claim<T>(
    conn: &mut Conn,
    id: MailId,
    retry: Retry,
    settings: &MailSettings,
    now: DateTime<Utc>,
    write: &impl Fn(&mut Conn, &Writing<'_>, &Mail, &NamedRecipient) -> Result<Option<T>, StoreError>,
) -> Result<Option<(Mail, T)>, StoreError> {
    let due = DueMails::load(conn, settings, now)?;
    let mail = store::mails::by_id(conn, id)?;
    let mail = mail.filter(|mail| mail.may_be_tried(now, retry) && due.allows(mail));
    let Some(mut mail) = mail else { return Ok(None) };
    let Some(current) = recipients::current(conn, &mail, settings)? else { return Ok(None) };
    mail.recipient = current.recipient.clone();
    let chosen = store::identity_provider::get(conn)?.map(|choice| choice.provider);
    let writing = Writing { due: &due, settings: &settings.naming(chosen), now };
    let Some(written) = write(conn, &writing, &mail, &current)? else { return Ok(None) };
    store::mails::sending::claim(conn, &mail, now)?;
    mail.attempts += 1;
    mail.first_tried_at.get_or_insert(now);
    Ok(Some((mail, written)))
}

/// The same on every try, even if the admin's address has changed in between; another for a mail that
/// goes out again on its day, or mailboxes would take the two for one.
pub(super) fn name_of(mail: &Mail) -> String {
    let recipient = match mail.recipient.admin() {
        Some(admin) => format!("mail {} to admin {}", mail.id.0, admin.0),
        None => format!("mail {} to address {}", mail.id.0, mail.recipient.key()),
    };
    message_id(mail.kind, mail.about.as_str(), &recipient)
}

/// One line for each failure; addresses do not belong in a log.
pub(super) fn log_failure(mail: &Mail, host: Option<&str>) {
    let masked = |answer: &str| answer.replace(&mail.recipient.to_string(), "(recipient)");
    match &mail.state {
        MailState::Failed { answer, .. } => tracing::error!(
            mail.id = mail.id.0,
            mail.kind = mail.kind.as_str(),
            webhook.host = host,
            answer = masked(answer),
            "{} failed permanently",
            if host.is_some() { "a webhook" } else { "a mail" },
        ),
        MailState::Retrying { answer, next_try_at, .. } => tracing::warn!(
            mail.id = mail.id.0,
            mail.kind = mail.kind.as_str(),
            webhook.host = host,
            answer = masked(answer),
            next_try_at = %next_try_at,
            "{} could not be delivered and will be tried again",
            if host.is_some() { "a webhook" } else { "a mail" },
        ),
        MailState::Sent { .. } | MailState::Waiting => {}
    }
}
