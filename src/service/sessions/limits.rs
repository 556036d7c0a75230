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

/// When a session that is used now began. If it was used later than now, the clock was set back since:
/// then it began earlier by the present clock too, and is as old as it was.
pub(crate) fn began_at(session: &Session, now: DateTime<Utc>) -> DateTime<Utc> {
    session.created_at - (session.last_seen_at - now).max(TimeDelta::zero())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::admin::code::Digest;
    use crate::domain::admin::person::AdminId;

    #[test]
    fn no_way_to_set_the_clock_back_makes_a_session_younger() {
        let at = |minutes| DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes);
        for (created, last_seen, now) in
            [(0, 700, 690), (0, 700, 671), (0, 10, 0), (0, 0, -29), (0, 100, 100), (0, 100, 120)]
        {
            let session = Session {
                digest: Digest::new(String::new()),
                admin: AdminId(1),
                state: String::new(),
                created_at: at(created),
                last_seen_at: at(last_seen),
                address: None,
                agent: None,
            };
            let began = began_at(&session, at(now));
            let age = at(now) - began;
            assert!(age >= TimeDelta::minutes(last_seen - created), "{created} {last_seen} {now}");
            assert!(began <= at(created));
        }
    }
}
