//! Time that the story moves.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use crate::clock::{Clock, SystemClock};

/// Stands where it was set until it is released; then it shows the machine's time. Clones show the
/// same time.
#[derive(Clone, Default)]
pub(super) struct StoryClock(Arc<Mutex<Option<DateTime<Utc>>>>);

impl StoryClock {
    pub(super) fn set(&self, at: DateTime<Utc>) {
        *self.standing() = Some(at);
    }

    pub(super) fn release(&self) {
        *self.standing() = None;
    }

    fn standing(&self) -> MutexGuard<'_, Option<DateTime<Utc>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for StoryClock {
    fn now(&self) -> DateTime<Utc> {
        self.standing().unwrap_or_else(|| SystemClock.now())
    }
}
