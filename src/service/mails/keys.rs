//! Reminders that API keys expire: to the maker of each, or to everybody if it was made at the command
//! line.

use chrono::{DateTime, Utc};

use super::MailSettings;
use crate::domain::admin::person::AdminId;
use crate::domain::mail::Mail;
use crate::domain::mail::about::{About, EventKey};
use crate::domain::mail::key::KeyMail;
use crate::domain::mail::kind::MailKind;
use crate::domain::mail::recipient::Recipient;
use crate::store::{self, Conn, StoreError};

/// A reminder that may go out.
pub(crate) struct KeyReminder {
    pub(crate) kind: MailKind,
    pub(crate) about: About,
    pub(crate) due_at: DateTime<Utc>,
    /// Who gets it; everybody without one.
    maker: Option<AdminId>,
}

/// The reminders that may go out at `now`.
pub(crate) fn load(
    conn: &mut Conn,
    settings: &MailSettings,
    now: DateTime<Utc>,
) -> Result<Vec<KeyReminder>, StoreError> {
    let keys = store::keys::list(conn)?;
    let due = keys.iter().filter_map(|key| {
        let (mail, due_at) = KeyMail::due(key, settings.schedule, now)?;
        let about = About::Event(EventKey::key(&key.id, mail));
        let maker = key.created_by.admin_id();
        Some(KeyReminder { kind: MailKind::Key(mail), about, due_at, maker })
    });
    Ok(due.collect())
}

impl KeyReminder {
    /// Whether it is this one.
    pub(crate) fn is(&self, mail: &Mail) -> bool {
        self.kind == mail.kind && self.about == mail.about
    }

    /// The one recipient; none if everybody is one.
    pub(super) fn recipient(&self, conn: &mut Conn) -> Result<Option<Recipient>, StoreError> {
        let Some(id) = self.maker else { return Ok(None) };
        let admin = store::people::admins::by_id(conn, id)?;
        Ok(admin.map(|admin| Recipient::Admin(id, admin.email)))
    }
}
