//! On which days before and after a token's expiry mails go out, and which of them is due.

use std::fmt;

use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::domain::calendar;

/// A mail that was sent this far in the future was sent while the clock was wrong. A smaller step
/// back, such as a correction of the clock by seconds, does not reopen an earlier milestone.
const CLOCK_ERROR: TimeDelta = TimeDelta::hours(12);

/// A day on which the Server Admins get a mail about the expiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Milestone {
    /// Fifteen calendar days before the expiry.
    FifteenDaysBefore,
    /// The calendar day before the expiry.
    OneDayBefore,
    /// The calendar day of the expiry.
    OnTheDay,
    /// The calendar day after the expiry, and every later one.
    OneDayAfter,
}

impl Milestone {
    /// Every milestone, earliest first.
    pub const ALL: [Self; 4] =
        [Self::FifteenDaysBefore, Self::OneDayBefore, Self::OnTheDay, Self::OneDayAfter];

    /// The stored form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FifteenDaysBefore => "minus15",
            Self::OneDayBefore => "minus1",
            Self::OnTheDay => "day0",
            Self::OneDayAfter => "plus1",
        }
    }

    /// The milestone after this one.
    pub fn next(self) -> Option<Self> {
        Self::ALL.into_iter().find(|other| *other > self)
    }
}

impl fmt::Display for Milestone {
    /// Writes `15 days before`, as the page does.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FifteenDaysBefore => "15 days before",
            Self::OneDayBefore => "1 day before",
            Self::OnTheDay => "On the day",
            Self::OneDayAfter => "1 day after",
        })
    }
}

/// At what time of a milestone's day its mails go out, and in which zone that day is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// The zone in which days are counted.
    pub zone: Tz,
    /// The time of day in that zone.
    pub time: NaiveTime,
}

/// A milestone of which at least one mail was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StartedMilestone {
    /// The milestone.
    pub milestone: Milestone,
    /// When its first mail was sent.
    pub at: DateTime<Utc>,
}

impl Schedule {
    /// The instant from which `milestone` is due for a token that expires at `expires_at`.
    pub fn due_at(&self, milestone: Milestone, expires_at: DateTime<Utc>) -> DateTime<Utc> {
        let expiry = calendar::date(expires_at, self.zone);
        let day = match milestone {
            Milestone::FifteenDaysBefore => expiry.checked_sub_days(Days::new(15)),
            Milestone::OneDayBefore => expiry.pred_opt(),
            Milestone::OnTheDay => Some(expiry),
            Milestone::OneDayAfter => expiry.succ_opt(),
        };
        calendar::instant(day.unwrap_or(expiry), self.time, self.zone)
    }

    /// Whether mails about `milestone` that were sent before `now` were sent by a clock that ran ahead.
    pub fn is_too_early(
        &self,
        milestone: Milestone,
        expires_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> bool {
        self.due_at(milestone, expires_at) > now + CLOCK_ERROR
    }

    /// The one milestone whose mails may go out at `now`: the latest that is due, so that downtime
    /// never brings two mails at once. Earlier ones are superseded; nothing is due before the first.
    ///
    /// A milestone that was started stays due even if the clock is set back a little: the one before
    /// it is not mailed after it. If the clock was wrong by days, what it started does not count.
    pub fn due(
        &self,
        expires_at: DateTime<Utc>,
        now: DateTime<Utc>,
        started: &[StartedMilestone],
    ) -> Option<Milestone> {
        let by_clock = Milestone::ALL.into_iter().filter(|m| self.due_at(*m, expires_at) <= now);
        let by_mails = started.iter().filter(|started| started.at <= now + CLOCK_ERROR);
        by_clock.chain(by_mails.map(|started| started.milestone)).max()
    }
}

#[cfg(test)]
mod tests {
    use super::Milestone::{FifteenDaysBefore, OnTheDay, OneDayAfter, OneDayBefore};
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn schedule(zone: Tz, time: &str) -> Schedule {
        Schedule { zone, time: time.parse().unwrap() }
    }

