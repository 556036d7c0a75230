//! Requests as bars: lengths are per cent of the width, or tenths of a pixel of the height.
//!
//! The bars stretch with the page, so there is no view box, and text stands outside.

use chrono::{DateTime, Utc};

use super::words;
use crate::domain::requests::series::{Series, Slot, Step};
use crate::web::pages::layout::text::digits;

/// Where bars stand, and how high the highest can be, in tenths of a pixel from the top.
const BASE: u64 = 1_080;
const HEIGHT: u64 = 1_020;
/// What is not nothing can be seen.
const LEAST: u64 = 20;

/// A chart.
pub(crate) struct Chart {
    /// What it shows, for those who do not see it.
    pub(crate) label: String,
    pub(crate) bars: Vec<Bar>,
    /// Where the width of a bar ends, in per cent.
    pub(crate) bar_width: String,
    /// Where tokens were replaced, in per cent.
    pub(crate) marks: Vec<String>,
    /// What stands beside the top, the middle and the bottom.
    pub(crate) scale: [String; 3],
    /// What stands below the left, the middle and the right.
    pub(crate) axis: [String; 3],
    pub(crate) table: Table,
}

/// The requests of a day or an hour.
pub(crate) struct Bar {
    pub(crate) title: String,
    pub(crate) x: String,
    pub(crate) accepted: Option<Piece>,
    pub(crate) refused: Option<Piece>,
    /// Whether the day or the hour is not over.
    pub(crate) is_open: bool,
}

/// A part of a bar.
pub(crate) struct Piece {
    pub(crate) y: String,
    pub(crate) height: String,
}

/// The same as numbers, the latest first.
pub(crate) struct Table {
    pub(crate) caption: &'static str,
    /// `Day` or `Hour (UTC)`.
    pub(crate) head: &'static str,
    pub(crate) rows: Vec<Row>,
}

/// A row of the table.
pub(crate) struct Row {
    pub(crate) when: String,
    pub(crate) accepted: String,
    pub(crate) refused: String,
    pub(crate) is_replaced: bool,
}

impl Chart {
    pub(super) fn new(series: &Series) -> Self {
        let slots = &series.slots;
        let count = u64::try_from(slots.len()).unwrap_or_default().max(1);
        let highest = slots.iter().map(|slot| slot.accepted.saturating_add(slot.refused)).max();
        let top = scale(highest.unwrap_or_default());
        let counted = (0..).zip(slots).filter(|(_, slot)| slot.is_counted);
        let last = slots.last().map(|slot| slot.start);
        let bar = |(index, slot): (u64, &Slot)| Bar {
            title: words::slot(series.step, slot),
            x: hundredths((index * 10_000 + 1_900) / count),
            is_open: Some(slot.start) == last,
            ..pieces(slot, top)
        };
        Self {
            label: words::label(series),
            bars: counted.map(bar).collect(),
            bar_width: hundredths(6_200 / count),
            marks: series.replaced_at.iter().filter_map(|at| mark(series, *at)).collect(),
            scale: [top, top / 2, 0].map(digits),
            axis: axis(series),
            table: table(series),
        }
    }
}

/// Accepted requests below, refused ones above them.
fn pieces(slot: &Slot, top: u64) -> Bar {
    let height = |number: u64| match number {
        0 => 0,
        // In a wider type: 2^64 requests would not fit.
        _ => u64::try_from(u128::from(number) * u128::from(HEIGHT) / u128::from(top))
            .unwrap_or(HEIGHT)
            .max(LEAST),
    };
    let (accepted, refused) = (height(slot.accepted), height(slot.refused));
    let piece = |bottom: u64, height: u64| {
        (height > 0)
            .then(|| Piece { y: tenths(bottom.saturating_sub(height)), height: tenths(height) })
    };
    let bottom = if accepted > 0 { BASE.saturating_sub(accepted + 10) } else { BASE };
    Bar {
        title: String::new(),
        x: String::new(),
        accepted: piece(BASE, accepted),
        refused: piece(bottom, refused),
        is_open: false,
    }
}

/// The next of 1, 1.5, 2, 3 and 5 times a power of ten with a whole half.
fn scale(highest: u64) -> u64 {
    let mut power: u64 = 1;
    loop {
        for factor in [10, 15, 20, 30, 50] {
            let top = power.saturating_mul(factor);
            let (top, is_whole) = (top / 10, top.is_multiple_of(20));
            if (is_whole && top >= highest) || power == u64::MAX {
                return top;
            }
        }
        power = power.saturating_mul(10);
    }
}

