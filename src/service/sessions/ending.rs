//! Ending everything that lets somebody in without a password: after a restore, or when somebody
//! may have come into the possession of it.

use chrono::{DateTime, Utc};

use super::{COOKIE_KEY, Sessions};
use crate::domain::activity::{Event, Kind};
use crate::domain::admin::actor::Author;
use crate::service::Failure;
use crate::service::authority::Authorized;
use crate::service::passkeys;
use crate::store::{self, Lock, StoreError, Transaction};

/// What was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndedSessions {
    /// Sessions, and with them all open forms.
    pub sessions: usize,
    /// Invitations and set-up links that could still be used.
    pub links: usize,
}

impl Sessions {
    /// Ends all sessions, invitations and set-up links. `replaces_key` forgets the key of the cookies
    /// too: servers keep the one they know until they end, and the next start draws another.
    pub async fn end_all(&self, replaces_key: bool, by: Author) -> Result<EndedSessions, Failure> {
        let change = move |conn: &mut Transaction, by: &Authorized| {
            if replaces_key {
                store::settings::remove(conn, COOKIE_KEY)?;
            }
            Ok(end_all(conn, &by.event(Kind::AllSessionsEnded), by.now)?)
        };
        self.resources.write_as(by, Lock::Admins, Kind::AllSessionsEnded, change).await
    }
}

/// Does it in the transaction of the caller, and records it as `event`.
pub(crate) fn end_all(
    conn: &mut Transaction,
    event: &Event,
    now: DateTime<Utc>,
) -> Result<EndedSessions, StoreError> {
    let sessions = store::people::sessions::delete_all(conn)?;
    let links = store::people::links::consume_all(conn, now)?;
    store::people::second_steps::delete_all(conn)?;
    passkeys::end_all(conn)?;
    store::activity::record(conn, event)?;
    Ok(EndedSessions { sessions, links })
}
