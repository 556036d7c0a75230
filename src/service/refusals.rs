//! Refused requests: counted for the Server Admins, and slowed down when one source has too many.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::clock::SharedClock;
use crate::domain::refusal::Refusal;
use crate::domain::secret::TokenId;
use crate::domain::throttle::Throttle;
use crate::service::usage::Usage;

/// Records refusals and says when a source has to wait.
///
/// It is asked after the verdict and for refusals only, so a valid token is never slowed down by
/// the failures of others behind the same address.
pub struct Refusals {
    clock: SharedClock,
    usage: Arc<Usage>,
    throttle: Mutex<Throttle>,
}

impl Refusals {
    /// Takes the time from `clock` and records in `usage`.
    pub fn new(clock: SharedClock, usage: Arc<Usage>) -> Self {
        Self { clock, usage, throttle: Mutex::default() }
    }

    /// Records a refused request; `known` is the id it carried if such a token exists. The seconds
    /// to wait if the source has had too many.
    pub fn refuse(
        &self,
        reason: Refusal,
        known: Option<&TokenId>,
        from: IpAddr,
        agent: Option<&str>,
    ) -> Option<u32> {
        let wait = if counts(reason) { self.count(from) } else { None };
        // How often a known token is presented stays exact, whatever the answer is.
        let reason = if wait.is_some() && known.is_none() { Refusal::Throttled } else { reason };
        self.usage.refused(reason, known, from, agent);
        wait
    }

    fn count(&self, from: IpAddr) -> Option<u32> {
        let now = self.clock.now();
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner).fail(from, now)
    }
}

/// Clients that wait for the challenge ask without a token first, and a valid token is no failure.
const fn counts(reason: Refusal) -> bool {
    !matches!(reason, Refusal::NoCredentials | Refusal::WrongNetwork)
}
