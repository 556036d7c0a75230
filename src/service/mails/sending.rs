//! Sending the queued mails: claim, send, confirm, one after the other.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::due::DueMails;
use super::writing::Writing;
use super::{MailSettings, Mails, activity, recipients};
use crate::domain::activity::Kind;
use crate::domain::mail::{Mail, MailId, MailState, Retry};
use crate::domain::token::secret::TokenId;
use crate::mail::{MailSession, Message, SendError, message_id};
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
    /// Queues the mails that have become due and sends every mail that may go out, to each recipient
    /// separately. Ends early, between two mails, once `stopping` says so. If the database fails, what
    /// was sent until then is recorded.
    pub async fn send_due(
        &self,
        stopping: impl Fn() -> bool + Send + Sync,
    ) -> Result<SendReport, Failure> {
        self.send(Retry::WhenDue, stopping).await
    }

    /// The same, with those mails that would wait for their next try.
    pub async fn send_now(&self) -> Result<SendReport, Failure> {
        self.send(Retry::Now, || false).await
    }

    async fn send(
        &self,
        retry: Retry,
        stopping: impl Fn() -> bool + Send + Sync,
    ) -> Result<SendReport, Failure> {
        let now = self.resources.clock.now();
        let nobody_to_tell = self.queue_due(now).await?;
        let due = self.due(retry, now).await?;
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
        let overview = self.overview(None).await?;
        report.left = overview.all().filter(|mail| mail.status.is_open()).count();
        Ok(report)
    }

    /// The mails that may be sent at `now`.
    async fn due(&self, retry: Retry, now: DateTime<Utc>) -> Result<Vec<MailId>, Failure> {
        let settings = Arc::clone(&self.settings);
        let read = move |conn: &mut Conn| {
            let due = DueMails::load(conn, &settings, now)?;
            let token = due.history.newest.as_ref().map(|token| &token.id);
            let mails = store::mails::open(conn, token)?;
            let recipients = recipients::all(&store::people::admins::list(conn)?, &settings);
            let mails = mails.iter().filter(|mail| {
                due.allows(mail)
                    && recipients::contains(&recipients, mail)
                    && mail.may_be_tried(now, retry)
            });
            Ok(mails.map(|mail| mail.id).collect())
        };
        Ok(self.resources.store.read(read).await?)
    }

    async fn send_one(
        &self,
        id: MailId,
        retry: Retry,
        session: &mut MailSession<'_>,
        progress: &mut Progress,
    ) -> Result<(), Failure> {
        let Some((mut mail, message)) = self.claim(id, retry).await? else { return Ok(()) };
        let result = session.send(&message).await;
        let now = self.resources.clock.now();
        mail.state = match result {
            Ok(answer) => MailState::Sent { at: now, answer },
            Err(SendError::Permanent(answer)) => MailState::Failed { at: now, answer },
            Err(SendError::Unavailable(answer) | SendError::Transient(answer)) => {
                mail.after_failure(answer, now)
            }
        };
        log_failure(&mail);
        progress.count(&mail);
        self.settle(mail).await
    }

    /// Claims a mail and writes it, unless it may no longer be sent or another instance has it.
    async fn claim(&self, id: MailId, retry: Retry) -> Result<Option<(Mail, Message)>, Failure> {
        let now = self.resources.clock.now();
        let settings = Arc::clone(&self.settings);
        let claimed = move |conn: &mut Transaction| Ok(claim(conn, id, retry, &settings, now)?);
        self.resources.store.write(Lock::Mails, claimed).await
    }

    async fn settle(&self, mail: Mail) -> Result<(), Failure> {
        let settled = move |conn: &mut Transaction| {
            let counted = store::mails::settle(conn, mail.id, mail.attempts, &mail.state)?;
            if let (true, MailState::Failed { at, answer }) = (counted, &mail.state) {
                let event = activity(
                    Kind::MailFailed,
                    mail.kind.as_str(),
                    mail.about.token().cloned(),
                    *at,
                )
                .with_detail(format!("{}: {answer}", mail.recipient));
                store::activity::record(conn, &event)?;
            }
            Ok(())
        };
        self.resources.store.write(Lock::Mails, settled).await
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

fn claim(
    conn: &mut Conn,
    id: MailId,
    retry: Retry,
    settings: &MailSettings,
    now: DateTime<Utc>,
) -> Result<Option<(Mail, Message)>, StoreError> {
    let due = DueMails::load(conn, settings, now)?;
    let mail = store::mails::by_id(conn, id)?;
    let mail = mail.filter(|mail| mail.may_be_tried(now, retry) && due.allows(mail));
    let Some(mut mail) = mail else { return Ok(None) };
    let Some(current) = recipients::current(conn, &mail, settings)? else { return Ok(None) };
    let Some(address) = current.recipient.address().cloned() else { return Ok(None) };
    mail.recipient = current.recipient;
    let chosen = store::identity_provider::get(conn)?.map(|choice| choice.provider);
    let writing = Writing { due: &due, settings: &settings.naming(chosen), now };
    let Some(letter) = writing.letter(conn, &mail)? else { return Ok(None) };
    store::mails::claim(conn, &mail, now)?;
    mail.attempts += 1;
    mail.first_tried_at.get_or_insert(now);
    let message = Message {
        id: message_id(mail.kind, mail.about.as_str(), &recipient_key(&mail)),
        name: current.name,
        address,
        date: now,
        letter,
    };
    Ok(Some((mail, message)))
}

/// The same on every try, even if the admin's address has changed in between; another for a mail that
/// goes out again on its day, or mailboxes would take the two for one.
fn recipient_key(mail: &Mail) -> String {
    match mail.recipient.admin() {
        Some(admin) => format!("mail {} to admin {}", mail.id.0, admin.0),
        None => format!("mail {} to address {}", mail.id.0, mail.recipient.key()),
    }
}

/// One line for each failure; addresses do not belong in a log.
fn log_failure(mail: &Mail) {
    let masked = |answer: &str| answer.replace(&mail.recipient.to_string(), "(recipient)");
    match &mail.state {
        MailState::Failed { answer, .. } => tracing::error!(
            mail.id = mail.id.0,
            mail.kind = mail.kind.as_str(),
            answer = masked(answer),
            "a mail failed permanently"
        ),
        MailState::Retrying { answer, next_try_at, .. } => tracing::warn!(
            mail.id = mail.id.0,
            mail.kind = mail.kind.as_str(),
            answer = masked(answer),
            next_try_at = %next_try_at,
            "a mail could not be delivered and will be tried again"
        ),
        MailState::Sent { .. } | MailState::Waiting => {}
    }
}
