//! An old token that stays valid beside the new one until that one has proven itself.
//!
//! A test of the connection uses the new token before it is saved in the identity provider. So the
//! first use does not end the old one: it ends when it is no longer presented.

use chrono::{DateTime, TimeDelta, Utc};

/// An old token is kept for so long at most.
const LONGEST: TimeDelta = TimeDelta::hours(24);
/// So long after its last request it ends, once the new one is in use.
const UNSEEN: TimeDelta = TimeDelta::minutes(60);

/// That a token is kept beside the one that replaces it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// When the new token was generated.
    pub since: DateTime<Utc>,
    /// The first instant at which it is no longer accepted, by what is known. What is stored here
    /// decides, and nothing else.
    pub ends_at: DateTime<Utc>,
}

/// Why a kept token ended by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndReason {
    /// The new token was in use, and nobody presented this one any more.
    Unseen,
    /// It had been kept for as long as a token may be.
    TimeOver,
    /// It expired.
    Expired,
}

/// When a token that is kept since `since` ends at the latest.
pub fn latest_end(since: DateTime<Utc>, expires_at: DateTime<Utc>) -> DateTime<Utc> {
    expires_at.min(since + LONGEST)
}

/// When a kept token ends: `latest`, or sooner after the first use of the new token.
pub fn end(
    latest: DateTime<Utc>,
    last_request: Option<DateTime<Utc>>,
    new_in_use_since: Option<DateTime<Utc>>,
) -> DateTime<Utc> {
    let seen = new_in_use_since.map(|first| last_request.map_or(first, |last| last.max(first)));
    seen.map_or(latest, |seen| latest.min(seen + UNSEEN))
}

/// Why a token ended that was kept since `since`.
pub fn reason(kept: Kept, expires_at: DateTime<Utc>) -> EndReason {
    if kept.ends_at < latest_end(kept.since, expires_at) {
        EndReason::Unseen
    } else if kept.ends_at < expires_at {
        EndReason::TimeOver
    } else {
        EndReason::Expired
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + minute * 60, 0).unwrap()
    }

    #[test]
    fn it_ends_an_hour_after_the_last_request_or_the_first_use_of_the_new_one() {
        let day = 24 * 60;
        for (expires, last, first, ends, reason) in [
            (9 * day, Some(-5), None, day, EndReason::TimeOver),
            (9 * day, Some(600), None, day, EndReason::TimeOver),
            (9 * day, Some(-5), Some(7), 67, EndReason::Unseen),
            (9 * day, None, Some(7), 67, EndReason::Unseen),
            (9 * day, Some(30), Some(7), 90, EndReason::Unseen),
            (9 * day, Some(day - 61), Some(7), day - 1, EndReason::Unseen),
            (9 * day, Some(day - 60), Some(7), day, EndReason::TimeOver),
            (9 * day, Some(day - 1), Some(7), day, EndReason::TimeOver),
            (90, Some(-5), None, 90, EndReason::Expired),
            (90, Some(80), Some(7), 90, EndReason::Expired),
            (90, Some(-5), Some(7), 67, EndReason::Unseen),
        ] {
            let (since, expires_at) = (at(0), at(expires));
            let latest = latest_end(since, expires_at);
            let ends_at = end(latest, last.map(at), first.map(at));
            assert_eq!(ends_at, at(ends), "{expires} {last:?} {first:?}");
            assert_eq!(super::reason(Kept { since, ends_at }, expires_at), reason);
        }
    }
}
