//! Refused requests: counted for the Server Admins, and slowed down when one source has too many.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::TimeDelta;

use super::uses::Usage;
use crate::domain::network::throttle::Throttle;
use crate::domain::token::refusal::{Refusal, Refused};
use crate::domain::token::secret::TokenId;
use crate::service::{Failure, Resources};
use crate::store;

/// Entries that are read at most: one stands for up to an hour of one group.
const ENTRIES: usize = 100;

/// Records refusals and says when a source has to wait.
///
/// It is asked after the verdict and for refusals only, so a valid token is never slowed down by
/// the failures of others behind the same address.
pub struct Refusals {
    resources: Resources,
    usage: Arc<Usage>,
    throttle: Mutex<Throttle>,
}

impl Refusals {
    /// Works on `resources` and records in `usage`.
    pub fn new(resources: Resources, usage: Arc<Usage>) -> Self {
        Self { resources, usage, throttle: Mutex::default() }
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

    /// What was refused in the last 24 hours, grouped by reason, token and address. After so many
    /// that a page would take long, only the latest. Refusals of the current minute may be missing.
    pub async fn recent(&self) -> Result<Refused, Failure> {
        let since = self.resources.clock.now() - TimeDelta::days(1);
        let limit = i64::try_from(ENTRIES).unwrap_or(i64::MAX);
        let query = move |conn: &mut store::Conn| store::activity::refused(conn, since, limit);
        Ok(Refused::of(self.resources.store.read(query).await?, ENTRIES))
    }

    fn count(&self, from: IpAddr) -> Option<u32> {
        let now = self.resources.clock.now();
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner).fail(from, now)
    }
}

/// Clients that wait for the challenge ask without a token first, and a valid token is no failure.
const fn counts(reason: Refusal) -> bool {
    !matches!(reason, Refusal::NoCredentials | Refusal::WrongNetwork)
}
