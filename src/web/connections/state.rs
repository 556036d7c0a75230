//! What a connection is doing and until when, in one atomic number.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// TLS is negotiated, or nothing was sent yet.
    Opening,
    /// A request head is arriving.
    Head,
    /// A request is being answered. There is a deadline only while its body is arriving.
    Busy,
    /// As [`Phase::Busy`], but the body has not arrived in time.
    Late,
    /// Between two requests; or the client is reading an answer.
    Idle,
    /// Nothing more is read; a request that is being answered is finished.
    Closing,
    /// The last answer is on its way, and the client may still be sending.
    Farewell,
    /// Closed from outside.
    Killed,
}

/// A phase and its deadline, in milliseconds of the registry's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct State {
    pub(super) phase: Phase,
    pub(super) deadline: u64,
}

/// The bits of a phase.
const BITS: u32 = 3;

impl State {
    /// The deadline of what may take any time.
    pub(super) const NEVER: u64 = u64::MAX >> BITS;

    pub(super) const fn new(phase: Phase, deadline: u64) -> Self {
        Self { phase, deadline }
    }

    const fn pack(self) -> u64 {
        let phase = match self.phase {
            Phase::Opening => 0,
            Phase::Head => 1,
            Phase::Busy => 2,
            Phase::Late => 3,
            Phase::Idle => 4,
            Phase::Closing => 5,
            Phase::Farewell => 6,
            Phase::Killed => 7,
        };
        (self.deadline << BITS) | phase
    }

    const fn unpack(packed: u64) -> Self {
        let phase = match packed & 7 {
            0 => Phase::Opening,
            1 => Phase::Head,
            2 => Phase::Busy,
            3 => Phase::Late,
            4 => Phase::Idle,
            5 => Phase::Closing,
            6 => Phase::Farewell,
            _ => Phase::Killed,
        };
        Self { phase, deadline: packed >> BITS }
    }
}

/// A state that two threads change. Nothing else is published by it, so its order among other
/// memory does not matter.
pub(super) struct AtomicState(AtomicU64);

impl AtomicState {
    pub(super) const fn new(state: State) -> Self {
        Self(AtomicU64::new(state.pack()))
    }

    pub(super) fn get(&self) -> State {
        State::unpack(self.0.load(Relaxed))
    }

    /// Replaces the state by what `next` makes of it, if anything; tells what was replaced.
    pub(super) fn change(&self, next: impl Fn(State) -> Option<State>) -> Option<State> {
        let next = |packed| next(State::unpack(packed)).map(State::pack);
        self.0.fetch_update(Relaxed, Relaxed, next).ok().map(State::unpack)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_survives_its_number() {
        use Phase::{Busy, Closing, Farewell, Head, Idle, Killed, Late, Opening};
        for phase in [Opening, Head, Busy, Late, Idle, Closing, Farewell, Killed] {
            for deadline in [0, 1, 75_000, State::NEVER] {
                let state = State::new(phase, deadline);
                assert_eq!(State::unpack(state.pack()), state);
            }
        }
    }
}
