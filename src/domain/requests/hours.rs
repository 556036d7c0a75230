//! The requests of hours, and how long none was accepted.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Outcome, hour};

/// The requests of an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HourCount {
    /// How many were accepted.
    pub accepted: u64,
    /// How many were refused.
    pub refused: u64,
    /// The first and the last instant at which one was accepted.
    pub accepted_at: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

impl HourCount {
    /// Counts a request of `now`.
    pub fn add(&mut self, outcome: Outcome, now: DateTime<Utc>) {
        match outcome {
            Outcome::Accepted => {
                self.accepted += 1;
                self.accepted_at = Some(match self.accepted_at {
                    Some((first, last)) => (first.min(now), last.max(now)),
                    None => (now, now),
                });
            }
            Outcome::Refused => self.refused += 1,
        }
    }

    /// Adds what was counted elsewhere in the same hour.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        let accepted_at = match (self.accepted_at, other.accepted_at) {
            (Some((first, last)), Some((other_first, other_last))) => {
                Some((first.min(other_first), last.max(other_last)))
            }
            (one, other) => one.or(other),
        };
        Self {
            accepted: self.accepted.saturating_add(other.accepted),
            refused: self.refused.saturating_add(other.refused),
            accepted_at,
        }
    }
}

/// An hour in which an instance ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunningHour {
    /// Its beginning.
    pub hour: DateTime<Utc>,
    /// Its requests.
    pub count: HourCount,
}

/// A time in which no request was accepted, between two that were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// When the request before it was accepted.
    pub from: DateTime<Utc>,
    /// When the request after it was accepted.
    pub until: DateTime<Utc>,
    /// How long an instance ran in between: without one, nothing could be accepted.
    pub length: TimeDelta,
}

/// Every pause between the requests of `hours`, which are in order. Those within an hour are too short
/// to matter and left out.
pub fn pauses(hours: &[RunningHour]) -> impl Iterator<Item = Pause> {
    let used = || hours.iter().filter_map(|hour| hour.count.accepted_at);
    used().zip(used().skip(1)).map(|((_, from), (until, _))| Pause {
        from,
        until,
        length: running_time(hours, from, until),
    })
}

/// How much of the time from `from` until `until` an instance ran, as far as `hours` knows it. They are
/// in order.
pub fn running_time(hours: &[RunningHour], from: DateTime<Utc>, until: DateTime<Utc>) -> TimeDelta {
    let first = hours.partition_point(|running| running.hour < hour(from));
    let later = hours.iter().skip(first).take_while(|running| running.hour < until);
    let shares = later.map(|running| {
        let end = (running.hour + TimeDelta::hours(1)).min(until);
        (end - running.hour.max(from)).max(TimeDelta::zero())
    });
    shares.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        format!("2026-11-{text}:00Z").parse().unwrap()
    }

    fn running(hour: &str, accepted_at: Option<(&str, &str)>) -> RunningHour {
        let accepted_at = accepted_at.map(|(first, last)| (at(first), at(last)));
        let accepted = if accepted_at.is_some() { 2 } else { 0 };
        RunningHour { hour: at(hour), count: HourCount { accepted, refused: 0, accepted_at } }
    }

    #[test]
    fn counts_of_an_hour_add_up() {
        let mut one = HourCount::default();
        one.add(Outcome::Accepted, at("22T09:05"));
        one.add(Outcome::Accepted, at("22T09:04"));
        one.add(Outcome::Refused, at("22T09:59"));
        let mut other = HourCount::default();
        other.add(Outcome::Accepted, at("22T09:20"));

        let expected = HourCount {
            accepted: 3,
            refused: 1,
            accepted_at: Some((at("22T09:04"), at("22T09:20"))),
        };
        assert_eq!(one.plus(other), expected);
        assert_eq!(other.plus(one), expected);
        assert_eq!(expected.plus(HourCount::default()), expected);
        assert_eq!(HourCount::default().plus(expected), expected);
    }

    #[test]
    fn a_pause_leaves_out_the_hours_in_which_no_instance_ran() {
        let hours = [
            running("22T09:00", Some(("22T09:10", "22T09:40"))),
            running("22T10:00", None),
            // No instance at 11 and 12 o'clock.
            running("22T13:00", None),
            running("22T14:00", Some(("22T14:15", "22T14:15"))),
            running("22T15:00", Some(("22T15:00", "22T15:59"))),
        ];

        let pauses: Vec<_> = pauses(&hours).collect();

        let told: Vec<_> =
            pauses.iter().map(|pause| (pause.from, pause.until, pause.length)).collect();
        assert_eq!(
            told,
            [
                (at("22T09:40"), at("22T14:15"), TimeDelta::minutes(20 + 60 + 60 + 15)),
                (at("22T14:15"), at("22T15:00"), TimeDelta::minutes(45)),
            ]
        );
    }

    #[test]
    fn running_time_is_cut_at_both_ends() {
        let hours = ["22T09:00", "22T10:00", "22T12:00"].map(|hour| running(hour, None));
        for (from, until, minutes) in [
            ("22T09:00", "22T09:00", 0),
            ("22T09:20", "22T09:30", 10),
            ("22T09:59", "22T12:01", 62),
            ("22T11:05", "22T11:55", 0),
            ("22T08:00", "22T15:00", 180),
            ("22T13:00", "22T15:00", 0),
        ] {
            let time = running_time(&hours, at(from), at(until));
            assert_eq!(time, TimeDelta::minutes(minutes), "{from} {until}");
        }
    }
}
