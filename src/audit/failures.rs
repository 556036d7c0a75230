//! Pages that the server could not answer. In an outage all fail alike: the first of a kind within a
//! minute is logged at once, with the reference that its page shows, and the others are counted.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Kinds of failures that are counted apart within a minute; further ones are counted together.
const KINDS: usize = 20;
/// Stands for kinds that found no place.
const VARIOUS: &str = "various";

/// Counts failures by their texts.
#[derive(Default)]
pub(super) struct Failures(Mutex<HashMap<String, u64>>);

impl Failures {
    /// Counts a failure; says whether it is the first of its kind.
    pub(super) fn add(&self, error: &str) -> bool {
        let mut failures = self.lock();
        let is_full = failures.len() >= KINDS && !failures.contains_key(error);
        let kind = if is_full { VARIOUS } else { error };
        if let Some(count) = failures.get_mut(kind) {
            *count += 1;
            return false;
        }
        failures.insert(kind.to_owned(), 0);
        true
    }

    /// What was counted and not logged yet. The next failure of each kind is its first again.
    pub(super) fn take(&self) -> Vec<(String, u64)> {
        let mut counted: Vec<_> = self.lock().drain().filter(|(_, count)| *count > 0).collect();
        counted.sort_unstable();
        counted
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_kind_is_told_and_the_others_are_counted() {
        let failures = Failures::default();
        assert!(failures.add("a"));
        for _ in 0..9 {
            assert!(!failures.add("a"));
        }
        assert!(failures.add("b"));
        assert_eq!(failures.take(), [("a".to_owned(), 9)]);
        assert!(failures.take().is_empty());
        assert!(failures.add("a"));
    }

    #[test]
    fn kinds_without_end_take_bounded_memory_and_few_lines() {
        let failures = Failures::default();
        let told = (0..10_000).filter(|number| failures.add(&number.to_string())).count();

        assert_eq!(told, KINDS + 1);
        assert_eq!(failures.take(), [(VARIOUS.to_owned(), 10_000 - 21)]);
    }
}
