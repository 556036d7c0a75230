//! One connection: what it has shown, and the switch that closes it from outside.
//!
//! The thread that serves it moves it from phase to phase, the registry ends what takes too long. A
//! request costs a few atomic changes, no lock and no timer.

use std::future::poll_fn;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::task::Poll;

use futures_util::task::AtomicWaker;

use super::deadlines::Deadlines;
use super::request_ids::RequestIds;
use super::state::Phase::{Busy, Closing, Farewell, Head, Idle, Killed, Late, Opening};
use super::state::{AtomicState, State};

/// A connection that was let in.
pub(super) struct Connection {
    deadlines: Arc<Deadlines>,
    /// Older connections have lower numbers.
    pub(super) number: u64,
    /// With which others it is counted; nothing for a trusted proxy.
    pub(super) source: Option<IpAddr>,
    /// Name its requests.
    pub(super) ids: RequestIds,
    state: AtomicState,
    is_proven: AtomicBool,
    task: AtomicWaker,
}

/// How the connection goes on after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// It waits for the next request.
    Kept,
    /// It ends with this answer.
    Closed,
    /// The body has not arrived in time, which is the answer; and it ends.
    TooLate,
}

impl Connection {
    /// Request ids begin with `label`.
    pub(super) fn new(
        deadlines: Arc<Deadlines>,
        label: &str,
        number: u64,
        source: Option<IpAddr>,
    ) -> Self {
        let state = AtomicState::new(State::new(Opening, deadlines.after(deadlines.limits.head)));
        let (is_proven, task) = (AtomicBool::new(false), AtomicWaker::new());
        let ids = RequestIds::new(label, number);
        Self { deadlines, number, source, ids, state, is_proven, task }
    }

    /// Whether a trusted proxy is at the other end.
    pub(super) const fn is_of_proxy(&self) -> bool {
        self.source.is_none()
    }

    /// The TLS handshake is done: the first byte has its own time.
    pub(super) fn is_open(&self) {
        let deadline = self.deadlines.after(self.deadlines.limits.head);
        self.state.change(|now| (now.phase == Opening).then_some(State::new(Opening, deadline)));
    }

    /// Bytes have arrived: unless a request is being answered, a head begins with them.
    pub(super) fn has_read(&self) {
        if !matches!(self.state.get().phase, Opening | Idle) {
            return;
        }
        // The answer to a head that is too slow gets its time as well.
        let limits = &self.deadlines.limits;
        let head = State::new(Head, self.deadlines.after(limits.head + limits.farewell));
        self.state.change(|now| matches!(now.phase, Opening | Idle).then_some(head));
    }

    /// Bytes were sent: who reads an answer, however slowly, is not idle.
    pub(super) fn has_written(&self) {
        let idle = State::new(Idle, self.deadlines.after(self.deadlines.limits.keep_alive));
        let now = self.state.get();
        if now.phase == Idle && now != idle {
            self.state.change(|now| (now.phase == Idle).then_some(idle));
        }
    }

    /// A request head is complete.
    pub(super) fn request_begins(&self, has_body: bool) {
        self.ids.next();
        let deadline =
            if has_body { self.deadlines.after(self.deadlines.limits.body) } else { State::NEVER };
        self.state.change(|now| match now.phase {
            Killed => None,
            // It was about to be closed for having been idle.
            Closing => Some(State::new(Closing, deadline)),
            _ => Some(State::new(Busy, deadline)),
        });
    }

    /// Whether a request head is arriving, and no answer is under way.
    pub(super) fn is_reading_head(&self) -> bool {
        self.state.get().phase == Head
    }

    /// The request's body is complete.
    pub(super) fn body_ends(&self) {
        self.state.change(|now| match now.phase {
            Busy | Late => Some(State::new(Busy, State::NEVER)),
            Closing => Some(State::new(Closing, State::NEVER)),
            _ => None,
        });
    }

    /// The request's body is not complete and will not be waited for.
    pub(super) fn is_late(&self) -> bool {
        self.state.get().phase == Late
    }

    /// There is an answer. `must_close` ends the connection with it.
    pub(super) fn request_ends(&self, must_close: bool) -> After {
        let limits = &self.deadlines.limits;
        let idle = State::new(Idle, self.deadlines.after(limits.keep_alive));
        let farewell = State::new(Farewell, self.deadlines.after(limits.farewell));
        let must_close = must_close || self.deadlines.is_stopping();
        let next = |now: State| match (now.phase, now.deadline) {
            (Killed, _) => None,
            (Late, _) => Some(farewell),
            // The rest of a body that nobody has read could be anything.
            (_, deadline) if deadline != State::NEVER => Some(farewell),
            (Busy, _) if !must_close => Some(idle),
            _ => Some(State::new(Closing, idle.deadline)),
        };
        let before = self.state.change(next);
        match before.map(|before| (before.phase, next(before))) {
            Some((Late, _)) => After::TooLate,
            Some((_, Some(state))) if state.phase == Idle => After::Kept,
            _ => After::Closed,
        }
    }

    /// Whether nothing more is read.
    pub(super) fn is_closing(&self) -> bool {
        self.state.get().phase == Closing
    }

    /// The client has shown a valid token or session. Tells whether it is the first time.
    pub(super) fn prove(&self) -> bool {
        !self.is_proven.load(Relaxed) && !self.is_proven.swap(true, Relaxed)
    }

    /// Whether a request is being answered that the client has sent whole.
    pub(super) fn is_being_answered(&self) -> bool {
        self.state.get() == State::new(Busy, State::NEVER)
    }

    /// Ends what has taken longer than it may.
    pub(super) fn look_at_deadline(&self, now: u64) {
        if self.state.get().deadline > now {
            return;
        }
        let closing = State::new(Closing, self.deadlines.after(self.deadlines.limits.farewell));
        let changed = self.state.change(|state| match state.phase {
            _ if state.deadline > now => None,
            Busy => Some(State::new(Late, State::NEVER)),
            Head | Idle => Some(closing),
            Opening | Closing | Farewell => Some(State::new(Killed, State::NEVER)),
            Late | Killed => None,
        });
        if changed.is_some() {
            self.task.wake();
        }
    }

    /// The server stops: only a request that is being answered goes on.
    pub(super) fn stop(&self) {
        let changed = self.state.change(|state| match state.phase {
            Opening => Some(State::new(Killed, State::NEVER)),
            Head | Idle => Some(State::new(Closing, State::NEVER)),
            Busy | Late | Closing | Farewell | Killed => None,
        });
        if changed.is_some() {
            self.task.wake();
        }
    }

    /// Closes it at once.
    pub(super) fn kill(&self) {
        self.state.change(|_| Some(State::new(Killed, State::NEVER)));
        self.task.wake();
    }

    /// Ends when it is to be closed at once; wakes the task that waits for it on any change from
    /// outside.
    pub(super) async fn killed(&self) {
        poll_fn(|context| {
            self.task.register(context.waker());
            if self.state.get().phase == Killed { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}
