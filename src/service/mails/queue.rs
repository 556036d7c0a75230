//! Queueing the mails that have become due, one for each recipient.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::due::DueMails;
use super::{MailSettings, Mails, connection, recipients};
use crate::domain::mail::about::About;
use crate::domain::mail::kind::MailKind;
use crate::domain::sync::alarms::Alarm;
use crate::service::Failure;
use crate::store::{self, Conn, Lock, StoreError, Transaction};

impl Mails {
    /// Queues the mails of every kind that is due and has none yet, and says whether one of them
    /// found no recipient. The recipients are decided here, once: somebody who is added later gets
    /// the next mail.
    pub(crate) async fn queue_due(&self, now: DateTime<Utc>) -> Result<bool, Failure> {
        let settings = Arc::clone(&self.settings);
        let missing = self.resources.store.read(move |conn| missing(conn, &settings, now)).await?;
        if missing.is_empty() {
            return Ok(false);
        }
        let settings = Arc::clone(&self.settings);
        let queued = move |conn: &mut Transaction| Ok(queue(conn, &settings, now)?);
        self.resources.store.write(Lock::Mails, queued).await
    }
}

/// The kinds of mails that are due and have not been queued, each with what it is about and its due
/// time.
fn missing(
    conn: &mut Conn,
    settings: &MailSettings,
    now: DateTime<Utc>,
) -> Result<Vec<(MailKind, About, DateTime<Utc>)>, StoreError> {
    let due = DueMails::load(conn, settings, now)?;
    let mut missing = Vec::new();
    for (kind, about) in due.all() {
        if !store::mails::exists(conn, kind, &about)? {
            let milestone = kind.milestone().zip(due.history.unrevoked());
            let due_at = milestone.map_or(now, |(milestone, token)| {
                settings.schedule.due_at(milestone, token.expires_at)
            });
            missing.push((kind, about, due_at));
        }
    }
    Ok(missing)
}

fn queue(
    conn: &mut Transaction,
    settings: &MailSettings,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let mut nobody_to_tell = false;
    // Asked again under the lock: another instance may have been faster.
    for (kind, about, due_at) in missing(conn, settings, now)? {
        let count = insert_for_all(conn, settings, kind, &about, due_at)?;
        if kind == MailKind::Alarm(Alarm::Silent) {
            connection::note_silence(conn, now)?;
        }
        nobody_to_tell |= count == 0;
        let about = about.as_str();
        tracing::info!(
            mail.kind = kind.as_str(),
            mail.about = about,
            recipients = count,
            "mails are due"
        );
    }
    Ok(nobody_to_tell)
}

/// Adds a mail for everybody who gets mails at present; returns how many.
///
/// # Errors
/// [`StoreError::Conflict`] if one of them has it already.
fn insert_for_all(
    conn: &mut Conn,
    settings: &MailSettings,
    kind: MailKind,
    about: &About,
    due_at: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let mut count = store::mails::insert_for_admins(conn, kind, about, due_at)?;
    for known in recipients::all(&store::people::admins::list(conn)?, settings) {
        if known.recipient.admin.is_none() {
            store::mails::insert(conn, kind, about, &known.recipient, due_at)?;
            count += 1;
        }
    }
    Ok(count)
}
