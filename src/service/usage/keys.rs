//! Uses of API keys that are not yet written: the last one of each.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::Notify;

use crate::domain::keys::secret::KeyId;
use crate::domain::network::source::clean_agent;
use crate::domain::token::LastUse;
use crate::store::{self, Conn, StoreError};

/// The last use of each key.
#[derive(Default)]
pub(super) struct KeyUses {
    state: Mutex<State>,
    first: Notify,
}

#[derive(Default)]
struct State {
    unwritten: HashMap<KeyId, LastUse>,
    /// Keys that were used in this process.
    seen: HashSet<KeyId>,
}

impl KeyUses {
    pub(super) fn add(&self, id: &KeyId, from: IpAddr, agent: Option<&str>, now: DateTime<Utc>) {
        let mut state = self.state();
        let agent = agent.map(clean_agent);
        state.unwritten.insert(id.clone(), LastUse { at: now, from, agent });
        if state.seen.insert(id.clone()) {
            self.first.notify_one();
        }
    }

    /// Waits until a key is used for the first time in this process.
    pub(super) async fn first(&self) {
        self.first.notified().await;
    }

    pub(super) fn take(&self) -> HashMap<KeyId, LastUse> {
        std::mem::take(&mut self.state().unwritten)
    }

    /// Keeps what could not be written, unless there is something newer.
    pub(super) fn put_back(&self, uses: HashMap<KeyId, LastUse>) {
        let mut state = self.state();
        for (id, last) in uses {
            state.unwritten.entry(id).or_insert(last);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes them.
pub(super) fn write(
    conn: &mut Conn,
    uses: &HashMap<KeyId, LastUse>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    uses.iter().try_for_each(|(id, last)| store::keys::record_use(conn, id, last, now))
}
