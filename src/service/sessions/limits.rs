//! How long somebody stays signed in.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::admin::ServerAdmin;
use crate::store::people::sessions::Session;

/// A session ends when it was not used for this long.
pub const IDLE_LIMIT: TimeDelta = TimeDelta::minutes(30);
/// A session ends this long after the login, used or not.
pub(crate) const ABSOLUTE_LIMIT: TimeDelta = TimeDelta::hours(12);

/// Whether a session has not ended and its admin is active.
pub(crate) fn is_open(session: &Session, admin: &ServerAdmin, now: DateTime<Utc>) -> bool {
    is_within_limits(session, now) && admin.active
}

/// Whether a session was used and begun recently enough.
pub(crate) fn is_within_limits(session: &Session, now: DateTime<Utc>) -> bool {
    now < session.last_seen_at + IDLE_LIMIT && now < session.created_at + ABSOLUTE_LIMIT
}
