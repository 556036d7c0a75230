//! Requests with a token, counted by hour and by caller.

pub mod caller;
pub mod callers;
pub mod hours;
pub mod series;

use chrono::{DateTime, TimeDelta, Utc};

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Its token is valid.
    Accepted,
    /// It has no token, or not a valid one.
    Refused,
}

/// The beginning of the hour of `at`, in UTC.
pub fn hour(at: DateTime<Utc>) -> DateTime<Utc> {
    beginning(at, TimeDelta::hours(1))
}

/// The beginning of the day of `at`, in UTC: requests are counted by days that are the same for every
/// reader.
pub fn day(at: DateTime<Utc>) -> DateTime<Utc> {
    beginning(at, TimeDelta::days(1))
}

fn beginning(at: DateTime<Utc>, span: TimeDelta) -> DateTime<Utc> {
    let seconds = at.timestamp();
    let begun = seconds - seconds.rem_euclid(span.num_seconds());
    DateTime::from_timestamp(begun, 0).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_and_days_begin_in_utc() {
        let at: DateTime<Utc> = "2026-11-22T14:59:59.9Z".parse().unwrap();

        assert_eq!(hour(at).to_rfc3339(), "2026-11-22T14:00:00+00:00");
        assert_eq!(day(at).to_rfc3339(), "2026-11-22T00:00:00+00:00");
        assert_eq!((hour(hour(at)), day(day(at))), (hour(at), day(at)));
    }
}
