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

/// Whether a session was used and begun recently enough. The clocks of two instances differ a
/// little; but what happens later than [`IDLE_LIMIT`] from now tells of a clock that was set back,
/// and would make the session live longer.
pub(crate) fn is_within_limits(session: &Session, now: DateTime<Utc>) -> bool {
    let (unused, age) = (now - session.last_seen_at, now - session.created_at);
    (-IDLE_LIMIT < unused && unused < IDLE_LIMIT) && (-IDLE_LIMIT < age && age < ABSOLUTE_LIMIT)
}
