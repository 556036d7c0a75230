//! All connections of a listener: who is let in, who makes room, who has waited too long.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::connection::Connection;
use super::deadlines::Deadlines;
use super::limits::Limits;
use crate::domain::network::{Networks, source_network};

/// The connections of one listener.
pub(super) struct Registry {
    deadlines: Arc<Deadlines>,
    trusted_proxies: Networks,
    next_warning: AtomicU64,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    next: u64,
    all: BTreeMap<u64, Arc<Connection>>,
    /// Those that have shown nothing valid yet, and so make room for others: the oldest first.
    unproven: BTreeSet<u64>,
    /// The same by source, without trusted proxies.
    by_source: HashMap<IpAddr, BTreeSet<u64>>,
}

impl Registry {
    pub(super) fn new(limits: Limits, trusted_proxies: Networks) -> Self {
        Self {
            deadlines: Arc::new(Deadlines::new(limits)),
            trusted_proxies,
            next_warning: AtomicU64::new(0),
            open: Mutex::default(),
        }
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.deadlines.limits
    }

    /// Lets a connection in, for which another may have to go: the oldest of its source, or of all,
    /// that has shown nothing valid. When all have, there is no room.
    pub(super) fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Admitted> {
        let is_trusted = self.trusted_proxies.contains(peer);
        let source = (!is_trusted).then(|| source_network(peer));
        let mut open = self.open();
        let neighbours = source.as_ref().and_then(|source| open.by_source.get(source));
        if let Some(neighbours) = neighbours
            && neighbours.len() >= self.limits().per_source
        {
            let oldest = neighbours.first().copied();
            open.drop_for_another(oldest);
        }
        if open.all.len() >= self.limits().total {
            self.warn();
            let oldest = open.unproven.first().copied();
            open.drop_for_another(oldest);
        }
        if open.all.len() >= self.limits().total || self.deadlines.is_stopping() {
            return None;
        }
        let number = open.next;
        open.next += 1;
        let connection = Arc::new(Connection::new(Arc::clone(&self.deadlines), number, source));
        open.all.insert(number, Arc::clone(&connection));
        open.unproven.insert(number);
        if let Some(source) = source {
            open.by_source.entry(source).or_default().insert(number);
        }
        Some(Admitted { registry: Arc::clone(self), connection })
    }

    /// Tells the operator, once a minute at most, that clients take up all there is.
    fn warn(&self) {
        let now = self.deadlines.now();
        if now >= self.next_warning.load(Relaxed) {
            self.next_warning.store(now + 60_000, Relaxed);
            let total = self.limits().total;
            tracing::warn!(total, "as many connections as there may be: the oldest are closed");
        }
    }

    /// The client behind a connection has shown something valid: it makes no room for others.
    pub(super) fn is_proven(&self, connection: &Connection) {
        self.open().forget_unproven(connection);
    }

    /// Looks at all deadlines for as long as it is polled.
    pub(super) async fn watch(&self) -> Infallible {
        let mut ticks = tokio::time::interval(self.limits().tick());
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let now = self.deadlines.tick();
            self.open().all.values().for_each(|connection| connection.look_at_deadline(now));
        }
    }

    /// Lets nobody in any more and closes what is not being answered.
    pub(super) fn stop(&self) {
        self.deadlines.stop();
        self.open().all.values().for_each(|connection| connection.stop());
    }

    /// Closes everything.
    pub(super) fn kill_all(&self) {
        self.open().all.values().for_each(|connection| connection.kill());
    }

    fn leave(&self, connection: &Connection) {
        let mut open = self.open();
        open.all.remove(&connection.number);
        open.forget_unproven(connection);
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn drop_for_another(&mut self, number: Option<u64>) {
        let victim = number.and_then(|number| self.all.remove(&number));
        if let Some(victim) = victim {
            self.forget_unproven(&victim);
            victim.kill();
        }
    }

    fn forget_unproven(&mut self, connection: &Connection) {
        self.unproven.remove(&connection.number);
        let Some(source) = connection.source else { return };
        if let Some(neighbours) = self.by_source.get_mut(&source) {
            neighbours.remove(&connection.number);
            if neighbours.is_empty() {
                self.by_source.remove(&source);
            }
        }
    }
}

/// A connection that counts until this is dropped.
pub(super) struct Admitted {
    registry: Arc<Registry>,
    pub(super) connection: Arc<Connection>,
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.registry.leave(&self.connection);
    }
}
