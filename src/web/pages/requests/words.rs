//! What pages say about counted requests.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::requests::series::{Series, Slot, Step};
use crate::web::pages::layout::text::{count, digits};

/// Days or hours that are named at most.
const NAMED: usize = 5;

/// A number of requests in a sentence, with what stands before and after it.
pub(crate) struct Say {
    /// `Today`
    pub(crate) when: &'static str,
    pub(crate) accepted: String,
    pub(crate) refused: String,
    pub(crate) has_refused: bool,
    /// `Usual day: about 1,150.`
    pub(crate) rest: String,
}

impl Say {
    pub(super) fn new(series: &Series) -> Self {
        let (when, (accepted, refused), rest) = match series.step {
            Step::Day => {
                let today = series.slots.last().map(|slot| (slot.accepted, slot.refused));
                ("Today", today.unwrap_or_default(), usual(series))
            }
            Step::Hour => ("In 48 hours", series.total(), refused_between(series)),
        };
        Self {
            when,
            accepted: digits(accepted),
            refused: digits(refused),
            has_refused: refused > 0,
            rest,
        }
    }
}

fn usual(series: &Series) -> String {
    match series.usual() {
        Some(usual) => format!("Usual day: about {}.", digits(usual)),
        None => "No usual day yet.".to_owned(),
    }
}

/// `All refusals fell between 23 Nov, 23:00 and 24 Nov, 01:59 UTC.`
fn refused_between(series: &Series) -> String {
    let refused = || series.slots.iter().filter(|slot| slot.refused > 0);
    let (Some(first), Some(last)) = (refused().next(), refused().next_back()) else {
        return String::new();
    };
    let end = last.start + series.step.length() - TimeDelta::minutes(1);
    format!(
        "All refusals fell between {} and {} UTC.",
        when(series.step, first.start),
        when(series.step, end)
    )
}

/// `23 Nov` or `23 Nov, 10:00`.
pub(super) fn when(step: Step, at: DateTime<Utc>) -> String {
    let format = match step {
        Step::Day => "%-d %b",
        Step::Hour => "%-d %b, %H:%M",
    };
    at.format(format).to_string()
}

/// `23 Nov: 1,040 accepted, 0 refused`
pub(super) fn slot(step: Step, slot: &Slot) -> String {
    let (accepted, refused) = (digits(slot.accepted), digits(slot.refused));
    format!("{}: {accepted} accepted, {refused} refused", when(step, slot.start))
}

/// The chart in words.
pub(super) fn label(series: &Series) -> String {
    let Say { when, accepted, refused, rest, .. } = Say::new(series);
    let (span, unit) = match series.step {
        Step::Day => ("30 days of requests.", "day"),
        Step::Hour => ("48 hours of requests.", "hour"),
    };
    let (_, refused_then) = series.total();
    let is_refused = |slot: &&Slot| slot.refused > 0;
    let is_empty = |slot: &&Slot| slot.is_counted && slot.is_empty();
    let refusals = named(series, unit, is_refused)
        .map(|slots| format!("{} refused {slots}.", digits(refused_then)));
    let empty = named(series, unit, is_empty).map(|slots| format!("No request {slots}."));
    let so_far = format!("{when} {accepted} accepted, {refused} refused.");
    let parts = [Some(span.to_owned()), Some(so_far), Some(rest), refusals, empty];
    let parts: Vec<_> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

/// `on 3 Nov and 4 Nov`, or `on 12 days`.
fn named(series: &Series, unit: &str, which: impl Fn(&&Slot) -> bool) -> Option<String> {
    let preposition = if series.step == Step::Day { "on" } else { "in" };
    let slots: Vec<_> = series.slots.iter().filter(which).collect();
    let names: Vec<_> = slots.iter().map(|slot| when(series.step, slot.start)).collect();
    match names.split_last() {
        None => None,
        Some(_) if series.step == Step::Hour || names.len() > NAMED => {
            let slots = i64::try_from(slots.len()).unwrap_or(i64::MAX);
            Some(format!("{preposition} {}", count(slots, unit)))
        }
        Some((last, [])) => Some(format!("{preposition} {last}")),
        Some((last, others)) => Some(format!("{preposition} {} and {last}", others.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(step: Step, counts: &[(u64, u64)]) -> Series {
        let start: DateTime<Utc> = "2026-11-01T00:00:00Z".parse().unwrap();
        let mut start = Some(start);
        let mut slots = Vec::new();
        for (accepted, refused) in counts {
            let at = start.unwrap();
            slots.push(Slot {
                start: at,
                accepted: *accepted,
                refused: *refused,
                is_counted: true,
            });
            start = Some(at + step.length());
        }
        Series { step, slots, replaced_at: Vec::new() }
    }

    #[test]
    fn days_are_described_with_what_stands_out() {
        for (counts, text) in [
            (
                &[(1_200, 0); 9][..],
                "30 days of requests. Today 1,200 accepted, 0 refused. Usual day: about 1,200.",
            ),
            (
                &[(5, 1), (0, 0), (0, 0), (7, 2)],
                "30 days of requests. Today 7 accepted, 2 refused. No usual day yet. \
                 3 refused on 1 Nov and 4 Nov. No request on 2 Nov and 3 Nov.",
            ),
            (
                &[(0, 0); 6],
                "30 days of requests. Today 0 accepted, 0 refused. No usual day yet. \
                 No request on 6 days.",
            ),
        ] {
            assert_eq!(label(&series(Step::Day, counts)), text);
        }
    }

    #[test]
    fn hours_tell_between_when_requests_were_refused() {
        let hours = series(Step::Hour, &[(5, 0), (1, 4), (0, 0), (0, 40), (2, 0)]);
        assert_eq!(
            label(&hours),
            "48 hours of requests. In 48 hours 8 accepted, 44 refused. All refusals fell between \
             1 Nov, 01:00 and 1 Nov, 03:59 UTC. 44 refused in 2 hours. No request in 1 hour."
        );
        assert_eq!(Say::new(&series(Step::Hour, &[(5, 0)])).rest, "");
    }
}
