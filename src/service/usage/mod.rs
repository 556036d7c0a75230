//! What clients do: uses and refusals, gathered in memory and written once a minute.
//!
//! Nothing is written on the request path. Only the first use of a token in a process, the first
//! refusal of its kind, and a use of an old token shortly before its end are written at once, so that
//! pages know within a second, and the old token does not end while it is presented.
//!
//! Locks: `writing` comes first and is held for a whole write. The mutexes in `Uses`, in
//! `Refusals`, in `Guesses` and around the throttle are held for a few lines, one at a time, without waiting.

pub mod counters;
mod guesses;
mod keys;
mod new_callers;
mod refusals;
mod standstill;
mod tally;
mod uses;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::task::spawn;
use tokio::time::{Instant, sleep};

use self::counters::{DecisionCounters, DecisionCounts, KeyCounts};
use self::guesses::Guesses;
use self::keys::KeyUses;
pub use self::refusals::RefusedRequest;
use self::refusals::{HourEntries, Refusals};
use self::uses::{TakenUses, Uses};
use super::{Failure, Resources, old_token};
use crate::audit::Line;
use crate::domain::activity::{Attempt, Kind};
use crate::domain::keys::secret::KeyId;
use crate::domain::network::UNKNOWN;
use crate::domain::network::source::Source;
use crate::domain::network::throttle::Throttle;
use crate::domain::token::refusal::Refusal;
use crate::domain::token::secret::TokenId;
use crate::store::{Lock, StoreError};

/// So long a change waits for what is written at once in the background, before it writes it itself.
const PATIENCE: Duration = Duration::from_secs(1);
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// Records uses and refusals, and slows down sources that are refused too often.
pub struct Usage {
    resources: Resources,
    uses: Uses,
    key_uses: KeyUses,
    refusals: Refusals,
    counters: DecisionCounters,
    throttle: Mutex<Throttle>,
    guesses: Guesses,
    /// Held during a write: once it is free, everything from before is stored.
    writing: tokio::sync::Mutex<HourEntries>,
}

/// A request whose API key is not accepted.
#[derive(Debug, Clone, Copy)]
pub struct RefusedKey<'a> {
    /// What the log calls the reason.
    pub reason: &'static str,
    /// The id it presents, if a key has it.
    pub known: Option<&'a KeyId>,
    /// Whether it slows its source down.
    pub is_guess: bool,
}