/// Where an instant lies, in per cent.
fn mark(series: &Series, at: DateTime<Utc>) -> Option<String> {
    let start = series.slots.first()?.start;
    let end = series.slots.last()?.start + series.step.length();
    let share = (at - start).num_seconds() * 10_000 / (end - start).num_seconds().max(1);
    u64::try_from(share).ok().map(hundredths)
}

fn axis(series: &Series) -> [String; 3] {
    let at = |index: usize| series.slots.get(index);
    let name = |slot: Option<&Slot>| slot.map(|slot| words::when(series.step, slot.start));
    let middle = series.slots.len() / 2;
    let first = at(0).filter(|slot| slot.is_counted);
    let left = match (first, series.slots.iter().find(|slot| slot.is_counted)) {
        (None, Some(counted)) => {
            format!("counted since {}", words::when(series.step, counted.start))
        }
        (first, _) => name(first).unwrap_or_default(),
    };
    let right = match series.step {
        Step::Day => "Today",
        Step::Hour => "Now",
    };
    let middle = if first.is_some() { name(at(middle)) } else { None };
    [left, middle.unwrap_or_default(), right.to_owned()]
}

fn table(series: &Series) -> Table {
    let row = |slot: &Slot| Row {
        when: words::when(series.step, slot.start),
        accepted: digits(slot.accepted),
        refused: digits(slot.refused),
        is_replaced: series.replaced_at.iter().any(|at| series.step.beginning(*at) == slot.start),
    };
    let counted = series.slots.iter().rev().filter(|slot| slot.is_counted);
    let (caption, head) = match series.step {
        Step::Day => ("Requests in the last 30 days", "Day (UTC)"),
        Step::Hour => ("Requests in the last 48 hours", "Hour (UTC)"),
    };
    Table { caption, head, rows: counted.map(row).collect() }
}

fn hundredths(number: u64) -> String {
    format!("{}.{:02}", number / 100, number % 100)
}

fn tenths(number: u64) -> String {
    format!("{}.{}", number / 10, number % 10)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn series(counts: &[(u64, u64)]) -> Series {
        let start: DateTime<Utc> = "2026-11-01T00:00:00Z".parse().unwrap();
        let slot = |(index, (accepted, refused)): (i64, &(u64, u64))| Slot {
            start: start + TimeDelta::days(index),
            accepted: *accepted,
            refused: *refused,
            is_counted: index > 0,
        };
        let slots = (0..).zip(counts).map(slot).collect();
        let replaced_at = vec![start + TimeDelta::hours(36)];
        Series { step: Step::Day, slots, replaced_at }
    }

    #[test]
    fn the_scale_is_the_next_even_number_above() {
        for (highest, expected) in [
            (0, 2),
            (2, 2),
            (3, 10),
            (11, 20),
            (83, 100),
            (101, 150),
            (1_289, 1_500),
            (1_500, 1_500),
            (4_000, 5_000),
        ] {
            assert_eq!(scale(highest), expected, "{highest}");
        }
        assert!(scale(u64::MAX) > u64::MAX / 100);
    }

    #[test]
    fn bars_stand_on_the_base_line_and_refused_ones_above() {
        let chart = Chart::new(&series(&[(9, 9), (50, 25), (0, 1), (0, 0)]));

        let piece = |piece: &Option<Piece>| {
            piece.as_ref().map(|piece| (piece.y.clone(), piece.height.clone()))
        };
        let told: Vec<_> = chart
            .bars
            .iter()
            .map(|bar| (&*bar.x, piece(&bar.accepted), piece(&bar.refused), bar.is_open))
            .collect();
        let at = |y: &str, height: &str| Some((y.to_owned(), height.to_owned()));
        assert_eq!(chart.scale, ["100", "50", "0"]);
        assert_eq!(
            told,
            [
                ("29.75", at("57.0", "51.0"), at("30.5", "25.5"), false),
                ("54.75", None, at("106.0", "2.0"), false),
                ("79.75", None, None, true),
            ]
        );
        assert_eq!((&*chart.bar_width, &chart.marks[..]), ("15.50", &["37.50".to_owned()][..]));
        assert_eq!(chart.axis, ["counted since 2 Nov", "", "Today"]);
        let rows: Vec<_> =
            chart.table.rows.iter().map(|row| (&*row.when, row.is_replaced)).collect();
        assert_eq!(rows, [("4 Nov", false), ("3 Nov", false), ("2 Nov", true)]);
    }
}
