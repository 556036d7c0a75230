//! Refused requests that are not yet written, in groups: a flood costs bounded memory and rows.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use super::tally::Tally;
use crate::domain::activity::{Event, Kind};
use crate::domain::admin::actor::Actor;
use crate::domain::network::source::{Source, clean_agent};
use crate::domain::requests::Outcome;
use crate::domain::token::LateUse;
use crate::domain::token::refusal::Refusal;
use crate::domain::token::secret::TokenId;
use crate::store::{self, Conn, StoreError};

/// Groups that are counted apart within an hour; further ones are counted together.
const GROUPS: usize = 200;

/// What refused requests are grouped by; no address means various.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct RefusalKey {
    reason: Refusal,
    token: Option<TokenId>,
    from: Option<IpAddr>,
}

/// The refused requests of a group.
#[derive(Debug, Clone)]
pub(super) struct RefusalCount {
    count: u64,
    last_at: DateTime<Utc>,
    last_from: IpAddr,
    agent: Option<String>,
}

/// Refused requests by group.
pub(super) type RefusalCounts = BTreeMap<RefusalKey, RefusalCount>;

/// Counts refused requests.
#[derive(Default)]
pub(super) struct Refusals {
    state: Mutex<RefusalsState>,
}

#[derive(Default)]
struct RefusalsState {
    unwritten: RefusalCounts,
    tally: Tally,
    hour: i64,
    /// The groups that are counted apart in this hour.
    apart: HashSet<RefusalKey>,
}

/// The entries of the activity list in which refusals of an hour are counted.
#[derive(Clone, Default)]
pub(super) struct HourEntries {
    hour: i64,
    ids: HashMap<RefusalKey, i64>,
}

impl Refusals {
    pub(super) fn add(
        &self,
        reason: Refusal,
        token: Option<&TokenId>,
        from: IpAddr,
        agent: Option<&str>,
        now: DateTime<Utc>,
    ) {
        let mut state = self.state();
        state.tally.count((token, from, agent), Outcome::Refused, now);
        let key = RefusalKey { reason, token: token.cloned(), from: Some(from) };
        let key = state.bounded(key, now);
        let group = state.unwritten.entry(key).or_insert_with(|| RefusalCount {
            count: 0,
            last_at: now,
            last_from: from,
            agent: agent.map(clean_agent),
        });
        group.count += 1;
        group.last_at = now;
        group.last_from = from;
    }

    pub(super) fn take(&self) -> (RefusalCounts, Tally) {
        let mut state = self.state();
        (std::mem::take(&mut state.unwritten), std::mem::take(&mut state.tally))
    }

    /// Adds what could not be written to what came since.
    pub(super) fn put_back(&self, (counts, tally): (RefusalCounts, Tally), now: DateTime<Utc>) {
        let mut state = self.state();
        state.tally.absorb(tally);
        for (key, group) in counts {
            let count = group.count;
            let key = state.bounded(key, now);
            let newer = state.unwritten.entry(key).and_modify(|newer| newer.count += count);
            newer.or_insert(group);
        }
    }

    fn state(&self) -> MutexGuard<'_, RefusalsState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RefusalsState {
    /// The group to count in: one without an address once there are too many.
    fn bounded(&mut self, key: RefusalKey, now: DateTime<Utc>) -> RefusalKey {
        if self.hour != hour(now) {
            self.hour = hour(now);
            self.apart.clear();
        }
        if !self.apart.contains(&key) {
            if self.apart.len() >= GROUPS {
                return RefusalKey { from: None, ..key };
            }
            self.apart.insert(key.clone());
        }
        key
    }
}

impl HourEntries {
    /// Whether something was written in the hour of `now`.
    pub(super) const fn are_of(&self, now: DateTime<Utc>) -> bool {
        self.hour == hour(now)
    }

    /// Forgets the entries when another hour has begun.
    pub(super) fn begin(&mut self, now: DateTime<Utc>) {
        if self.hour != hour(now) {
            *self = Self { hour: hour(now), ids: HashMap::new() };
        }
    }

    /// Writes refused requests of a group, into their entry if there is one.
    pub(super) fn write(
        &mut self,
        conn: &mut Conn,
        key: RefusalKey,
        group: RefusalCount,
    ) -> Result<(), StoreError> {
        if let (Refusal::Revoked, Some(id)) = (key.reason, &key.token) {
            let (count, at, from) = (group.count, group.last_at, group.last_from);
            store::tokens::record_late_use(conn, id, &LateUse { count, at, from })?;
        }
        let source = Source { address: key.from, agent: group.agent, ..Source::default() };
        let event = Event::new(group.last_at, Kind::RequestsRefused, Actor::System, source)
            .about(key.reason.code())
            .times(group.count);
        let event = match &key.token {
            Some(id) => event.about_token(id.clone()),
            None => event,
        };
        let id = store::activity::count(conn, self.ids.get(&key).copied(), &event)?;
        self.ids.insert(key, id);
        Ok(())
    }
}

const fn hour(now: DateTime<Utc>) -> i64 {
    now.timestamp().div_euclid(60 * 60)
}
