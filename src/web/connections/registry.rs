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
    pub(super) trusted_proxies: Networks,
    /// What request ids begin with.
    label: String,
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
    pub(super) fn new(limits: Limits, trusted_proxies: Networks, label: String) -> Self {
        Self {
            deadlines: Arc::new(Deadlines::new(limits)),
            trusted_proxies,
            label,
            next_warning: AtomicU64::new(0),
            open: Mutex::default(),
        }
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.deadlines.limits
    }

    /// Lets a connection in, for which another may have to go: the oldest of its source, or of all,
    /// that has shown nothing valid. One that is being answered stays: it may be about to, and how
    /// long that takes is in the server's hand. When nothing can go there is no room.
    pub(super) fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Admitted> {
        let limits = self.limits();
        let is_trusted = self.trusted_proxies.contains(peer);
        let source = (!is_trusted).then(|| source_network(peer));
        let mut open = self.open();
        let neighbours = source.as_ref().and_then(|source| open.by_source.get(source));
        if let Some(neighbours) = neighbours
            && neighbours.len() >= limits.per_source
        {
            let oldest = open.oldest(neighbours);
            open.drop_for_another(oldest);
        }
        if open.all.len() >= limits.total {
            self.warn();
            let oldest = open.oldest(&open.unproven);
            open.drop_for_another(oldest);
        }
        if open.all.len() >= limits.total || self.deadlines.is_stopping() {
            return None;
        }
        let number = open.next;
        open.next += 1;
        let deadlines = Arc::clone(&self.deadlines);
        let connection = Arc::new(Connection::new(deadlines, &self.label, number, source));
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
    /// The oldest of these that is not being answered.
    fn oldest(&self, numbers: &BTreeSet<u64>) -> Option<Arc<Connection>> {
        let mut connections = numbers.iter().filter_map(|number| self.all.get(number));
        connections.find(|connection| !connection.is_being_answered()).cloned()
    }

    fn drop_for_another(&mut self, oldest: Option<Arc<Connection>>) {
        if let Some(oldest) = oldest {
            self.all.remove(&oldest.number);
            self.forget_unproven(&oldest);
            oldest.kill();
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Admits one connection of each of these addresses.
    fn admit<const N: usize>(registry: &Arc<Registry>, peers: [&str; N]) -> [Admitted; N] {
        peers.map(|peer| registry.admit(peer.parse().expect("an address")).expect("room"))
    }

    fn registry(total: usize, per_source: usize) -> Arc<Registry> {
        let limits = Limits { total, per_source, ..Limits::within(4096) };
        let proxies = Networks::parse("10.0.0.0/8").expect("a network");
        Arc::new(Registry::new(limits, proxies, "label".to_owned()))
    }

    fn is_open(admitted: &Admitted) -> bool {
        let killed = std::pin::pin!(admitted.connection.killed());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        killed.poll(&mut context).is_pending()
    }

    #[test]
    fn a_source_is_an_address_or_the_first_half_of_one() {
        for (first, second, is_same) in [
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", true),
            ("2001:db8:0:1::1", "2001:db8:0:2::1", false),
            ("10.0.0.1", "10.0.0.1", false),
            ("10.0.0.1", "::ffff:10.0.0.1", false),
        ] {
            let [first_one, _second] = admit(&registry(10, 1), [first, second]);
            assert_eq!(is_open(&first_one), !is_same, "{first} {second}");
        }
    }

    #[test]
    fn who_is_being_answered_stays_and_who_is_still_sending_does_not() {
        let registry = registry(3, 10);
        let [answered, sending, proven] = admit(&registry, ["192.0.2.1"; 3]);
        answered.connection.request_begins(false);
        sending.connection.request_begins(true);
        assert!(proven.connection.prove());
        registry.is_proven(&proven.connection);

        let [next] = admit(&registry, ["192.0.2.2"]);
        assert_eq!([&answered, &sending, &proven, &next].map(is_open), [true, false, true, true]);
        next.connection.request_begins(false);
        assert!(registry.admit([192, 0, 2, 3].into()).is_none());

        answered.connection.request_ends(false);
        let [_last] = admit(&registry, ["192.0.2.3"]);
        assert!(!is_open(&answered) && is_open(&next));
    }

    #[test]
    fn a_source_of_which_all_are_being_answered_takes_what_there_is() {
        let registry = registry(3, 1);
        let admitted = admit(&registry, ["192.0.2.1"; 2]);
        assert_eq!(admitted.each_ref().map(is_open), [false, true]);
        admitted[1].connection.request_begins(false);
        let [third] = admit(&registry, ["192.0.2.1"]);
        assert!(is_open(&admitted[1]) && is_open(&third));
    }

    #[test]
    fn what_has_left_does_not_count() {
        let registry = registry(2, 1);
        for _ in 0..5 {
            drop(admit(&registry, ["192.0.2.1", "192.0.2.2"]));
        }
        let open = registry.open();
        assert!(open.all.is_empty() && open.unproven.is_empty() && open.by_source.is_empty());
    }
}
