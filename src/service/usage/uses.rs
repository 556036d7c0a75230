//! Uses of tokens that are not yet written.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;

use super::tally::Tally;
use crate::domain::activity::{Event, Kind};
use crate::domain::admin::actor::Actor;
use crate::domain::network::source::{Source, clean_agent};
use crate::domain::requests::Outcome;
use crate::domain::requests::caller::Caller;
use crate::domain::token::LastUse;
use crate::domain::token::secret::TokenId;
use crate::store::{self, StoreError, Transaction};

/// A use is written at once when an old token ends so soon: it moves the end, and a write that fails
/// is tried again every minute.
const BEFORE_END: TimeDelta = TimeDelta::minutes(5);

/// The last use of each token.
#[derive(Default)]
pub(super) struct Uses {
    state: Mutex<UsesState>,
    first: Notify,
}

#[derive(Default)]
struct UsesState {
    unwritten: HashMap<TokenId, LastUse>,
    tally: Tally,
    /// The first use that is not written.
    first_at: Option<DateTime<Utc>>,
    /// How many there were since the process started.
    count: u64,
    /// Tokens that were used in this process.
    seen: HashSet<TokenId>,
    /// How many of them there are for which the first use is written.
    written: usize,
    /// Whether a refusal was written at once: then the use that follows it is too.
    is_awaited: bool,
    /// The end of an old token that a use was to move.
    moved_end: Option<DateTime<Utc>>,
}

/// Uses that are about to be written.
#[derive(Clone, Default)]
pub(super) struct TakenUses {
    pub(super) last: HashMap<TokenId, LastUse>,
    pub(super) tally: Tally,
    pub(super) first_at: Option<DateTime<Utc>>,
    /// How many there were since the process started.
    pub(super) count: u64,
    /// How many tokens had been used in this process.
    pub(super) seen: usize,
}

impl Uses {
    pub(super) fn add(&self, id: &TokenId, from: IpAddr, agent: Option<&str>, now: DateTime<Utc>) {
        let mut state = self.state();
        state.tally.count((Some(id), from, agent), Outcome::Accepted, now);
        state.count += 1;
        if std::mem::take(&mut state.is_awaited) {
            self.first.notify_one();
        }
        if let Some(last) = state.unwritten.get_mut(id) {
            last.at = now;
            last.from = from;
            if last.agent.as_deref() != agent {
                last.agent = agent.map(clean_agent);
            }
            return;
        }
        let agent = agent.map(clean_agent);
        state.unwritten.insert(id.clone(), LastUse { at: now, from, agent });
        state.first_at.get_or_insert(now);
        if state.seen.insert(id.clone()) {
            self.first.notify_one();
        }
    }

    /// Has the uses written at once if an old token would end soon, but once for each end: the latest
    /// one does not move.
    pub(super) fn move_end(&self, ends_at: DateTime<Utc>, now: DateTime<Utc>) {
        if ends_at - now < BEFORE_END && self.state().moved_end.replace(ends_at) != Some(ends_at) {
            self.first.notify_one();
        }
    }

    /// How many uses there were since the process started.
    pub(super) fn count(&self) -> u64 {
        self.state().count
    }

    /// Has the next use written at once.
    pub(super) fn wait_for_next(&self) {
        self.state().is_awaited = true;
    }

    /// Waits until a token is used for the first time in this process, or after a refusal.
    pub(super) async fn first(&self) {
        self.first.notified().await;
    }

    /// Whether a token was used for the first time in this process, and that is not stored yet.
    pub(super) fn have_new(&self) -> bool {
        let state = self.state();
        state.written < state.seen.len()
    }

    pub(super) fn take(&self) -> TakenUses {
        let mut state = self.state();
        TakenUses {
            last: std::mem::take(&mut state.unwritten),
            tally: std::mem::take(&mut state.tally),
            first_at: state.first_at.take(),
            count: state.count,
            seen: state.seen.len(),
        }
    }

    /// Notes that what was taken when so many tokens had been used is written.
    pub(super) fn are_stored(&self, seen: usize) {
        self.state().written = seen;
    }

    /// Keeps what could not be written, unless there is something newer.
    pub(super) fn put_back(&self, uses: TakenUses) {
        let mut state = self.state();
        state.tally.absorb(uses.tally);
        state.first_at = uses.first_at.or(state.first_at);
        for (id, last) in uses.last {
            state.unwritten.entry(id).or_insert(last);
        }
    }

    fn state(&self) -> MutexGuard<'_, UsesState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes the last use of a token; returns who it was if it was the first.
pub(super) fn write(
    conn: &mut Transaction,
    id: &TokenId,
    last: &LastUse,
    now: DateTime<Utc>,
) -> Result<Option<Caller>, StoreError> {
    if !store::tokens::uses::record(conn, id, last, now)? {
        return Ok(None);
    }
    let source = Source::new(last.from, last.agent.as_deref());
    let event = Event::new(last.at, Kind::TokenFirstUsed, Actor::System, source.clone());
    store::activity::record(conn, &event.about_token(id.clone()))?;
    Ok(Some(Caller { token: Some(id.clone()), source }))
}
