//! Uses of tokens that are not yet written.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::Notify;

use super::tally::Tally;
use crate::domain::activity::{Event, Kind};
use crate::domain::admin::actor::Actor;
use crate::domain::network::source::{Source, clean_agent};
use crate::domain::requests::Outcome;
use crate::domain::requests::callers::Caller;
use crate::domain::token::LastUse;
use crate::domain::token::secret::TokenId;
use crate::store::{self, StoreError, Transaction};

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
    /// Tokens that were used in this process.
    seen: HashSet<TokenId>,
}

impl Uses {
    pub(super) fn add(&self, id: &TokenId, from: IpAddr, agent: Option<&str>, now: DateTime<Utc>) {
        let mut state = self.state();
        state.tally.count((Some(id), from, agent), Outcome::Accepted, now);
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
        if state.seen.insert(id.clone()) {
            self.first.notify_one();
        }
    }

    /// Waits until a token is used for the first time in this process.
    pub(super) async fn first(&self) {
        self.first.notified().await;
    }

    pub(super) fn take(&self) -> (HashMap<TokenId, LastUse>, Tally) {
        let mut state = self.state();
        (std::mem::take(&mut state.unwritten), std::mem::take(&mut state.tally))
    }

    /// Keeps what could not be written, unless there is something newer.
    pub(super) fn put_back(&self, (uses, tally): (HashMap<TokenId, LastUse>, Tally)) {
        let mut state = self.state();
        state.tally.absorb(tally);
        for (id, last) in uses {
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
) -> Result<Option<Caller>, StoreError> {
    if !store::tokens::record_use(conn, id, last)? {
        return Ok(None);
    }
    let source = Source::new(last.from, last.agent.as_deref());
    let event = Event::new(last.at, Kind::TokenFirstUsed, Actor::System, source.clone());
    store::activity::record(conn, &event.about_token(id.clone()))?;
    Ok(Some(Caller { token: Some(id.clone()), source }))
}
