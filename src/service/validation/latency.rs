//! How long decisions take, for monitoring: two additions for each, in memory of its own thread.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The upper ends of the buckets. A remembered token takes a fraction of a millisecond, Argon2id
/// tens of them, and after two seconds nobody waits any more.
pub const BOUNDS: [Duration; 15] = [
    Duration::from_micros(50),
    Duration::from_micros(100),
    Duration::from_micros(250),
    Duration::from_micros(500),
    Duration::from_millis(1),
    Duration::from_micros(2500),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
];

/// The histograms of all threads; cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Latencies {
    threads: Arc<Mutex<Vec<Arc<Histogram>>>>,
}

/// How long the decisions of one thread took. Aligned, so that no two threads write to one line of
/// the processor's cache.
#[derive(Default)]
#[repr(align(128))]
pub(super) struct Histogram {
    buckets: [AtomicU64; BOUNDS.len()],
    longer: AtomicU64,
    nanoseconds: AtomicU64,
}

/// How long all decisions took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Latency {
    /// Decisions by the first of [`BOUNDS`] that was long enough.
    pub buckets: [u64; BOUNDS.len()],
    /// Decisions that took longer than any bound.
    pub longer: u64,
    /// The sum of the times.
    pub sum: Duration,
}

impl Latencies {
    /// The histogram of one more thread.
    pub(super) fn of_thread(&self) -> Arc<Histogram> {
        let histogram = Arc::default();
        self.threads().push(Arc::clone(&histogram));
        histogram
    }

    /// All of them together.
    pub(super) fn read(&self) -> Latency {
        let mut all = Latency::default();
        for thread in &*self.threads() {
            for (sum, bucket) in all.buckets.iter_mut().zip(&thread.buckets) {
                *sum += bucket.load(Relaxed);
            }
            all.longer += thread.longer.load(Relaxed);
            all.sum += Duration::from_nanos(thread.nanoseconds.load(Relaxed));
        }
        all
    }

    fn threads(&self) -> MutexGuard<'_, Vec<Arc<Histogram>>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Histogram {
    /// Adds a decision.
    pub(super) fn record(&self, took: Duration) {
        let place = BOUNDS.iter().position(|bound| took <= *bound);
        let bucket = place.and_then(|place| self.buckets.get(place)).unwrap_or(&self.longer);
        bucket.fetch_add(1, Relaxed);
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(nanoseconds, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_its_bucket_and_all_threads_count() {
        let latencies = Latencies::default();
        let (one, other) = (latencies.of_thread(), latencies.of_thread());
        one.record(Duration::ZERO);
        one.record(BOUNDS[0]);
        other.record(BOUNDS[0] + Duration::from_nanos(1));
        other.record(BOUNDS[14]);
        other.record(Duration::from_secs(3));

        let all = latencies.read();

        let mut buckets = [0; BOUNDS.len()];
        (buckets[0], buckets[1], buckets[14]) = (2, 1, 1);
        let sum = BOUNDS[0] * 2 + BOUNDS[14] + Duration::new(3, 1);
        assert_eq!(all, Latency { buckets, longer: 1, sum });
        assert!(BOUNDS.is_sorted_by(|one, next| one < next));
    }
}
