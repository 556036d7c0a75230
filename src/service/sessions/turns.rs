//! The turns of logins: only a few are looked at at a time.
//!
//! A flood of strangers must not keep out those who come back, so logins wait in three lines that do
//! not wait for each other. Within each, sources take turns.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::timeout;

use crate::domain::network::source_network;
use crate::service::fair_semaphore::{FairSemaphore, Permit};

/// A login waits this long for its turn.
const PATIENCE: Duration = Duration::from_secs(10);
/// Networks that are remembered at most.
const NETWORKS: usize = 1_000;

/// Hands out turns; cheap to clone.
#[derive(Clone)]
pub(super) struct Turns {
    known: FairSemaphore,
    failed: FairSemaphore,
    fresh: FairSemaphore,
    /// From where somebody has logged in since the start of this process.
    networks: Arc<Mutex<HashSet<IpAddr>>>,
}

/// What is known about who asks for a turn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asking {
    /// Where the login comes from.
    pub(super) source: IpAddr,
    /// Whether the same Server Admin has logged in from this device before.
    pub(super) from_known_device: bool,
    /// Whether logins from this source have failed lately.
    pub(super) has_failed: bool,
}

impl Turns {
    /// For a hasher of so many threads.
    pub(super) fn new(threads: usize) -> Self {
        // One more than are hashed: while one is hashed, another is read or written.
        let line = || FairSemaphore::new(threads + 1);
        Self { known: line(), failed: line(), fresh: line(), networks: Arc::default() }
    }

    /// Waits for a turn; none if that takes too long.
    pub(super) async fn take(&self, asking: Asking) -> Option<Permit> {
        let line = match () {
            () if asking.from_known_device => &self.known,
            () if asking.has_failed => &self.failed,
            () if self.knows(asking.source) => &self.known,
            () => &self.fresh,
        };
        timeout(PATIENCE, line.acquire(asking.source)).await.ok()
    }

    /// Remembers that somebody has logged in from here.
    pub(super) fn remember(&self, source: IpAddr) {
        let mut networks = self.networks.lock().unwrap_or_else(PoisonError::into_inner);
        if networks.len() >= NETWORKS {
            networks.clear();
        }
        networks.insert(source_network(source));
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.known.waiting() + self.failed.waiting() + self.fresh.waiting()
    }

    fn knows(&self, source: IpAddr) -> bool {
        let networks = self.networks.lock().unwrap_or_else(PoisonError::into_inner);
        networks.contains(&source_network(source))
    }
}
