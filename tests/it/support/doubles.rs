//! Time that is moved and randomness that repeats.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use scimward::clock::Clock;
use scimward::entropy::Entropy;

/// A clock that stands still until a test moves it. Clones show the same time.
#[derive(Clone)]
pub(crate) struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// Stands at `at`, in RFC 3339.
    pub(crate) fn at(at: &str) -> Self {
        let at: DateTime<Utc> = at.parse().expect("an instant such as 2026-11-22T14:03:00Z");
        Self(Arc::new(AtomicI64::new(at.timestamp())))
    }

    /// Moves the time; also backwards, as the clock of a machine may.
    pub(crate) fn advance(&self, by: TimeDelta) {
        self.0.fetch_add(by.num_seconds(), Ordering::SeqCst);
    }

    /// Moves the time to an instant.
    pub(crate) fn set(&self, at: DateTime<Utc>) {
        self.0.store(at.timestamp(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.0.load(Ordering::SeqCst), 0).expect("an instant")
    }
}

/// The same bytes in every run: the output of BLAKE3 for a seed.
pub(crate) struct SeededEntropy(Mutex<blake3::OutputReader>);

impl SeededEntropy {
    /// Begins the sequence that belongs to `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof()))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().expect("no test panics while it draws").fill(bytes);
    }
}