impl Usage {
    /// Works on `resources`.
    pub fn new(resources: Resources) -> Self {
        Self {
            resources,
            uses: Uses::default(),
            key_uses: KeyUses::default(),
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

    /// Has the use that was just recorded written at once if it is one of an old token that would end
    /// soon: it moves the end.
    pub fn old_token_presented(&self, ends_at: DateTime<Utc>, now: DateTime<Utc>) {
        self.uses.move_end(ends_at, now);
    }

    /// Records a refused request. Returns the seconds to wait if the source was refused too often.
    ///
    /// Only refusals count, so a valid token is never slowed down by the failures of others behind
    /// the same address.
    pub fn refused_or_throttled(&self, mut request: RefusedRequest<'_>, by: Source) -> Option<u32> {
        let is_failure = is_failure(request.reason);
        let wait = if is_failure { self.count_failure(address(&by)) } else { None };
        // How often a known token is presented stays exact, whatever the answer is.
        if wait.is_some() && request.known.is_none() {
            request.reason = Refusal::Throttled;
        }
        self.refused(request, by);
        wait
    }

    /// Records and logs a refused request. The first of its kind for a minute is written at once, in
    /// the background, and so is the accepted request that follows it.
    pub fn refused(&self, request: RefusedRequest<'_>, by: Source) {
        let now = self.resources.clock.now();
        let RefusedRequest { reason, known, .. } = request;
        self.counters.count_refused(reason);
        let accepted = self.uses.count();
        if self.refusals.add(request, (address(&by), by.agent.as_deref()), accepted, now) {
            self.uses.wait_for_next();
        }
        let line = Line::of_kind(Kind::RequestsRefused, by).about(reason.code());
        self.resources.audit.log(line.about_token(known.cloned()), now);
    }

    fn refused_application(&self, reason: Refusal, by: Source) {
        self.refused(RefusedRequest { reason, known: None, looks_like_ours: false }, by);
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
            self.refused_application(Refusal::Throttled, by());
        }
        wait
    }

    /// Records a wrong secret of an introspection client; `client` is none if there is no such one.
    pub fn wrong_secret(&self, client: Option<&str>, by: Source) {
        self.guesses.fail(client, address(&by), self.resources.clock.now());
        self.refused_application(Refusal::UnknownApplication, by);
    }

    /// Records a valid API key. Its first use in this process is written at once, in the background.
    /// `may` says whether it may do what is asked for: otherwise the request is refused.
    pub fn key_accepted(&self, id: &KeyId, from: IpAddr, agent: Option<&str>, may: bool) {
        if may {
            self.counters.count_key(true);
        }
        self.key_uses.add(id, from, agent, self.resources.clock.now());
    }

    /// Records and logs a request whose API key is not accepted. Returns the seconds to wait if the
    /// source was refused too often. It says nothing about sync, so no count of it changes.
    pub fn key_refused(&self, refused: RefusedKey<'_>, by: Source) -> Option<u32> {
        let RefusedKey { reason, known, is_guess } = refused;
        self.counters.count_key(false);
        let wait = if is_guess { self.count_failure(address(&by)) } else { None };
        let reason = if wait.is_some() { Refusal::Throttled.code() } else { reason };
        let line = Line::of_attempt(Attempt::KeyRefused, by).about(reason);
        let line = match known {
            Some(id) => line.with_detail(id.as_str()),
            None => line,
        };
        self.resources.audit.log(line, self.resources.clock.now());
        wait
    }

    /// Counts a request about which nothing could be decided.
    pub fn undecided(&self) {
        self.counters.count_undecided();
    }

    /// The counts for monitoring.
    pub fn counts(&self) -> DecisionCounts {
        self.counters.read()
    }

    /// The same of API keys.
    pub fn key_counts(&self) -> KeyCounts {
        self.counters.read_keys()
    }

    /// Waits until something happens that is written at once.
    pub async fn urgent(&self) {
        tokio::select! {
            () = self.uses.first() => {}
            () = self.key_uses.first() => {}
            () = self.refusals.urgent() => {}
        }
    }

    /// Writes what has gathered: every minute, at shutdown and after a first use; once an hour also that
    /// there was nothing. What cannot be written is kept for the next time.
    pub async fn write(&self) -> Result<(), Failure> {
        let mut entries = self.writing.lock().await;
        self.write_gathered(&mut entries).await
    }

    /// Has the first use of every token stored that was recorded before this moment: what becomes of
    /// tokens is decided by it. Nearly always it is.
    pub async fn settle(self: Arc<Self>) -> Result<(), Failure> {
        let deadline = Instant::now() + PATIENCE;
        while self.uses.have_new() && Instant::now() < deadline {
            sleep(BETWEEN_LOOKS).await;
        }
        if !self.uses.have_new() {
            return Ok(());
        }
        // Nobody writes it in the background. A task of its own: nothing is lost if the request gives up.
        let settled = spawn(async move {
            let mut entries = self.writing.lock().await;
            if self.uses.have_new() { self.write_gathered(&mut entries).await } else { Ok(()) }
        });
        settled.await.unwrap_or_else(|panic| Err(StoreError::Corrupt(panic.to_string()).into()))
    }

    async fn write_gathered(&self, entries: &mut HourEntries) -> Result<(), Failure> {
        let now = self.resources.clock.now();
        let (uses, refusals) = (self.uses.take(), self.refusals.take());
        let key_uses = self.key_uses.take();
        let is_quiet = uses.last.is_empty() && refusals.0.is_empty() && key_uses.is_empty();
        if is_quiet && entries.are_of(now) {
            return Ok(());
        }
        let seen = uses.seen;
        let kept = (uses.clone(), refusals.clone(), key_uses.clone());
        let mut next = entries.clone();
        let ran = next.begin(now);
        let written = self.resources.store.write(Lock::Usage, move |conn| {
            let (refusals, refused) = refusals;
            // Before the uses are written: it asks for the last one before them.
            standstill::write(conn, &uses, &refusals, now)?;
            let TakenUses { last: uses, mut tally, .. } = uses;
            tally.absorb(refused);
            let mut firsts = Vec::new();
            for (id, last) in &uses {
                firsts.extend(uses::write(conn, id, last, now)?);
            }
            old_token::move_end(conn, now)?;
            for (key, group) in refusals {
                next.write(conn, key, group)?;
            }
            let new_callers = tally.write(conn, ran)?;
            new_callers::record(conn, new_callers, &firsts, now)?;
            keys::write(conn, &key_uses, now)?;
            Ok(next)
        });
        match written.await {
            Ok(written) => {
                *entries = written;
                self.uses.are_stored(seen);
                Ok(())
            }
            Err(error) => {
                let (uses, refusals, key_uses) = kept;
                self.uses.put_back(uses);
                self.key_uses.put_back(key_uses);
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
