//! Calendar days and times of day in the configured time zone, and how instants are written.
//!
//! An expiry at 00:30 UTC is the day before in California: every "in 12 days" and "today", on a page
//! or in a mail, counts calendar days in the same zone, so that they never contradict each other.

use chrono::{DateTime, NaiveDate, NaiveTime, Offset, SecondsFormat, TimeDelta, TimeZone, Utc};
use chrono_tz::{GapInfo, OffsetName, Tz, TzOffset};

/// The calendar day on which `at` falls in `zone`.
pub fn date(at: DateTime<Utc>, zone: Tz) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}

/// How many calendar days `at` lies after the day of `now`: 0 is today, 1 tomorrow, -1 yesterday.
pub fn days_until(at: DateTime<Utc>, now: DateTime<Utc>, zone: Tz) -> i64 {
    date(at, zone).signed_duration_since(date(now, zone)).num_days()
}

/// The instant at which the clocks in `zone` show `time` on `date`.
///
/// A time that is skipped by a change of the clocks means the next one that exists; one that comes
/// twice means the first.
pub fn instant(date: NaiveDate, time: NaiveTime, zone: Tz) -> DateTime<Utc> {
    let local = date.and_time(time);
    let found = zone.from_local_datetime(&local).earliest();
    let found = found.or_else(|| GapInfo::new(&local, &zone).and_then(|gap| gap.end));
    found.map_or_else(|| local.and_utc(), |found| found.to_utc())
}

/// An instant for machines (RFC 3339), in UTC and whole seconds: `2026-12-04T14:03:00Z`.
pub fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A day as it is written everywhere: `4 Dec 2026`.
pub fn date_text(date: NaiveDate) -> String {
    date.format("%-d %b %Y").to_string()
}

/// A span of time in its largest unit: `38 minutes`, `5 hours`, `9 days`.
pub fn span(span: TimeDelta) -> String {
    let count =
        |number: i64, unit| format!("{number} {unit}{}", if number == 1 { "" } else { "s" });
    if span < TimeDelta::minutes(1) {
        "less than a minute".to_owned()
    } else if span < TimeDelta::hours(1) {
        count(span.num_minutes(), "minute")
    } else if span < TimeDelta::days(1) {
        count(span.num_hours(), "hour")
    } else {
        count(span.num_days(), "day")
    }
}

/// An instant as a mail writes it: in the configured zone, with UTC added where that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalText {
    /// `19 Mar 2027`
    pub date: String,
    /// `17:30 PDT`
    pub time: String,
    /// `20 Mar 2027, 00:30 UTC`; none where the zone shows the same time.
    pub utc: Option<String>,
}

impl LocalText {
    /// Describes `at` in `zone`.
    pub fn new(at: DateTime<Utc>, zone: Tz) -> Self {
        let local = at.with_timezone(&zone);
        if local.offset().fix().local_minus_utc() == 0 {
            return Self { date: date_text(at.date_naive()), time: utc_time(at), utc: None };
        }
        let zone = zone_text(local.offset());
        Self {
            date: date_text(local.date_naive()),
            time: format!("{} {zone}", local.format("%H:%M")),
            utc: Some(format!("{}, {}", date_text(at.date_naive()), utc_time(at))),
        }
    }

    /// `19 Mar 2027, 17:30 PDT (20 Mar 2027, 00:30 UTC)`
    pub fn fact(&self) -> String {
        format!("{}, {}{}", self.date, self.time, self.in_utc())
    }

    /// `19 Mar 2027 at 17:30 PDT (20 Mar 2027, 00:30 UTC)`
    pub fn phrase(&self) -> String {
        format!("{} at {}{}", self.date, self.time, self.in_utc())
    }

    /// ` (20 Mar 2027, 00:30 UTC)`, or nothing.
    pub fn in_utc(&self) -> String {
        self.utc.as_ref().map(|utc| format!(" ({utc})")).unwrap_or_default()
    }
}

fn utc_time(at: DateTime<Utc>) -> String {
    at.format("%H:%M UTC").to_string()
}