    #[test]
    fn each_milestone_is_due_from_its_second_on() {
        let utc = schedule(Tz::UTC, "09:00:00");
        let expiry = at("2026-12-04T14:03:00Z");
        for (now, due) in [
            ("2026-06-04T14:03:00Z", None),
            ("2026-11-19T08:59:59Z", None),
            ("2026-11-19T09:00:00Z", Some(FifteenDaysBefore)),
            ("2026-12-03T08:59:59Z", Some(FifteenDaysBefore)),
            ("2026-12-03T09:00:00Z", Some(OneDayBefore)),
            ("2026-12-04T08:59:59Z", Some(OneDayBefore)),
            ("2026-12-04T09:00:00Z", Some(OnTheDay)),
            ("2026-12-04T14:02:59Z", Some(OnTheDay)),
            ("2026-12-04T14:03:00Z", Some(OnTheDay)),
            ("2026-12-05T08:59:59Z", Some(OnTheDay)),
            ("2026-12-05T09:00:00Z", Some(OneDayAfter)),
            ("2036-12-05T09:00:00Z", Some(OneDayAfter)),
        ] {
            assert_eq!(utc.due(expiry, at(now), &[]), due, "{now}");
        }
    }

    #[test]
    fn days_and_times_are_those_of_the_zone() {
        let cases = [
            // 00:30 UTC is 17:30 of the day before in California.
            (
                Tz::America__Los_Angeles,
                "09:00:00",
                "2027-03-20T00:30:00Z",
                OnTheDay,
                "2027-03-19T16:00:00Z",
            ),
            (
                Tz::America__Los_Angeles,
                "09:00:00",
                "2027-03-20T00:30:00Z",
                FifteenDaysBefore,
                "2027-03-04T17:00:00Z",
            ),
            (
                Tz::America__Los_Angeles,
                "02:30:00",
                "2027-03-15T12:00:00Z",
                OneDayBefore,
                "2027-03-14T10:00:00Z",
            ),
            (
                Tz::Europe__Berlin,
                "09:00:00",
                "2027-03-28T22:30:00Z",
                OnTheDay,
                "2027-03-29T07:00:00Z",
            ),
            (
                Tz::Europe__Berlin,
                "02:30:00",
                "2027-10-30T22:30:00Z",
                OnTheDay,
                "2027-10-31T00:30:00Z",
            ),
            (
                Tz::Pacific__Kiritimati,
                "00:00:00",
                "2027-03-20T10:00:00Z",
                OnTheDay,
                "2027-03-20T10:00:00Z",
            ),
        ];
        for (zone, time, expiry, milestone, due) in cases {
            let result = schedule(zone, time).due_at(milestone, at(expiry));

            assert_eq!(result, at(due), "{zone} {time} {expiry} {milestone}");
        }
    }

    #[test]
    fn leap_days_are_days() {
        for (expiry, milestone, due) in [
            ("2028-03-01T12:00:00Z", OneDayBefore, "2028-02-29T09:00:00Z"),
            ("2027-03-01T12:00:00Z", OneDayBefore, "2027-02-28T09:00:00Z"),
            ("2028-02-29T12:00:00Z", OneDayAfter, "2028-03-01T09:00:00Z"),
            ("2028-03-10T12:00:00Z", FifteenDaysBefore, "2028-02-24T09:00:00Z"),
        ] {
            let result = schedule(Tz::UTC, "09:00:00").due_at(milestone, at(expiry));

            assert_eq!(result, at(due), "{expiry} {milestone}");
        }
    }

    #[test]
    fn a_clock_that_is_set_back_brings_nothing_twice_and_loses_nothing() {
        let utc = schedule(Tz::UTC, "09:00:00");
        let expiry = at("2026-12-04T14:03:00Z");
        let started = |milestone, text| [StartedMilestone { milestone, at: at(text) }];
        for (now, started, due) in [
            // Back by seconds: the milestone that was started stays.
            ("2026-12-04T08:59:58Z", started(OnTheDay, "2026-12-04T09:00:00Z"), Some(OnTheDay)),
            (
                "2026-11-19T08:59:58Z",
                started(FifteenDaysBefore, "2026-11-19T09:00:00Z"),
                Some(FifteenDaysBefore),
            ),
            // The clock was twenty days ahead for a while: the days to come still count.
            (
                "2026-11-20T10:00:00Z",
                started(OneDayAfter, "2026-12-10T10:00:00Z"),
                Some(FifteenDaysBefore),
            ),
            ("2026-11-10T10:00:00Z", started(FifteenDaysBefore, "2026-11-30T10:00:00Z"), None),
            // Later, the wrong mail supersedes nothing that comes after it.
            ("2026-12-05T09:00:00Z", started(OnTheDay, "2026-12-04T09:00:00Z"), Some(OneDayAfter)),
        ] {
            assert_eq!(utc.due(expiry, at(now), &started), due, "{now}");
        }
    }

    #[test]
    fn milestones_follow_each_other() {
        assert_eq!(FifteenDaysBefore.next(), Some(OneDayBefore));
        assert_eq!(OneDayAfter.next(), None);
        assert_eq!(OnTheDay.to_string(), "On the day");
    }
}
