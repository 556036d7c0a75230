//! How long to wait after failed logins.

use chrono::{DateTime, TimeDelta, Utc};

/// The longest delay; nobody is locked out for good.
const LONGEST: TimeDelta = TimeDelta::minutes(15);

/// Until when a login may not be tried again after `failures` consecutive failures, the last of them
/// at `last`: not at all up to `free` failures, then for 1 s, and twice as long each time up to
/// 15 min.
///
/// Nobody waits longer, whatever was done to the clock: a longer wait means that it was set back
/// since `last`. Then one attempt is free, which is counted by the present time.
pub(crate) fn throttled_until(
    failures: u64,
    free: u64,
    last: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let over = failures.checked_sub(free)?;
    let seconds = 1_i64.checked_shl(u32::try_from(over).unwrap_or(u32::MAX)).unwrap_or(i64::MAX);
    let delay = TimeDelta::try_seconds(seconds).filter(|delay| *delay > TimeDelta::zero());
    let until = last + delay.unwrap_or(LONGEST).min(LONGEST);
    (now < until && until <= now + LONGEST).then_some(until)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_and_end() {
        let last = DateTime::UNIX_EPOCH;
        for (failures, seconds) in [
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
            let until = last + TimeDelta::seconds(seconds);
            assert_eq!(throttled_until(failures, 5, last, last), Some(until), "{failures}");
            assert_eq!(throttled_until(failures, 5, last, until), None, "{failures}");
        }
        for failures in [0, 4] {
            assert_eq!(throttled_until(failures, 5, last, last), None, "{failures}");
        }
    }

    #[test]
    fn a_clock_that_was_set_back_makes_nobody_wait_longer() {
        let now = DateTime::UNIX_EPOCH;
        for failures in [4, 5, 15, 69, u64::MAX] {
            for ahead in [1, 899, 900, 901, 86_400, 1_000_000_000] {
                let last = now + TimeDelta::seconds(ahead);
                let until = throttled_until(failures, 5, last, now).unwrap_or(now);
                assert!(until <= now + LONGEST, "{failures} failures, {ahead} s ahead: {until}");
            }
        }
    }
}
