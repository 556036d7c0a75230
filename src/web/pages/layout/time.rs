//! Instants as pages show them: UTC first, the reader's own zone is added by the browser.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::text::count;
use crate::domain::calendar;

/// An instant for a `<time>` element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moment {
    /// RFC 3339, for machines.
    pub(crate) iso: String,
    /// What people read.
    pub(crate) text: String,
}

impl Moment {
    /// A day; the machine-readable form keeps the time.
    pub(crate) fn day(at: DateTime<Utc>) -> Self {
        Self { iso: calendar::rfc3339(at), text: utc_date(at) }
    }

    /// Date and time.
    pub(crate) fn new(at: DateTime<Utc>) -> Self {
        Self { iso: calendar::rfc3339(at), text: utc_text(at) }
    }
}

impl Moment {
    /// Date and time in `zone`, with UTC beside where that is another time.
    pub(crate) fn in_zone(at: DateTime<Utc>, zone: Tz) -> Self {
        Self { iso: calendar::rfc3339(at), text: zoned_text(at, zone) }
    }
}

/// `7 Mar 2027, 09:00 CET (08:00 UTC)`.
pub(crate) fn zoned_text(at: DateTime<Utc>, zone: Tz) -> String {
    let calendar::LocalText { date, time, utc } = calendar::LocalText::new(at, zone);
    let Some(utc) = utc else { return utc_text(at) };
    let same_day = format!("{date}, ");
    format!("{date}, {time} ({})", utc.strip_prefix(&same_day).unwrap_or(&utc))
}

/// `22 Mar 2027, 09:14 UTC`.
pub(crate) fn utc_text(at: DateTime<Utc>) -> String {
    at.format("%-d %b %Y, %H:%M UTC").to_string()
}

/// `22 Mar 2027`, in UTC.
pub(crate) fn utc_date(at: DateTime<Utc>) -> String {
    calendar::date_text(at.date_naive())
}

/// How far an expiry is away, or how long ago it was, in calendar days of `zone`; hours and minutes
/// on the same day.
pub(crate) fn countdown(now: DateTime<Utc>, at: DateTime<Utc>, zone: Tz) -> String {
    match calendar::days_until(at, now, zone) {
        0 if at > now => format!("in {}", calendar::span(at - now)),
        0 => ago(now, at),
        days if days > 0 => format!("in {}", count(days, "day")),
        days => format!("{} ago", count(-days, "day")),
    }
}

/// How long ago something was: `just now`, `4 minutes ago`, `3 hours ago`, `3 days ago`.
pub(crate) fn ago(now: DateTime<Utc>, at: DateTime<Utc>) -> String {
    let passed = now - at;
    if passed < TimeDelta::minutes(1) {
        return "just now".to_owned();
    }
    format!("{} ago", calendar::span(passed))
}

/// `09:12 UTC`; with the date unless it is today.
pub(crate) fn since(now: DateTime<Utc>, at: DateTime<Utc>) -> String {
    if at.date_naive() == now.date_naive() {
        return at.format("%H:%M UTC").to_string();
    }
    utc_text(at)
}

/// How long to wait: `30 seconds`, `2 minutes`.
pub(crate) fn wait(seconds: i64) -> String {
    if seconds < 60 { count(seconds, "second") } else { count((seconds + 59) / 60, "minute") }
}

/// When somebody logged in last.
pub(crate) fn last_login(at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> String {
    match at {
        None => "Has never logged in".to_owned(),
        Some(at) => format!("Logged in {}", ago(now, at)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_countdown_counts_calendar_days_and_on_the_day_hours() {
        let expiry = at("2026-12-04T14:03:00Z");
        for (now, text) in [
            ("2026-11-22T23:59:59Z", "in 12 days"),
            ("2026-12-03T23:59:59Z", "in 1 day"),
            ("2026-12-04T00:00:00Z", "in 14 hours"),
            ("2026-12-04T13:38:00Z", "in 25 minutes"),
            ("2026-12-04T14:02:59Z", "in less than a minute"),
            ("2026-12-04T14:03:00Z", "just now"),
            ("2026-12-04T15:03:00Z", "1 hour ago"),
            ("2026-12-05T00:00:00Z", "1 day ago"),
            ("2026-12-24T00:00:00Z", "20 days ago"),
        ] {
            assert_eq!(countdown(at(now), expiry, Tz::UTC), text, "{now}");
        }
        let tokyo = countdown(at("2026-12-03T23:00:00Z"), expiry, Tz::Asia__Tokyo);
        assert_eq!(tokyo, "in 15 hours");
    }

    #[test]
    fn a_time_of_a_zone_has_utc_beside_it() {
        for (instant, zone, text) in [
            ("2027-03-07T08:00:00Z", Tz::Europe__Berlin, "7 Mar 2027, 09:00 CET (08:00 UTC)"),
            ("2027-03-07T08:00:00Z", Tz::UTC, "7 Mar 2027, 08:00 UTC"),
            ("2027-03-07T08:00:00Z", Tz::Europe__London, "7 Mar 2027, 08:00 UTC"),
            (
                "2027-03-20T00:30:00Z",
                Tz::America__Los_Angeles,
                "19 Mar 2027, 17:30 PDT (20 Mar 2027, 00:30 UTC)",
            ),
        ] {
            assert_eq!(zoned_text(at(instant), zone), text);
        }
    }

    #[test]
    fn a_wait_is_told_in_seconds_or_whole_minutes() {
        let told: Vec<String> = [1, 59, 60, 61, 900].into_iter().map(wait).collect();
        assert_eq!(told, ["1 second", "59 seconds", "1 minute", "2 minutes", "15 minutes"]);
    }

    #[test]
    fn the_past_is_told_in_the_largest_unit_that_has_passed() {
        let then = at("2026-12-04T14:03:00Z");
        for (seconds, text) in [
            (-5, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (3_599, "59 minutes ago"),
            (3_600, "1 hour ago"),
            (86_399, "23 hours ago"),
            (86_400, "1 day ago"),
            (200_000, "2 days ago"),
        ] {
            assert_eq!(ago(then + TimeDelta::seconds(seconds), then), text);
        }
    }
}
