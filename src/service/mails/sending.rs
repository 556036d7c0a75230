//! Sending the queued mails: claim, send, confirm, one after the other; a turn for people, and one for
//! each webhook.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;

use super::claims::{Turn, log_failure, name_of};
use super::recipients::NamedRecipient;
use super::writing::Writing;
use super::{Mails, activity};
use crate::domain::activity::{Event, Kind};
use crate::domain::mail::{Mail, MailId, MailState, Retry};
use crate::domain::token::secret::TokenId;
use crate::mail::{MailSession, Message, SendError};
use crate::service::Failure;
use crate::store::{self, Conn, Lock, StoreError, Transaction};

/// The progress is logged after every so many mails.
const PROGRESS: usize = 100;

/// What sending the due mails has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SendReport {
    /// Mails that were due.
    pub due: usize,
    /// Mails that the mail server accepted.
    pub sent: usize,
    /// Mails that failed permanently.
    pub failed: usize,
    /// Mails that are still to be sent: tried again later, waiting, or claimed by another instance.
    pub left: usize,
    /// Whether a mail became due and there is no recipient.
    pub nobody_to_tell: bool,
}

impl SendReport {
    /// Takes what another turn has done with it.
    fn add(&mut self, other: Self) {
        self.due += other.due;
        self.sent += other.sent;
        self.failed += other.failed;
        self.left += other.left;
    }
}

/// What has been done so far.
struct Progress {
    report: SendReport,
    /// How many mails were sent, by the stored form of their kind and by token.
    sent: BTreeMap<(&'static str, Option<TokenId>), u64>,
}

impl Progress {
    fn count(&mut self, mail: &Mail) {
        match &mail.state {
            MailState::Sent { .. } => {
                self.report.sent += 1;
                *self.sent.entry((mail.kind.as_str(), mail.about.token().cloned())).or_default() +=
                    1;
            }
            MailState::Failed { .. } => self.report.failed += 1,
            MailState::Waiting | MailState::Retrying { .. } => {}
        }
    }
}

impl Mails {
    /// Queues the mails that have become due and sends every mail that may go out, to each person
    /// separately. Ends early, between two mails, once `stopping` says so. If the database fails, what
    /// was sent until then is recorded.
    pub async fn send_due(
        &self,
        stopping: impl Fn() -> bool + Send + Sync,
    ) -> Result<SendReport, Failure> {
        self.send_to_people(Retry::WhenDue, stopping).await
    }

    /// The same for those whose turn it is.
    pub async fn take_turn(
        &self,
        turn: &Turn,
        stopping: impl Fn() -> bool + Send + Sync,
    ) -> Result<SendReport, Failure> {
        match turn {
            Turn::People => self.send_due(stopping).await,
            Turn::Webhook(_) => self.call(turn, Retry::WhenDue, stopping).await,
        }
    }

    /// The same for everybody, with those mails that would wait for their next try.
    pub async fn send_now(&self) -> Result<SendReport, Failure> {
        let turns = self.turns();
        let webhooks = turns.iter().filter(|turn| **turn != Turn::People);
        let webhooks = join_all(webhooks.map(|turn| self.call(turn, Retry::Now, || false)));
        let people = self.send_to_people(Retry::Now, || false);
        let (people, webhooks) = tokio::join!(people, webhooks);
        let mut report = people?;
        for called in webhooks {
            report.add(called?);
        }
        Ok(report)
    }

    async fn send_to_people(
        &self,
        retry: Retry,
        stopping: impl Fn() -> bool + Send + Sync,
    ) -> Result<SendReport, Failure> {
        let now = self.resources.clock.now();
        let nobody_to_tell = self.queue_due(now).await?;
        let due = self.due(&Turn::People, retry, now).await?;
        let report = SendReport { due: due.len(), nobody_to_tell, ..SendReport::default() };
        let mut progress = Progress { report, sent: BTreeMap::new() };
        let settings = Arc::clone(&self.settings);
        let mut session = MailSession::new(&settings.mailer, &settings.letterhead);
        let mut result = Ok(());
        for (number, id) in due.into_iter().enumerate() {
            if stopping() {
                break;
            }
            result = self.send_one(id, retry, &mut session, &mut progress).await;
            if result.is_err() {
                break;
            }
            let done = number + 1;
            if done % PROGRESS == 0 {
                let SendReport { due, sent, .. } = progress.report;
                tracing::info!(done, due, sent, "sending mails");
            }
        }
        session.close().await;
        let Progress { mut report, sent } = progress;
        self.record_sent(sent).await?;
        result?;
        report.left = self.left(&Turn::People).await?;
        Ok(report)
    }

    /// How many mails of a turn are still to be sent.
    pub(super) async fn left(&self, turn: &Turn) -> Result<usize, Failure> {
        let overview = self.overview(None).await?;
        let open = overview.all().filter(|mail| mail.status.is_open());
        Ok(open.filter(|mail| turn.has(&mail.recipient)).count())
    }

    async fn send_one(
        &self,
        id: MailId,
        retry: Retry,
        session: &mut MailSession<'_>,
        progress: &mut Progress,
    ) -> Result<(), Failure> {
        let Some((mut mail, message)) = self.claim(id, retry, message).await? else {
            return Ok(());
        };
        let result = session.send(&message).await;
        let now = self.resources.clock.now();
        mail.state = match result {
            Ok(answer) => MailState::Sent { at: now, answer },
            Err(SendError::Permanent(answer)) => MailState::Failed { at: now, answer },
            Err(SendError::Unavailable(answer) | SendError::Transient(answer)) => {
                mail.after_failure(answer, now, None)
            }
        };
        log_failure(&mail, None);
        progress.count(&mail);
        let event = failure(&mail);
        self.settle(mail, event).await
    }

    async fn record_sent(
        &self,
        sent: BTreeMap<(&'static str, Option<TokenId>), u64>,
    ) -> Result<(), Failure> {
        if sent.is_empty() {
            return Ok(());
        }
        let now = self.resources.clock.now();
        let kind = self.kind_when_sent();
        let recorded = move |conn: &mut Transaction| {
            for ((mail, token), count) in sent {
                store::activity::record(conn, &activity(kind, mail, token, now).times(count))?;
            }
            Ok(())
        };
        self.resources.store.write(Lock::Usage, recorded).await
    }
}

/// The message that a mail becomes.
fn message(
    conn: &mut Conn,
    writing: &Writing<'_>,
    mail: &Mail,
    to: &NamedRecipient,
) -> Result<Option<Message>, StoreError> {
    let Some(address) = to.recipient.address().cloned() else { return Ok(None) };
    let letter = writing.letter(conn, mail)?;
    let (id, name, date) = (name_of(mail), to.name.clone(), writing.now);
    Ok(letter.map(|letter| Message { id, name, address, date, letter }))
}

/// What the activity list says about a mail that failed for good.
fn failure(mail: &Mail) -> Option<Event> {
    let MailState::Failed { at, answer } = &mail.state else { return None };
    let token = mail.about.token().cloned();
    let event = activity(Kind::MailFailed, mail.kind.as_str(), token, *at);
    Some(event.with_detail(format!("{}: {answer}", mail.recipient)))
}
