//! Telling a webhook what is queued for it: claim, call, confirm, one notice after the other.

use super::claims::{Turn, log_failure, name_of};
use super::notices::notice;
use super::recipients::NamedRecipient;
use super::sending::SendReport;
use super::writing::Writing;
use super::{Mails, activity};
use crate::domain::activity::{Event, Kind};
use crate::domain::mail::webhook_event::WebhookEvent;
use crate::domain::mail::{Mail, MailId, MailState, Retry};
use crate::service::Failure;
use crate::store::{Conn, StoreError};
use crate::webhook::{Notice, Outcome, Webhook};

/// What is kept about a notice to a webhook that has said before that it is gone.
const STOPPED: &str = "Not called: it answered 410 Gone before, and is called again after the next \
                       start or a test that it takes.";

/// A notice to a webhook, ready to be sent.
struct Call {
    webhook: Webhook,
    /// Names it on every try.
    name: String,
    notice: Notice,
}

impl Mails {
    /// Queues what has become due, and tells a webhook what may go out. Ends early, between two
    /// notices, once `stopping` says so.
    pub(super) async fn call(
        &self,
        turn: &Turn,
        retry: Retry,
        stopping: impl Fn() -> bool + Send + Sync,
    ) -> Result<SendReport, Failure> {
        let now = self.resources.clock.now();
        self.queue_due(now).await?;
        let due = self.due(turn, retry, now).await?;
        let mut report = SendReport { due: due.len(), ..SendReport::default() };
        for id in due {
            if stopping() {
                break;
            }
            match self.call_one(id, retry).await? {
                Some(MailState::Sent { .. }) => report.sent += 1,
                Some(MailState::Failed { .. }) => report.failed += 1,
                // What follows would hardly fare better now.
                Some(MailState::Retrying { .. }) => break,
                Some(MailState::Waiting) | None => {}
            }
        }
        report.left = self.left(turn).await?;
        Ok(report)
    }

    async fn call_one(&self, id: MailId, retry: Retry) -> Result<Option<MailState>, Failure> {
        let Some((mut mail, call)) = self.claim(id, retry, call).await? else { return Ok(None) };
        let Call { webhook, name, notice } = &call;
        let outcome = if self.stopped.has(&webhook.id) {
            Outcome::Gone(STOPPED.to_owned())
        } else {
            webhook.call(name, notice, self.resources.clock.now()).await
        };
        let now = self.resources.clock.now();
        let is_news = matches!(outcome, Outcome::Gone(_)) && self.stopped.add(&webhook.id);
        let was_called = is_news || !matches!(outcome, Outcome::Gone(_));
        mail.state = match outcome {
            Outcome::Delivered(answer) => MailState::Sent { at: now, answer },
            Outcome::Later { answer, wait } => mail.after_failure(answer, now, wait),
            Outcome::Refused(answer) | Outcome::Gone(answer) => {
                MailState::Failed { at: now, answer }
            }
        };
        log_failure(&mail, Some(&webhook.host));
        let event = if is_news {
            tracing::error!(webhook.host = webhook.host, "a webhook is gone and not called again");
            let gone = activity(Kind::WebhookStopped, notice.event.as_str(), None, now);
            Some(gone.with_detail(webhook.host.clone()))
        } else {
            happened(&mail, notice.event, &webhook.host).filter(|_| was_called)
        };
        let state = mail.state.clone();
        self.settle(mail, event).await?;
        Ok(Some(state))
    }
}

/// What the activity list says about a notice that has left or failed for good.
pub(super) fn happened(mail: &Mail, event: WebhookEvent, host: &str) -> Option<Event> {
    let (kind, at, detail) = match &mail.state {
        MailState::Sent { at, .. } => (Kind::WebhookSent, *at, host.to_owned()),
        // What kept it from answering names it already.
        MailState::Failed { at, answer } if answer.starts_with(host) => {
            (Kind::WebhookFailed, *at, answer.clone())
        }
        MailState::Failed { at, answer } => (Kind::WebhookFailed, *at, format!("{host}: {answer}")),
        MailState::Waiting | MailState::Retrying { .. } => return None,
    };
    let token = mail.about.token().cloned();
    Some(activity(kind, event.as_str(), token, at).with_detail(detail))
}

fn call(
    conn: &mut Conn,
    writing: &Writing<'_>,
    mail: &Mail,
    to: &NamedRecipient,
) -> Result<Option<Call>, StoreError> {
    let known = writing.settings.webhooks.iter();
    let webhook = known.clone().find(|known| Some(&known.id) == to.recipient.webhook());
    let Some(webhook) = webhook.cloned() else { return Ok(None) };
    let notice = notice(conn, writing, mail)?;
    // Its parts are in signatures separated by full stops.
    let name = name_of(mail).replace('.', "-");
    Ok(notice.map(|notice| Call { webhook, name, notice }))
}
