//! How requests were decided since the process started, for monitoring: one atomic addition each.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::domain::token::refusal::Refusal;

/// Counts decisions.
#[derive(Debug, Default)]
pub struct DecisionCounters {
    accepted: AtomicU64,
    refused: [AtomicU64; Refusal::ALL.len()],
    undecided: AtomicU64,
    keys_accepted: AtomicU64,
    keys_refused: AtomicU64,
}

/// How requests with API keys were decided, at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyCounts {
    /// Valid keys.
    pub accepted: u64,
    /// Refused requests, those that lack the scope among them.
    pub refused: u64,
}

/// The counts at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionCounts {
    /// Valid tokens.
    pub accepted: u64,
    /// Refused requests by reason, every reason once.
    pub refused: Vec<(Refusal, u64)>,
    /// Requests about which nothing could be decided, because the database or hashing failed.
    pub undecided: u64,
}

impl DecisionCounters {
    pub(crate) fn count_accepted(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_refused(&self, reason: Refusal) {
        let place = Refusal::ALL.iter().position(|other| *other == reason);
        if let Some(count) = place.and_then(|place| self.refused.get(place)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn count_undecided(&self) {
        self.undecided.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_key(&self, is_accepted: bool) {
        let count = if is_accepted { &self.keys_accepted } else { &self.keys_refused };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// The counts of API keys now.
    pub fn read_keys(&self) -> KeyCounts {
        KeyCounts {
            accepted: self.keys_accepted.load(Ordering::Relaxed),
            refused: self.keys_refused.load(Ordering::Relaxed),
        }
    }

    /// The counts now.
    pub fn read(&self) -> DecisionCounts {
        let refused = Refusal::ALL.iter().zip(&self.refused);
        DecisionCounts {
            accepted: self.accepted.load(Ordering::Relaxed),
            refused: refused.map(|(r, count)| (*r, count.load(Ordering::Relaxed))).collect(),
            undecided: self.undecided.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_counted_by_itself() {
        let counters = DecisionCounters::default();
        for (times, reason) in Refusal::ALL.iter().enumerate() {
            for _ in 0..times {
                counters.count_refused(*reason);
            }
        }

        let counts = counters.read();

        let expected = (0..).zip(Refusal::ALL).map(|(times, reason)| (*reason, times));
        assert_eq!(counts.refused, expected.collect::<Vec<_>>());
        assert_eq!((counts.accepted, counts.undecided), (0, 0));
    }
}
