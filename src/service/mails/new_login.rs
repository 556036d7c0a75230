//! Telling a Server Admin of a login from where they have not logged in lately.
//!
//! What they are known by is the activity list, which has every login anyway: nothing else is kept about
//! it, and what is remembered ends with the retention of that list.

use crate::domain::activity::{Event, Kind};
use crate::domain::admin::ServerAdmin;
use crate::domain::mail::about::{About, EventKey};
use crate::domain::mail::kind::MailKind;
use crate::domain::mail::recipient::Recipient;
use crate::domain::network::familiar::{COMPARED, are_alike};
use crate::store::{self, StoreError, Transaction};

/// Records the login of `admin`, as they were before it, and queues a mail to them if they have not logged
/// in from there lately; says whether it does. Nobody is told of the first login of an account.
pub(crate) fn record_login(
    conn: &mut Transaction,
    event: &Event,
    admin: &ServerAdmin,
) -> Result<bool, StoreError> {
    let known = store::activity::sources(conn, admin.id, &Kind::LOGINS, event.at - COMPARED)?;
    let entry = store::activity::add_entry(conn, event)?;
    let is_first = known.is_empty() && admin.last_login_at.is_none();
    if is_first || known.iter().any(|source| are_alike(source, &event.source)) {
        return Ok(false);
    }
    let about = About::Event(EventKey::entry(entry));
    let recipient = Recipient::Admin(admin.id, admin.email.clone());
    store::mails::insert(conn, MailKind::NewLogin, &about, &recipient, event.at)?;
    Ok(true)
}
