//! How long to wait after failed logins.

use chrono::{DateTime, TimeDelta, Utc};

/// Failures of one account that cost nothing: people mistype.
pub(crate) const FREE_FOR_ACCOUNT: u64 = 5;
/// Failures from one source that cost nothing: a whole office may share an address.
pub(crate) const FREE_FOR_SOURCE: u64 = 20;
/// The longest delay; nobody is locked out for good.
const LONGEST: TimeDelta = TimeDelta::minutes(15);

/// The first instant at which a login may be tried again after `failures` consecutive failures,
/// the last of them at `last`: at once up to `free` failures, then after 1 s, and twice as long
/// each time up to 15 min.
pub(crate) fn next_try(failures: u64, free: u64, last: DateTime<Utc>) -> DateTime<Utc> {
    let Some(over) = failures.checked_sub(free) else { return last };
    let seconds = 1_i64.checked_shl(u32::try_from(over).unwrap_or(u32::MAX)).unwrap_or(i64::MAX);
    let delay = TimeDelta::try_seconds(seconds).filter(|delay| *delay > TimeDelta::zero());
    last + delay.unwrap_or(LONGEST).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_and_end() {
        let last = DateTime::UNIX_EPOCH;
        for (failures, seconds) in [
            (0, 0),
            (4, 0),
            (5, 1),
            (6, 2),
            (7, 4),
            (10, 32),
            (14, 512),
            (15, 900),
            (68, 900),
            (69, 900),
            (u64::MAX, 900),
        ] {
            assert_eq!(
                next_try(failures, 5, last),
                last + TimeDelta::seconds(seconds),
                "{failures}"
            );
        }
    }
}
