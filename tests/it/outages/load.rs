//! Clients that ask all the time, and check every answer by what the database can do just then.

use std::net::SocketAddr;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{VALIDATE, ask, assert_undecided};

/// How many there are.
pub(super) const CLIENTS: usize = 40;
/// What they ask.
pub(super) const PATHS: [&str; 3] = [VALIDATE, "/scim/v2/Users", "/forward-auth/a/path"];

/// What clients must be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Every client is let in.
    Works,
    /// It may go either way.
    Fails,
    /// No client is let in.
    Down,
    /// It may go either way again.
    Recovers,
    /// Every client is let in again.
    WorksAgain,
    /// The clients end.
    Ended,
}

/// What has happened within a phase.
#[derive(Clone, Copy)]
pub(super) struct Progress {
    phase: Phase,
    /// Answers to requests that were sent and answered within this phase.
    pub(super) answers: usize,
    /// Clients that were let in within this phase.
    pub(super) let_in: usize,
}

/// Clients that ask all the time.
pub(super) struct Load {
    progress: Mutex<Progress>,
    changed: Condvar,
}

/// However a test ends, its clients do.
pub(super) struct Ending<'a>(pub(super) &'a Load);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.enter(Phase::Ended);
    }
}

impl Progress {
    fn at_the_start_of(phase: Phase) -> Self {
        Self { phase, answers: 0, let_in: 0 }
    }
}

impl Load {
    /// Before the first question.
    pub(super) fn new() -> Self {
        let progress = Mutex::new(Progress::at_the_start_of(Phase::Works));
        Self { progress, changed: Condvar::new() }
    }

    /// Begins a phase.
    pub(super) fn enter(&self, phase: Phase) {
        *self.progress() = Progress::at_the_start_of(phase);
    }

    fn phase(&self) -> Phase {
        self.progress().phase
    }

    /// A client that has failed leaves what is true in it.
    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until so much has happened in this phase.
    pub(super) fn wait(&self, enough: impl Fn(&Progress) -> bool) {
        let progress = self.progress();
        let limit = Duration::from_secs(30);
        let waited = self.changed.wait_timeout_while(progress, limit, |now| !enough(now));
        let (progress, result) = waited.unwrap_or_else(PoisonError::into_inner);
        let Progress { phase, answers, let_in } = *progress;
        assert!(!result.timed_out(), "{phase:?}: {answers} answers, {let_in} let in");
    }

    /// One client, until the end.
    pub(super) fn run(&self, address: SocketAddr, path: &str, token: &str) {
        let mut let_in_during = Phase::Ended;
        loop {
            let sent = self.phase();
            if sent == Phase::Ended {
                return;
            }
            let response = ask(address, path, token);
            let mut progress = self.progress();
            let is_settled = progress.phase == sent;
            match (sent, response.status) {
                (Phase::Works | Phase::WorksAgain, _) if is_settled => {
                    assert_eq!(response.status, 200, "{sent:?}");
                }
                (Phase::Down, _) if is_settled => assert_undecided(&response),
                (_, 200) => {}
                _ => assert_undecided(&response),
            }
            progress.answers += usize::from(is_settled);
            if is_settled && response.status == 200 && let_in_during != sent {
                progress.let_in += 1;
                let_in_during = sent;
            }
            self.changed.notify_all();
        }
    }
}
