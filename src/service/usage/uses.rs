//! What clients do: last use and refused requests, kept in memory and written once a minute.
//!
//! Nothing is written on the request path. Only the first use of a token in a process is written at
//! once, so that the page knows within a second that the identity provider has switched.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::Notify;

use super::counters::{Counters, Counts};
use crate::domain::activity::{Event, Kind};
use crate::domain::admin::actor::Actor;
use crate::domain::network::source::{Source, clean_agent};
use crate::domain::token::refusal::Refusal;
use crate::domain::token::secret::TokenId;
use crate::domain::token::{LastUse, LateUse};
use crate::service::{Failure, Resources};
use crate::store::{self, Conn, Lock, StoreError};

/// Refusals of a group within so many seconds become one entry of the activity list.
const SPAN: i64 = 60 * 60;
/// Different groups of refusals that are counted apart in that time; further ones are counted
/// together, so that a flood costs bounded memory and bounded rows.
const GROUPS: usize = 200;

/// Counts uses and refusals.
pub struct Usage {
    resources: Resources,
    pending: Mutex<Pending>,
    /// Held while something is written, so that whoever has waited for a write knows that everything
    /// before it is stored.
    writing: tokio::sync::Mutex<Entries>,
    /// Tokens whose first use in this process was handed out for writing.
    seen: Mutex<HashSet<TokenId>>,
    first_use: Notify,
    counters: Counters,
}

#[derive(Default)]
struct Pending {
    uses: HashMap<TokenId, LastUse>,
    refusals: BTreeMap<Group, Refused>,
    /// The groups that are counted apart in this span.
    apart: HashSet<Group>,
    span: i64,
}

impl Pending {
    /// The group to count in: when there are too many already, one without an address.
    fn bounded(&mut self, group: Group, now: DateTime<Utc>) -> Group {
        if self.span != span(now) {
            self.span = span(now);
            self.apart.clear();
        }
        if !self.apart.contains(&group) {
            if self.apart.len() >= GROUPS {
                return Group { from: None, ..group };
            }
            self.apart.insert(group.clone());
        }
        group
    }
}

/// The entries in which refusals of this span are counted.
#[derive(Default)]
struct Entries {
    span: i64,
    ids: HashMap<Group, i64>,
}

const fn span(now: DateTime<Utc>) -> i64 {
    now.timestamp().div_euclid(SPAN)
}

/// What refused requests are grouped by; no address stands for "various".
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Group {
    reason: Refusal,
    token: Option<TokenId>,
    from: Option<IpAddr>,
}

#[derive(Debug, Clone)]
struct Refused {
    count: u64,
    last_at: DateTime<Utc>,
    last_from: IpAddr,
    agent: Option<String>,
}

impl Usage {
    /// Works on `resources`.
    pub fn new(resources: Resources) -> Self {
        Self {
            resources,
            pending: Mutex::default(),
            writing: tokio::sync::Mutex::default(),
            seen: Mutex::default(),
            first_use: Notify::new(),
            counters: Counters::default(),
        }
    }

    /// Counts an accepted token. Its first use in this process is written at once, in the
    /// background.
    pub fn accepted(&self, id: &TokenId, from: IpAddr, agent: Option<&str>, now: DateTime<Utc>) {
        self.counters.count_accepted();
        {
            let mut pending = lock(&self.pending);
            if let Some(last) = pending.uses.get_mut(id) {
                last.at = now;
                last.from = from;
                if last.agent.as_deref() != agent {
                    last.agent = agent.map(clean_agent);
                }
                return;
            }
            let agent = agent.map(clean_agent);
            pending.uses.insert(id.clone(), LastUse { at: now, from, agent });
        }
        if lock(&self.seen).insert(id.clone()) {
            self.first_use.notify_one();
        }
    }

    /// Counts a request about which nothing could be decided.
    pub fn undecided(&self) {
        self.counters.count_undecided();
    }

    /// The counts for monitoring.
    pub fn counts(&self) -> Counts {
        self.counters.read()
    }

