//! Taking turns at work that few can do at a time, fairly among those who ask for it.
//!
//! One source that asks for very much waits behind itself: everybody else gets the turn after next.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// Hands out a fixed number of turns; cheap to clone.
#[derive(Clone)]
pub(crate) struct Turns {
    state: Arc<Mutex<State>>,
}

struct State {
    free: usize,
    /// Those who wait, by source; the first source is next.
    waiting: VecDeque<(IpAddr, VecDeque<oneshot::Sender<Turn>>)>,
}

/// The permission to work; the next in line gets it when it is dropped.
pub(crate) struct Turn(Turns);

impl Turns {
    /// As many at a time as `count`.
    pub(crate) fn new(count: usize) -> Self {
        Self { state: Arc::new(Mutex::new(State { free: count, waiting: VecDeque::new() })) }
    }

    /// Waits for a turn on behalf of `source`.
    pub(crate) async fn take(&self, source: IpAddr) -> Turn {
        let place = self.state().enter(source);
        let Some(waiting) = place else { return Turn(self.clone()) };
        // The sender stays in line until it has a turn to send.
        waiting.await.unwrap_or_else(|_closed| Turn(self.clone()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Takes a free turn, or else a place in line.
    fn enter(&mut self, source: IpAddr) -> Option<oneshot::Receiver<Turn>> {
        if self.free > 0 {
            self.free -= 1;
            return None;
        }
        let (turn, waiting) = oneshot::channel();
        match self.waiting.iter_mut().find(|(other, _)| *other == source) {
            Some((_, line)) => line.push_back(turn),
            None => self.waiting.push_back((source, VecDeque::from([turn]))),
        }
        Some(waiting)
    }

    /// Who is next; its source goes to the end of the line. The turn is free if nobody waits.
    fn next(&mut self) -> Option<oneshot::Sender<Turn>> {
        while let Some((source, mut line)) = self.waiting.pop_front() {
            let next = std::iter::from_fn(|| line.pop_front()).find(|turn| !turn.is_closed());
            if !line.is_empty() {
                self.waiting.push_back((source, line));
            }
            if next.is_some() {
                return next;
            }
        }
        self.free += 1;
        None
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let next = self.0.state().next();
        if let Some(next) = next {
            // If they have gone, the turn comes back, is dropped and goes on.
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
    async fn whoever_asks_for_little_does_not_wait_behind_whoever_asks_for_much() {
        let turns = Turns::new(1);
        let first = turns.take(source(1)).await;
        let mut much: Vec<_> = (0..50).map(|_| Box::pin(turns.take(source(1)))).collect();
        for one in &mut much {
            assert!(one.as_mut().now_or_never().is_none());
        }
        let mut little = pin!(turns.take(source(2)));
        assert!(little.as_mut().now_or_never().is_none());

        drop(first);
        let second = much[0].as_mut().now_or_never().unwrap();
        assert!(little.as_mut().now_or_never().is_none());
        drop(second);

        assert!(little.now_or_never().is_some());
    }

    #[tokio::test]
    async fn those_who_stop_waiting_lose_no_turn() {
        let turns = Turns::new(2);
        let held = [turns.take(source(1)).await, turns.take(source(1)).await];
        let mut gone: Vec<_> = (0..9).map(|_| Box::pin(turns.take(source(1)))).collect();
        for one in &mut gone {
            assert!(one.as_mut().now_or_never().is_none());
        }
        // One of them has got its turn already, and goes without looking.
        drop(held);
        drop(gone);

        let again = [turns.take(source(2)).now_or_never(), turns.take(source(3)).now_or_never()];
        assert!(again.iter().all(Option::is_some));
        assert!(turns.take(source(4)).now_or_never().is_none());
    }
}