/// A zone's abbreviation, such as `PDT`; a zone that has none is named by its offset: `UTC-03:00`.
fn zone_text(offset: &TzOffset) -> String {
    let letters = offset.abbreviation().filter(|text| text.starts_with(char::is_alphabetic));
    letters.map_or_else(|| format!("UTC{}", offset.fix()), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn days_are_counted_where_the_admins_live() {
        for (expiry, now, zone, days) in [
            ("2026-12-04T14:03:00Z", "2026-11-19T09:00:00Z", Tz::UTC, 15),
            ("2026-12-04T14:03:00Z", "2026-12-04T00:00:00Z", Tz::UTC, 0),
            ("2026-12-04T14:03:00Z", "2026-12-03T23:59:59Z", Tz::UTC, 1),
            ("2026-12-04T14:03:00Z", "2026-12-24T09:00:00Z", Tz::UTC, -20),
            ("2027-03-20T00:30:00Z", "2027-03-20T00:10:00Z", Tz::America__Los_Angeles, 0),
            ("2027-03-20T00:30:00Z", "2027-03-19T06:59:59Z", Tz::America__Los_Angeles, 1),
            ("2028-03-01T12:00:00Z", "2028-02-28T12:00:00Z", Tz::Europe__Berlin, 2),
        ] {
            assert_eq!(days_until(at(expiry), at(now), zone), days, "{expiry} {now} {zone}");
        }
    }

    #[test]
    fn a_skipped_time_is_the_next_one_and_a_repeated_one_the_first() {
        for (date, time, zone, instant_) in [
            ("2027-01-15", "09:00:00", Tz::Europe__Berlin, "2027-01-15T08:00:00Z"),
            ("2027-07-15", "09:00:00", Tz::Europe__Berlin, "2027-07-15T07:00:00Z"),
            // The clocks go from 02:00 to 03:00.
            ("2027-03-28", "02:30:00", Tz::Europe__Berlin, "2027-03-28T01:00:00Z"),
            ("2027-03-14", "02:30:00", Tz::America__Los_Angeles, "2027-03-14T10:00:00Z"),
            // They show 02:30 twice.
            ("2027-10-31", "02:30:00", Tz::Europe__Berlin, "2027-10-31T00:30:00Z"),
            ("2027-11-07", "01:30:00", Tz::America__Los_Angeles, "2027-11-07T08:30:00Z"),
            // Midnight does not exist.
            ("2026-04-24", "00:00:00", Tz::Africa__Cairo, "2026-04-23T22:00:00Z"),
            // A whole day does not exist.
            ("2011-12-30", "09:00:00", Tz::Pacific__Apia, "2011-12-30T10:00:00Z"),
        ] {
            let result = instant(date.parse().unwrap(), time.parse().unwrap(), zone);

            assert_eq!(result, at(instant_), "{date} {time} {zone}");
        }
    }

    #[test]
    fn a_mail_names_the_local_time_and_utc_where_it_differs() {
        for (instant, zone, text) in [
            ("2026-12-04T14:03:00Z", Tz::UTC, "4 Dec 2026, 14:03 UTC"),
            ("2026-12-04T14:03:00Z", Tz::Europe__London, "4 Dec 2026, 14:03 UTC"),
            (
                "2027-03-20T00:30:00Z",
                Tz::America__Los_Angeles,
                "19 Mar 2027, 17:30 PDT (20 Mar 2027, 00:30 UTC)",
            ),
            (
                "2026-12-04T14:03:59Z",
                Tz::America__Sao_Paulo,
                "4 Dec 2026, 11:03 UTC-03:00 (4 Dec 2026, 14:03 UTC)",
            ),
            (
                "2026-12-04T14:03:00Z",
                Tz::Asia__Kathmandu,
                "4 Dec 2026, 19:48 UTC+05:45 (4 Dec 2026, 14:03 UTC)",
            ),
        ] {
            assert_eq!(LocalText::new(at(instant), zone).fact(), text);
        }
    }
}