    /// Waits until a token was used for the first time in this process.
    pub async fn first_use(&self) {
        self.first_use.notified().await;
    }

    /// Counts a refused request; `token` is the id it carried if such a token exists.
    pub fn refused(
        &self,
        reason: Refusal,
        token: Option<&TokenId>,
        from: IpAddr,
        agent: Option<&str>,
    ) {
        self.counters.count_refused(reason);
        let now = self.resources.clock.now();
        let mut pending = lock(&self.pending);
        let group = Group { reason, token: token.cloned(), from: Some(from) };
        let group = pending.bounded(group, now);
        let refused = pending.refusals.entry(group).or_insert_with(|| Refused {
            count: 0,
            last_at: now,
            last_from: from,
            agent: agent.map(clean_agent),
        });
        refused.count += 1;
        refused.last_at = now;
        refused.last_from = from;
    }

    /// Writes what has gathered; called every minute, at shutdown and after a first use. What
    /// cannot be written is kept for the next time.
    pub async fn write(&self) -> Result<(), Failure> {
        let mut entries = self.writing.lock().await;
        let (uses, refusals) = {
            let mut pending = lock(&self.pending);
            (std::mem::take(&mut pending.uses), std::mem::take(&mut pending.refusals))
        };
        if uses.is_empty() && refusals.is_empty() {
            return Ok(());
        }
        let span = span(self.resources.clock.now());
        if entries.span != span {
            *entries = Entries { span, ids: HashMap::new() };
        }
        let (kept_uses, kept_refusals) = (uses.clone(), refusals.clone());
        let mut ids = entries.ids.clone();
        let written = self
            .resources
            .store
            .write(Lock::Usage, move |conn| {
                uses.iter().try_for_each(|(id, last)| record_use(conn, id, last))?;
                for (group, refused) in refusals {
                    let id = record_refusal(conn, &group, &refused, ids.get(&group).copied())?;
                    ids.insert(group, id);
                }
                Ok(ids)
            })
            .await;
        match written {
            Ok(ids) => {
                entries.ids = ids;
                Ok(())
            }
            Err(error) => {
                self.put_back(kept_uses, kept_refusals);
                Err(StoreError::into(error))
            }
        }
    }

    fn put_back(&self, uses: HashMap<TokenId, LastUse>, refusals: BTreeMap<Group, Refused>) {
        let now = self.resources.clock.now();
        let mut pending = lock(&self.pending);
        for (id, last) in uses {
            pending.uses.entry(id).or_insert(last);
        }
        for (group, refused) in refusals {
            let count = refused.count;
            let group = pending.bounded(group, now);
            pending
                .refusals
                .entry(group)
                .and_modify(|newer| newer.count += count)
                .or_insert(refused);
        }
    }
}

fn record_use(conn: &mut Conn, id: &TokenId, last: &LastUse) -> Result<(), StoreError> {
    if store::tokens::record_use(conn, id, last)? {
        let source = Source { address: Some(last.from), agent: last.agent.clone() };
        let event = Event::new(last.at, Kind::TokenFirstUsed, Actor::System, source);
        store::activity::record(conn, &event.about_token(id.clone()))?;
    }
    Ok(())
}

/// Writes refusals, into their entry if there is one; returns its key.
fn record_refusal(
    conn: &mut Conn,
    group: &Group,
    refused: &Refused,
    entry: Option<i64>,
) -> Result<i64, StoreError> {
    if let (Refusal::Revoked, Some(id)) = (group.reason, &group.token) {
        let (count, at, from) = (refused.count, refused.last_at, refused.last_from);
        store::tokens::record_late_use(conn, id, &LateUse { count, at, from })?;
    }
    let source = Source { address: group.from, agent: refused.agent.clone() };
    let event = Event::new(refused.last_at, Kind::RequestsRefused, Actor::System, source)
        .about(group.reason.code())
        .times(refused.count);
    let event = match &group.token {
        Some(id) => event.about_token(id.clone()),
        None => event,
    };
    store::activity::count(conn, entry, &event)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
