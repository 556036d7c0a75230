//! Which letter a queued mail becomes.

use chrono::{DateTime, Utc};

use super::MailSettings;
use super::due::DueMails;
use crate::domain::mail::Mail;
use crate::domain::mail::kind::MailKind;
use crate::mail::letter::Letter;
use crate::mail::letters;
use crate::store::{self, Conn, StoreError};

/// Writes the letter of a queued mail; none if what it is about is gone.
pub(crate) fn write(
    conn: &mut Conn,
    mail: &Mail,
    due: &DueMails,
    settings: &MailSettings,
    now: DateTime<Utc>,
) -> Result<Option<Letter>, StoreError> {
    let MailSettings { letterhead, schedule, .. } = settings;
    let recipient = &mail.recipient;
    let token = mail.about.token().map(|id| store::tokens::by_id(conn, id)).transpose()?;
    let Some(token) = token.flatten() else { return Ok(None) };
    Ok(match mail.kind {
        MailKind::Expiry(milestone) => {
            let expiry = letters::Expiry { token: &token, milestone, schedule: *schedule, now };
            Some(letters::expiry(&expiry, recipient, letterhead))
        }
        MailKind::Generated => {
            let replaced = store::tokens::replaced_by(conn, &token.id)?.map(|token| token.id);
            let by = token.generated_by.admin_id();
            let by = by.map(|id| store::people::admins::by_id(conn, id)).transpose()?.flatten();
            let email = by.as_ref().map(|admin| &admin.email);
            Some(letters::generated(&token, email, replaced.as_ref(), schedule.zone, letterhead))
        }
        MailKind::StillUsed => due
            .still_used()
            .map(|facts| letters::still_used(&facts, schedule.zone, recipient, letterhead)),
        MailKind::Invitation | MailKind::Test => None,
    })
}
