//! Queueing the mails that have become due, one for each recipient.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::due::DueMails;
use super::keys::KeyReminder;
use super::outbox::{Outbox, insert_for_people};
use super::{MailSettings, Mails, certificate, connection, keys};
use crate::domain::certificate::Certificate;
use crate::domain::mail::about::About;
use crate::domain::mail::kind::MailKind;
use crate::domain::mail::milestone::{Milestone, Schedule};
use crate::domain::sync::alarms::Alarm;
use crate::service::Failure;
use crate::store::{self, Conn, Lock, StoreError, Transaction};

impl Mails {
    /// Queues the mails of every kind that is due and has none yet, and says whether one of them
    /// found no recipient. The recipients are decided here, once: somebody who is added later gets
    /// the next mail.
    pub(crate) async fn queue_due(&self, now: DateTime<Utc>) -> Result<bool, Failure> {
        let (settings, certificate) = (Arc::clone(&self.settings), self.certificate.get());
        let is_quiet = {
            let (settings, certificate) = (Arc::clone(&settings), certificate.clone());
            move |conn: &mut Conn| {
                let certificate = certificate.as_ref();
                Ok(too_early(conn, settings.schedule, now)?.is_empty()
                    && missing(conn, &settings, certificate, now)?.is_empty()
                    && missing_reminders(conn, &settings, now)?.is_empty()
                    && certificate::outdated(conn, &settings, certificate, now)?.is_empty())
            }
        };
        if self.resources.store.read(is_quiet).await? {
            return Ok(false);
        }
        let outbox = self.outbox.clone();
        let queued = move |conn: &mut Transaction| {
            for mail in certificate::outdated(conn, &settings, certificate.as_ref(), now)? {
                store::mails::sending::withdraw(conn, mail.id)?;
            }
            Ok(queue(conn, (&settings, &outbox), certificate.as_ref(), now)?)
        };
        self.resources.store.write(Lock::Mails, queued).await
    }
}

/// The milestones of the current token whose mails a clock that ran ahead has sent before their day.
///
/// They go out again on the day, but only once more: two instances whose clocks differ by days would
/// never end. A clock that shows a time before the token was generated knows nothing about it.
fn too_early(
    conn: &mut Conn,
    schedule: Schedule,
    now: DateTime<Utc>,
) -> Result<Vec<(Milestone, About)>, StoreError> {
    let history = store::tokens::history(conn)?;
    let token = history.unrevoked().filter(|token| token.generated_at <= now);
    let Some(token) = token else { return Ok(Vec::new()) };
    let about = About::Token(token.id.clone());
    let mut early = Vec::new();
    for milestone in store::mails::settled_milestones(conn, &token.id)? {
        if schedule.is_too_early(milestone, token.expires_at, now)
            && !store::mails::exists(conn, MailKind::TooEarly(milestone), &about)?
        {
            early.push((milestone, about.clone()));
        }
    }
    Ok(early)
}

/// The kinds of mails that are due and have not been queued, each with what it is about and its due
/// time.
fn missing(
    conn: &mut Conn,
    settings: &MailSettings,
    certificate: Option<&Certificate>,
    now: DateTime<Utc>,
) -> Result<Vec<(MailKind, About, DateTime<Utc>)>, StoreError> {
    let mut missing = Vec::new();
    if let Some((about, due_at)) = certificate::missing(conn, settings, certificate, now)? {
        missing.push((MailKind::Certificate, about, due_at));
    }
    let due = DueMails::load(conn, settings, now)?;
    for (kind, about) in due.all() {
        if !store::mails::exists_for_people(conn, kind, &about)? {
            let milestone = kind.milestone().zip(due.history.unrevoked());
            let due_at = milestone.map_or(now, |(milestone, token)| {
                settings.schedule.due_at(milestone, token.expires_at)
            });
            missing.push((kind, about, due_at));
        }
    }
    Ok(missing)
}

/// The reminders about API keys that are due and have not been queued.
fn missing_reminders(
    conn: &mut Conn,
    settings: &MailSettings,
    now: DateTime<Utc>,
) -> Result<Vec<KeyReminder>, StoreError> {
    let mut missing = Vec::new();
    for reminder in keys::load(conn, settings, now)? {
        if !store::mails::exists(conn, reminder.kind, &reminder.about)? {
            missing.push(reminder);
        }
    }
    Ok(missing)
}

fn queue(
    conn: &mut Transaction,
    (settings, outbox): (&MailSettings, &Outbox),
    certificate: Option<&Certificate>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    for (milestone, about) in too_early(conn, settings.schedule, now)? {
        let (was, is) = (MailKind::Expiry(milestone), MailKind::TooEarly(milestone));
        store::mails::set_kind(conn, was, is, &about)?;
        tracing::warn!(mail.kind = was.as_str(), "a clock that ran ahead has sent mails too early");
    }
    let mut nobody_to_tell = false;
    // Asked again under the lock: another instance may have been faster.
    for (kind, about, due_at) in missing(conn, settings, certificate, now)? {
        // Webhooks get it once, even while nobody else does.
        if !store::mails::exists(conn, kind, &about)? {
            outbox.insert_for_webhooks(conn, kind, &about, due_at)?;
        }
        let count = insert_for_people(conn, &settings.extra, kind, &about, due_at)?;
        if kind == MailKind::Alarm(Alarm::Silent) {
            connection::note_silence(conn, now)?;
        }
        if count == 0 {
            nobody_to_tell = true;
            continue;
        }
        let about = about.as_str();
        tracing::info!(
            mail.kind = kind.as_str(),
            mail.about = about,
            recipients = count,
            "mails are due"
        );
    }
    for reminder in missing_reminders(conn, settings, now)? {
        let KeyReminder { kind, about, due_at, .. } = &reminder;
        match reminder.recipient(conn)? {
            Some(maker) => drop(store::mails::insert(conn, *kind, about, &maker, *due_at)?),
            None => drop(insert_for_people(conn, &settings.extra, *kind, about, *due_at)?),
        }
    }
    Ok(nobody_to_tell)
}
