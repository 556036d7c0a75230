//! What clients do: uses and refusals, gathered in memory and written once a minute.
//!
//! Nothing is written on the request path. Only the first use of a token in a process is written at
//! once, so that the page knows within a second that the identity provider has switched.
//!
//! Locks: `writing` comes first and is held for a whole write. The mutexes in `Uses`, in
//! `Refusals`, in `Guesses` and around the throttle are held for a few lines, one at a time, without waiting.

pub mod counters;
mod guesses;
mod new_callers;
mod refusals;
mod tally;
mod uses;

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use self::counters::{DecisionCounters, DecisionCounts};
use self::guesses::Guesses;
use self::refusals::{HourEntries, Refusals};
use self::uses::Uses;
use super::{Failure, Resources};
use crate::audit::Line;
use crate::domain::activity::Kind;
use crate::domain::network::UNKNOWN;
use crate::domain::network::source::Source;
use crate::domain::network::throttle::Throttle;
use crate::domain::token::refusal::{RecentRefusals, Refusal};
use crate::domain::token::secret::TokenId;
use crate::store::{self, Conn, Lock, StoreError};

/// Entries that are read for the page at most: one stands for up to an hour of one group.
const ENTRIES: usize = 100;

/// Records uses and refusals, and slows down sources that are refused too often.
pub struct Usage {
    resources: Resources,
    uses: Uses,
    refusals: Refusals,
    counters: DecisionCounters,
    throttle: Mutex<Throttle>,
    guesses: Guesses,
    /// Held during a write: once it is free, everything from before is stored.
    writing: tokio::sync::Mutex<HourEntries>,
}

impl Usage {
    /// Works on `resources`.
    pub fn new(resources: Resources) -> Self {
        Self {
            resources,
            uses: Uses::default(),
            refusals: Refusals::default(),
            counters: DecisionCounters::default(),
            throttle: Mutex::default(),
            guesses: Guesses::default(),
            writing: tokio::sync::Mutex::default(),
        }
    }

    /// Records an accepted token. Its first use in this process is written at once, in the
    /// background.
    pub fn accepted(&self, id: &TokenId, from: IpAddr, agent: Option<&str>, now: DateTime<Utc>) {
        self.counters.count_accepted();
        self.uses.add(id, from, agent, now);
    }

    /// Records a refused request; `known` is the id it carried if such a token exists. Returns the
    /// seconds to wait if the source was refused too often.
    ///
    /// Only refusals count, so a valid token is never slowed down by the failures of others behind
    /// the same address.
    pub fn refused_or_throttled(
        &self,
        reason: Refusal,
        known: Option<&TokenId>,
        by: Source,
    ) -> Option<u32> {
        let wait = if is_failure(reason) { self.count_failure(address(&by)) } else { None };
        // How often a known token is presented stays exact, whatever the answer is.
        let reason = if wait.is_some() && known.is_none() { Refusal::Throttled } else { reason };
        self.refused(reason, known, by);
        wait
    }

    /// Records and logs a refused request; `known` is the id it carried if such a token exists.
    pub fn refused(&self, reason: Refusal, known: Option<&TokenId>, by: Source) {
        let now = self.resources.clock.now();
        self.counters.count_refused(reason);
        self.refusals.add(reason, known, address(&by), by.agent.as_deref(), now);
        let line = Line::of_kind(Kind::RequestsRefused, by).about(reason.code());
        self.resources.audit.log(line.about_token(known.cloned()), now);
    }

    /// The seconds until a secret of this introspection client is looked at again, if this source
    /// has sent too many wrong ones. The request is recorded then.
    pub fn must_wait(
        &self,
        client: Option<&str>,
        from: IpAddr,
        by: impl FnOnce() -> Source,
    ) -> Option<u32> {
        let wait = self.guesses.wait(client, from, self.resources.clock.now());
        if wait.is_some() {
            self.refused(Refusal::Throttled, None, by());
        }
        wait
    }

    /// Records a wrong secret of an introspection client; `client` is none if there is no such one.
    pub fn wrong_secret(&self, client: Option<&str>, by: Source) {
        self.guesses.fail(client, address(&by), self.resources.clock.now());
        self.refused(Refusal::UnknownApplication, None, by);
    }

    /// Counts a request about which nothing could be decided.
    pub fn undecided(&self) {
        self.counters.count_undecided();
    }

    /// The counts for monitoring.
    pub fn counts(&self) -> DecisionCounts {
        self.counters.read()
    }

    /// What was refused in the last 24 hours, grouped by reason, token and address; only the latest
    /// if there are very many. Refusals of the current minute may be missing.
    pub async fn recent_refusals(&self) -> Result<RecentRefusals, Failure> {
        let since = self.resources.clock.now() - TimeDelta::days(1);
        let limit = i64::try_from(ENTRIES).unwrap_or(i64::MAX);
        let query = move |conn: &mut Conn| store::activity::refused(conn, since, limit);
        Ok(RecentRefusals::of(self.resources.store.read(query).await?, ENTRIES))
    }

    /// Waits until a token is used for the first time in this process.
    pub async fn first_use(&self) {
        self.uses.first().await;
    }

    /// Writes what has gathered: every minute, at shutdown and after a first use; once an hour also that
    /// there was nothing. What cannot be written is kept for the next time.
    pub async fn write(&self) -> Result<(), Failure> {
        let mut entries = self.writing.lock().await;
        let now = self.resources.clock.now();
        let (uses, refusals) = (self.uses.take(), self.refusals.take());
        if uses.0.is_empty() && refusals.0.is_empty() && entries.are_of(now) {
            return Ok(());
        }
        let kept = (uses.clone(), refusals.clone());
        let mut next = entries.clone();
        next.begin(now);
        let written = self.resources.store.write(Lock::Usage, move |conn| {
            let ((uses, mut tally), (refusals, refused)) = (uses, refusals);
            tally.absorb(refused);
            let mut firsts = Vec::new();
            for (id, last) in &uses {
                firsts.extend(uses::write(conn, id, last)?);
            }
            for (key, group) in refusals {
                next.write(conn, key, group)?;
            }
            let new_callers = tally.write(conn, now)?;
            new_callers::record(conn, new_callers, &firsts, now)?;
            Ok(next)
        });
        match written.await {
            Ok(written) => {
                *entries = written;
                Ok(())
            }
            Err(error) => {
                let (uses, refusals) = kept;
                self.uses.put_back(uses);
                self.refusals.put_back(refusals, now);
                Err(StoreError::into(error))
            }
        }
    }

    fn count_failure(&self, from: IpAddr) -> Option<u32> {
        let now = self.resources.clock.now();
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner).fail(from, now)
    }
}

/// The address behind a request; a request has one.
fn address(by: &Source) -> IpAddr {
    by.address.unwrap_or(UNKNOWN)
}

/// Clients that wait for the challenge ask without a token first, and a valid token from the wrong
/// network is no guess.
const fn is_failure(reason: Refusal) -> bool {
    !matches!(reason, Refusal::NoCredentials | Refusal::WrongNetwork)
}
