//! The certificate with which HTTPS is served: when mails say that it expires.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::calendar;
use super::mail::milestone::{Milestone, Schedule};

/// The milestones that count for a certificate.
const MILESTONES: [Milestone; 2] = [Milestone::FifteenDaysBefore, Milestone::OneDayBefore];

/// The days before the expiry from which on pages warn.
const FIRST_WARNING: i64 = 15;

/// What is known about a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Tells it from others: letters and digits, the same on every instance that serves it.
    pub fingerprint: String,
    /// From when it is valid.
    pub valid_from: DateTime<Utc>,
    /// The last second at which it is valid.
    pub expires_at: DateTime<Utc>,
}

impl Certificate {
    /// The milestone whose mail may go out at `now`, if it is one. A certificate that lives for days
    /// only is renewed by a program: it has no first milestone.
    pub fn milestone(&self, schedule: Schedule, now: DateTime<Utc>) -> Option<Milestone> {
        let due = |milestone: &Milestone| {
            let due_at = schedule.due_at(*milestone, self.expires_at);
            due_at > self.valid_from && due_at <= now
        };
        MILESTONES.into_iter().rfind(due)
    }

    /// The calendar days that are left, once they are worth a warning; negative after the expiry.
    pub fn days_left(&self, zone: Tz, now: DateTime<Utc>) -> Option<i64> {
        let days = calendar::days_until(self.expires_at, now, zone);
        let life = calendar::days_until(self.expires_at, self.valid_from, zone);
        let warned_from = if life > FIRST_WARNING { FIRST_WARNING } else { 1 };
        (days <= warned_from || self.has_expired(now)).then_some(days)
    }

    /// Whether nobody accepts it any more.
    pub fn has_expired(&self, now: DateTime<Utc>) -> bool {
        now > self.expires_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    const SCHEDULE: Schedule = Schedule { zone: Tz::UTC, time: chrono::NaiveTime::MIN };

    fn certificate(valid_from: &str) -> Certificate {
        Certificate {
            fingerprint: String::new(),
            valid_from: at(valid_from),
            expires_at: at("2027-03-20T12:00:00Z"),
        }
    }

    #[test]
    fn people_are_told_fifteen_days_and_a_day_before() {
        use Milestone::{FifteenDaysBefore, OneDayBefore};
        for (now, milestone, days_left) in [
            ("2027-03-04T23:59:59Z", None, None),
            ("2027-03-05T00:00:00Z", Some(FifteenDaysBefore), Some(15)),
            ("2027-03-18T23:59:59Z", Some(FifteenDaysBefore), Some(2)),
            ("2027-03-19T00:00:00Z", Some(OneDayBefore), Some(1)),
            ("2027-03-20T12:00:01Z", Some(OneDayBefore), Some(0)),
            ("2027-04-20T12:00:00Z", Some(OneDayBefore), Some(-31)),
        ] {
            let certificate = certificate("2026-12-20T12:00:00Z");
            assert_eq!(certificate.milestone(SCHEDULE, at(now)), milestone, "{now}");
            assert_eq!(certificate.days_left(Tz::UTC, at(now)), days_left, "{now}");
        }
    }

    #[test]
    fn a_certificate_of_a_few_days_is_no_news_when_it_is_made() {
        let short = certificate("2027-03-14T12:00:00Z");
        for (now, milestone, days_left) in [
            ("2027-03-14T12:00:00Z", None, None),
            ("2027-03-18T12:00:00Z", None, None),
            ("2027-03-19T00:00:00Z", Some(Milestone::OneDayBefore), Some(1)),
        ] {
            assert_eq!(short.milestone(SCHEDULE, at(now)), milestone, "{now}");
            assert_eq!(short.days_left(Tz::UTC, at(now)), days_left, "{now}");
        }
    }
}
