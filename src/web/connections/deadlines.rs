//! The time that connections have, and the clock that tells when it is over.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::{Duration, Instant};

use super::limits::Limits;

/// What all connections of a listener share.
pub(super) struct Deadlines {
    pub(super) limits: Limits,
    tick: Duration,
    started: Instant,
    /// Milliseconds since the start, as of the last tick.
    now: AtomicU64,
    is_stopping: AtomicBool,
}

impl Deadlines {
    pub(super) fn new(limits: Limits) -> Self {
        let (started, now, is_stopping) =
            (Instant::now(), AtomicU64::new(0), AtomicBool::new(false));
        Self { limits, tick: limits.tick(), started, now, is_stopping }
    }

    /// The deadline of what may take this long from now on. The clock is up to a tick behind.
    pub(super) fn after(&self, time: Duration) -> u64 {
        self.now() + milliseconds(time + self.tick)
    }

    /// Milliseconds since the start, up to a tick ago.
    pub(super) fn now(&self) -> u64 {
        self.now.load(Relaxed)
    }

    /// Sets the clock and returns what it tells.
    pub(super) fn tick(&self) -> u64 {
        let now = milliseconds(self.started.elapsed());
        self.now.store(now, Relaxed);
        now
    }

    /// Whether connections end with their next answer.
    pub(super) fn is_stopping(&self) -> bool {
        self.is_stopping.load(Relaxed)
    }

    pub(super) fn stop(&self) {
        self.is_stopping.store(true, Relaxed);
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX / 8)
}
