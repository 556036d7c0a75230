//! How often one Server Admin may do on the pages what sends mails: a stolen session is not to flood
//! the mailboxes of others. The command line is not limited.

use chrono::{DateTime, TimeDelta, Utc};

use super::authority::Authorized;
use crate::domain::activity::Kind;
use crate::store::{self, Conn, StoreError};

const HOUR: TimeDelta = TimeDelta::hours(1);

/// So much was done in the last hour that no more is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{limit} in an hour is the limit")]
pub struct HourlyLimit {
    /// How much may be done in an hour.
    pub limit: usize,
    /// The first instant at which it is possible again.
    pub until: DateTime<Utc>,
}

/// Fails if the author has made `limit` entries of these kinds in the last hour.
pub(super) fn check<E: From<HourlyLimit> + From<StoreError>>(
    conn: &mut Conn,
    by: &Authorized,
    kinds: &[Kind],
    limit: usize,
) -> Result<(), E> {
    let Some(admin) = by.actor.admin_id() else { return Ok(()) };
    // What a clock that ran ahead has noted for a later hour does not count.
    let times = store::activity::times(conn, admin, kinds, by.now - HOUR, by.now)?;
    Ok(within(limit, times)?)
}

/// Fails if the author has been sent `limit` test mails in the last hour.
pub(super) fn check_test_mails<E: From<HourlyLimit> + From<StoreError>>(
    conn: &mut Conn,
    by: &Authorized,
    limit: usize,
) -> Result<(), E> {
    let Some(admin) = by.actor.admin_id() else { return Ok(()) };
    let times = store::mails::times_of_tests(conn, admin, by.now - HOUR, by.now)?;
    Ok(within(limit, times)?)
}

/// `times` are those of the last hour.
fn within(limit: usize, mut times: Vec<DateTime<Utc>>) -> Result<(), HourlyLimit> {
    times.sort_unstable();
    match times.iter().rev().nth(limit.saturating_sub(1)) {
        Some(decisive) => Err(HourlyLimit { limit, until: *decisive + HOUR }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_is_possible_when_the_first_of_as_many_is_an_hour_old() {
        let at = |minutes| DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes);
        let until = |minutes| Err(HourlyLimit { limit: 2, until: at(minutes) });
        for (times, result) in [
            (vec![], Ok(())),
            (vec![at(5)], Ok(())),
            (vec![at(9), at(5)], until(65)),
            (vec![at(5), at(20), at(9)], until(69)),
        ] {
            assert_eq!(within(2, times), result);
        }
    }
}
