//! A semaphore that is fair to sources, not to requests.
//!
//! A source that asks for very much waits behind itself: every other one gets the permit after next.
//! Nor does it help to own many addresses: wide networks take turns, and within them narrower ones.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::domain::network::networks_around;

/// Hands out a fixed number of permits; cheap to clone.
#[derive(Clone)]
pub(crate) struct FairSemaphore {
    state: Arc<Mutex<SemaphoreState>>,
}

struct SemaphoreState {
    free: usize,
    waiting: Line,
}

/// Requests that wait: by network if it is one of networks, the first of which is next.
#[derive(Default)]
struct Line {
    networks: VecDeque<(IpAddr, Line)>,
    requests: VecDeque<oneshot::Sender<Permit>>,
}

/// The permission to work; when dropped, it goes to the next in line.
pub(crate) struct Permit(FairSemaphore);

impl FairSemaphore {
    /// As many at a time as `count`.
    pub(crate) fn new(count: usize) -> Self {
        let state = SemaphoreState { free: count, waiting: Line::default() };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// Waits for a permit on behalf of `source`.
    pub(crate) async fn acquire(&self, source: IpAddr) -> Permit {
        let place = self.state().enter(source);
        let Some(waiting) = place else { return Permit(self.clone()) };
        // The sender stays in line until it has a permit to send.
        waiting.await.unwrap_or_else(|_closed| Permit(self.clone()))
    }

    /// How many wait.
    pub(crate) fn waiting(&self) -> usize {
        self.state().waiting.count()
    }

    fn state(&self) -> MutexGuard<'_, SemaphoreState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SemaphoreState {
    /// Takes a free permit, or else a place in line.
    fn enter(&mut self, source: IpAddr) -> Option<oneshot::Receiver<Permit>> {
        if self.free > 0 {
            self.free -= 1;
            return None;
        }
        let (permit, waiting) = oneshot::channel();
        self.waiting.push(&networks_around(source), permit);
        Some(waiting)
    }

    /// The next in line. The permit is free if nobody waits.
    fn next(&mut self) -> Option<oneshot::Sender<Permit>> {
        let next = self.waiting.pop();
        self.free += usize::from(next.is_none());
        next
    }
}

impl Line {
    /// Goes to the end of the line of the last of these networks, each of which is in the one before.
    fn push(&mut self, networks: &[IpAddr], permit: oneshot::Sender<Permit>) {
        let Some((network, narrower)) = networks.split_first() else {
            self.requests.push_back(permit);
            return;
        };
        if let Some((_, line)) = self.networks.iter_mut().find(|(other, _)| other == network) {
            line.push(narrower, permit);
        } else {
            let mut line = Self::default();
            line.push(narrower, permit);
            self.networks.push_back((*network, line));
        }
    }

    /// The next that still waits; its network goes to the end.
    fn pop(&mut self) -> Option<oneshot::Sender<Permit>> {
        while let Some((network, mut line)) = self.networks.pop_front() {
            let next = line.pop();
            if !line.is_empty() {
                self.networks.push_back((network, line));
            }
            if next.is_some() {
                return next;
            }
        }
        std::iter::from_fn(|| self.requests.pop_front()).find(|permit| !permit.is_closed())
    }

    /// How many still wait.
    fn count(&self) -> usize {
        let own = self.requests.iter().filter(|permit| !permit.is_closed()).count();
        self.networks.iter().fold(own, |count, (_, line)| count + line.count())
    }

    fn is_empty(&self) -> bool {
        self.networks.is_empty() && self.requests.is_empty()
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let next = self.0.state().next();
        if let Some(next) = next {
            // A receiver that is gone sends the permit back: it is dropped and goes on.
            drop(next.send(Self(self.0.clone())));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::FutureExt;

    use super::*;

    fn source(number: u8) -> IpAddr {
        [192, 0, 2, number].into()
    }

    #[tokio::test]
    async fn who_asks_for_little_does_not_wait_behind_who_asks_for_much() {
        let semaphore = FairSemaphore::new(1);
        let first = semaphore.acquire(source(1)).await;
        let mut much: Vec<_> = (0..50).map(|_| Box::pin(semaphore.acquire(source(1)))).collect();
        for one in &mut much {
            assert!(one.as_mut().now_or_never().is_none());
        }
        let mut little = pin!(semaphore.acquire(source(2)));
        assert!(little.as_mut().now_or_never().is_none());

        drop(first);
        let second = much[0].as_mut().now_or_never().unwrap();
        assert!(little.as_mut().now_or_never().is_none());
        drop(second);

        assert!(little.now_or_never().is_some());
    }

    #[tokio::test]
    async fn who_owns_many_addresses_gains_nothing() {
        let many =
            |n: u16| [IpAddr::from([10, 0, 7, 255]), [0x2001, 0xdb8, n, 0, 0, 0, 0, n].into()];
        let mut turns = Vec::new();
        let semaphore = FairSemaphore::new(1);
        let first = semaphore.acquire(source(1)).await;
        let mut much: Vec<_> =
            (0..40).flat_map(many).map(|from| Box::pin(semaphore.acquire(from))).collect();
        for one in &mut much {
            assert!(one.as_mut().now_or_never().is_none());
        }
        let mut little = pin!(semaphore.acquire(source(2)));
        assert!(little.as_mut().now_or_never().is_none());

        drop(first);
        while little.as_mut().now_or_never().is_none() {
            let turn = much.iter_mut().position(|one| one.as_mut().now_or_never().is_some());
            turns.push(turn.unwrap());
            drop(much.remove(*turns.last().unwrap()));
        }

        assert_eq!(turns.len(), 2, "one of each of the two: {turns:?}");
    }

    #[tokio::test]
    async fn those_who_stop_waiting_lose_no_permit() {
        let semaphore = FairSemaphore::new(2);
        let held = [semaphore.acquire(source(1)).await, semaphore.acquire(source(1)).await];
        let mut gone: Vec<_> = (0..9).map(|_| Box::pin(semaphore.acquire(source(1)))).collect();
        for one in &mut gone {
            assert!(one.as_mut().now_or_never().is_none());
        }
        assert_eq!(semaphore.waiting(), 9);
        // One of them already has its permit and never looks at it.
        drop(held);
        drop(gone);
        assert_eq!(semaphore.waiting(), 0);

        let again = [
            semaphore.acquire(source(2)).now_or_never(),
            semaphore.acquire(source(3)).now_or_never(),
        ];
        assert!(again.iter().all(Option::is_some));
        assert!(semaphore.acquire(source(4)).now_or_never().is_none());
    }
}
