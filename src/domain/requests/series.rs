//! Requests by day or by hour, without gaps, as a chart shows them.

use chrono::{DateTime, TimeDelta, Utc};

use super::hours::RunningHour;
use super::{day, hour};

/// Complete days with requests that it takes to say what is usual.
const USUAL_DAYS: usize = 7;

/// How long a slot is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A day in UTC.
    Day,
    /// An hour.
    Hour,
}

/// Requests in slots of the same length; the last one is not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// How long a slot is.
    pub step: Step,
    /// Every slot from the first to the present one.
    pub slots: Vec<Slot>,
    /// When tokens were replaced, the earliest first, at most once in a slot.
    pub replaced_at: Vec<DateTime<Utc>>,
}

/// A day or an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Its beginning.
    pub start: DateTime<Utc>,
    /// How many requests were accepted.
    pub accepted: u64,
    /// How many were refused.
    pub refused: u64,
    /// Whether requests were counted already.
    pub is_counted: bool,
}

impl Step {
    /// The length.
    pub const fn length(self) -> TimeDelta {
        match self {
            Self::Day => TimeDelta::days(1),
            Self::Hour => TimeDelta::hours(1),
        }
    }

    /// The beginning of the slot of `at`.
    pub fn beginning(self, at: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::Day => day(at),
            Self::Hour => hour(at),
        }
    }
}

impl Series {
    /// From the slot that begins at `start` to that of `now`. `hours` are in order, `replaced_at` in the
    /// opposite one; without `counted_since` nothing has been counted yet.
    pub fn of(
        step: Step,
        start: DateTime<Utc>,
        now: DateTime<Utc>,
        hours: &[RunningHour],
        counted_since: Option<DateTime<Utc>>,
        mut replaced_at: Vec<DateTime<Utc>>,
    ) -> Self {
        let counted_since = step.beginning(counted_since.unwrap_or(now));
        let starts = std::iter::successors(Some(start), |start| Some(*start + step.length()));
        let slots = starts.take_while(|start| *start <= now).map(|start| {
            let end = start + step.length();
            let from = hours.partition_point(|running| running.hour < start);
            let within = hours.iter().skip(from).take_while(|running| running.hour < end);
            let (accepted, refused) = within.fold((0, 0), |(accepted, refused), running| {
                let count = running.count;
                (count.accepted.saturating_add(accepted), count.refused.saturating_add(refused))
            });
            Slot { start, accepted, refused, is_counted: start >= counted_since }
        });
        let slots = slots.collect();
        replaced_at.dedup_by_key(|at| step.beginning(*at));
        replaced_at.reverse();
        Self { step, slots, replaced_at }
    }

    /// Accepted and refused requests of all slots.
    pub fn total(&self) -> (u64, u64) {
        self.slots.iter().fold((0, 0), |(accepted, refused), slot| {
            (slot.accepted.saturating_add(accepted), slot.refused.saturating_add(refused))
        })
    }

    /// How many requests are accepted on a usual day: the median of the complete days that had requests,
    /// rounded. Nothing until there are enough of them.
    pub fn usual(&self) -> Option<u64> {
        let (_, complete) = self.slots.split_last()?;
        let with_requests = complete.iter().filter(|slot| !slot.is_empty());
        let mut accepted: Vec<u64> = with_requests.map(|slot| slot.accepted).collect();
        if accepted.len() < USUAL_DAYS {
            return None;
        }
        accepted.sort_unstable();
        accepted.get(accepted.len() / 2).copied().map(rounded)
    }
}

impl Slot {
    /// Whether no request arrived.
    pub const fn is_empty(&self) -> bool {
        self.accepted == 0 && self.refused == 0
    }
}

/// A number with two or three digits that mean something.
fn rounded(number: u64) -> u64 {
    let mut unit = 1;
    while number / unit >= 1_000 {
        unit *= 10;
    }
    let unit = if (100..1_000).contains(&number) { 10 } else { unit };
    (number + unit / 2) / unit * unit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::requests::hours::HourCount;

    fn at(text: &str) -> DateTime<Utc> {
        format!("2026-11-{text}:00Z").parse().unwrap()
    }

    fn running(hour: &str, accepted: u64, refused: u64) -> RunningHour {
        let count = HourCount { accepted, refused, accepted_at: None };
        RunningHour { hour: at(hour), count }
    }

    #[test]
    fn days_have_the_requests_of_their_hours() {
        let hours =
            [running("20T23:00", 1, 2), running("22T00:00", 3, 0), running("22T23:00", 4, 5)];
        let replaced = vec![at("22T11:00"), at("22T10:00"), at("20T10:00")];

        let series = Series::of(
            Step::Day,
            at("19T00:00"),
            at("22T23:59"),
            &hours,
            Some(at("20T14:00")),
            replaced,
        );

        let told: Vec<_> =
            series.slots.iter().map(|s| (s.accepted, s.refused, s.is_counted)).collect();
        assert_eq!(told, [(0, 0, false), (1, 2, true), (0, 0, true), (7, 5, true)]);
        assert_eq!(series.total(), (8, 7));
        assert_eq!(series.replaced_at, [at("20T10:00"), at("22T11:00")]);
    }

    #[test]
    fn a_usual_day_takes_seven_complete_days_with_requests() {
        let days = |counts: &[u64]| {
            let slot = |(index, accepted): (i64, &u64)| Slot {
                start: at("01T00:00") + TimeDelta::days(index),
                accepted: *accepted,
                refused: 0,
                is_counted: true,
            };
            let slots = (0..).zip(counts).map(slot).collect();
            Series { step: Step::Day, slots, replaced_at: Vec::new() }.usual()
        };
        assert_eq!(days(&[5, 5, 5, 5, 5, 5, 0, 9]), None);
        assert_eq!(days(&[1, 2, 3, 4, 5, 6, 0, 7, 999]), Some(4));
        assert_eq!(days(&[1_148; 8]), Some(1_150));
    }

    #[test]
    fn usual_numbers_are_rounded() {
        for (number, expected) in [
            (0, 0),
            (99, 99),
            (104, 100),
            (995, 1_000),
            (1_148, 1_150),
            (27_449, 27_400),
            (999_999, 1_000_000),
        ] {
            assert_eq!(rounded(number), expected);
        }
    }
}
