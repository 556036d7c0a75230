//! How long somebody stays signed in.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::admin::ServerAdmin;
use crate::store::people::sessions::Session;

/// A session ends when it was not used for this long.
pub const IDLE_LIMIT: TimeDelta = TimeDelta::minutes(30);
/// A session ends this long after the login, used or not.
pub(crate) const ABSOLUTE_LIMIT: TimeDelta = TimeDelta::hours(12);
/// A proof of who somebody is counts for this long; `templates/proof` says so too.
const PROOF_LIMIT: TimeDelta = TimeDelta::minutes(15);
/// So far apart the clocks of two instances may be.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::minutes(1);

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

/// When a session that is used now began, and when it was proven. If it was used later than now, the
/// clock was set back since: then both were earlier by the present clock too, and are as old as they
/// were.
pub(crate) fn began_and_proven_at(
    session: &Session,
    now: DateTime<Utc>,
) -> (DateTime<Utc>, DateTime<Utc>) {
    let set_back = (session.last_seen_at - now).max(TimeDelta::zero());
    (session.created_at - set_back, session.proven_at - set_back)
}

/// Whether the person behind a session has proved lately who they are. The clocks of two instances
/// differ a little; a proof that is later than that tells of a clock that ran ahead.
pub fn is_proven(session: &Session, now: DateTime<Utc>) -> bool {
    let age = now - session.proven_at;
    -CLOCKS_DIFFER <= age && age <= PROOF_LIMIT
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::admin::code::Digest;
    use crate::domain::admin::passkey::Proof;
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
                proven_at: at(created),
                address: None,
                agent: None,
                proof: Proof::Password,
                proven_by: Proof::Password,
            };
            let (began, proven) = began_and_proven_at(&session, at(now));
            assert_eq!(proven, began);
            let age = at(now) - began;
            assert!(age >= TimeDelta::minutes(last_seen - created), "{created} {last_seen} {now}");
            assert!(began <= at(created));
        }
    }

    #[test]
    fn a_proof_counts_for_a_quarter_of_an_hour_and_never_in_advance() {
        let at = |seconds| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        for (age, expected) in
            [(0, true), (900, true), (901, false), (86_400, false), (-60, true), (-61, false)]
        {
            let session = Session {
                digest: Digest::new(String::new()),
                admin: AdminId(1),
                state: String::new(),
                created_at: at(0),
                last_seen_at: at(0),
                proven_at: at(0),
                address: None,
                agent: None,
                proof: Proof::Password,
                proven_by: Proof::Password,
            };
            assert_eq!(is_proven(&session, at(age)), expected, "{age}");
        }
    }
}
