//! The mails about the certificate that this process serves.

use chrono::{DateTime, Utc};

use super::MailSettings;
use crate::domain::certificate::Certificate;
use crate::domain::mail::Mail;
use crate::domain::mail::about::{About, EventKey};
use crate::domain::mail::kind::MailKind;
use crate::domain::mail::milestone::{Milestone, Schedule};
use crate::store::{self, Conn, StoreError};

/// What the mails are about that are due.
fn current(
    certificate: &Certificate,
    schedule: Schedule,
    now: DateTime<Utc>,
) -> Option<(Milestone, About)> {
    let milestone = certificate.milestone(schedule, now)?;
    Some((milestone, About::Event(EventKey::certificate(certificate, milestone))))
}

/// What the mails are about that are due and have not been queued, and when they became due.
pub(super) fn missing(
    conn: &mut Conn,
    settings: &MailSettings,
    certificate: Option<&Certificate>,
    now: DateTime<Utc>,
) -> Result<Option<(About, DateTime<Utc>)>, StoreError> {
    let Some(certificate) = certificate else { return Ok(None) };
    let Some((milestone, about)) = current(certificate, settings.schedule, now) else {
        return Ok(None);
    };
    let is_queued = store::mails::exists_for_people(conn, MailKind::Certificate, &about)?;
    let due_at = settings.schedule.due_at(milestone, certificate.expires_at);
    Ok((!is_queued).then_some((about, due_at)))
}

/// Unsent mails about a certificate that was renewed, or whose next milestone has come. An instance
/// that still serves the old one queues them again.
pub(super) fn outdated(
    conn: &mut Conn,
    settings: &MailSettings,
    certificate: Option<&Certificate>,
    now: DateTime<Utc>,
) -> Result<Vec<Mail>, StoreError> {
    let Some(certificate) = certificate else { return Ok(Vec::new()) };
    let current = current(certificate, settings.schedule, now).map(|(_, about)| about);
    let mut open = store::mails::sending::open_about_events(conn)?;
    open.retain(|mail| {
        mail.kind == MailKind::Certificate
            && Some(&mail.about) != current.as_ref()
            && !mail.is_claimed(now)
    });
    Ok(open)
}
