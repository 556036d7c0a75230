//! Refused requests that are not yet written, in groups: a flood costs bounded memory and rows.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet, hash_map};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;

use super::tally::Tally;
use crate::domain::activity::{Event, Kind};
use crate::domain::admin::actor::Actor;
use crate::domain::network::source::{Source, clean_agent};
use crate::domain::network::source_network;
use crate::domain::requests::Outcome;
use crate::domain::token::LateUse;
use crate::domain::token::refusal::Refusal;
use crate::domain::token::secret::TokenId;
use crate::store::{self, Conn, StoreError};

/// Groups that are counted apart within an hour; further ones are counted together.
const GROUPS: usize = 200;
/// A refusal is written at once unless one of its kind was so shortly before.
const URGENT_EVERY: TimeDelta = TimeDelta::minutes(1);

/// A clock that jumps by more hours than this was wrong.
const LONGEST_RUN: i64 = 31 * 24;

/// A request that is refused.
#[derive(Debug, Clone, Copy)]
pub struct RefusedRequest<'a> {
    /// Why.
    pub reason: Refusal,
    /// The id it carried, if such a token exists.
    pub known: Option<&'a TokenId>,
    /// Whether what it presents begins like one of our tokens.
    pub looks_like_ours: bool,
}

/// What refused requests are grouped by; no network means various.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct RefusalKey {
    pub(super) reason: Refusal,
    pub(super) token: Option<TokenId>,
    network: Option<IpAddr>,
    pub(super) looks_like_ours: bool,
}

/// The refused requests of a group.
#[derive(Debug, Clone)]
pub(super) struct RefusalCount {
    count: u64,
    last_at: DateTime<Utc>,
    last_from: IpAddr,
    pub(super) agent: Option<String>,
    /// Those before the last accepted request.
    before: Option<Stretch>,
    /// Those after it.
    after: Stretch,
    /// How many requests had been accepted before those.
    accepted: u64,
}

/// Refused requests without an accepted one between them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    pub(super) count: u64,
    pub(super) first_at: DateTime<Utc>,
    pub(super) last_at: DateTime<Utc>,
}

impl Stretch {
    const fn at(now: DateTime<Utc>) -> Self {
        Self { count: 0, first_at: now, last_at: now }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            count: self.count.saturating_add(other.count),
            first_at: self.first_at.min(other.first_at),
            last_at: self.last_at.max(other.last_at),
        }
    }
}

impl RefusalCount {
    fn add(&mut self, from: IpAddr, accepted: u64, now: DateTime<Utc>) {
        if self.accepted != accepted {
            self.before = Some(self.before.map_or(self.after, |before| before.plus(self.after)));
            (self.after, self.accepted) = (Stretch::at(now), accepted);
        }
        self.after = self.after.plus(Stretch { count: 1, ..Stretch::at(now) });
        self.count += 1;
        (self.last_at, self.last_from) = (now, from);
    }

    /// Puts an older count of the same group before this one.
    fn put_before(&mut self, older: &Self) {
        self.count += older.count;
        let (before, after) = older.stretches(self.accepted);
        if let Some(after) = after {
            self.after = after.plus(self.after);
        }
        self.before = [before, self.before].into_iter().flatten().reduce(Stretch::plus);
    }

    /// An address of the group; none if it stands for various.
    pub(super) fn address(&self, key: &RefusalKey) -> Option<IpAddr> {
        key.network.map(|_| self.last_from)
    }

    /// Those before the last of `accepted` accepted requests, and those after it.
    pub(super) fn stretches(&self, accepted: u64) -> (Option<Stretch>, Option<Stretch>) {
        if self.accepted >= accepted {
            return (self.before, Some(self.after));
        }
        (Some(self.before.map_or(self.after, |before| before.plus(self.after))), None)
    }
}

/// Refused requests by group.
pub(super) type RefusalCounts = BTreeMap<RefusalKey, RefusalCount>;

/// Counts refused requests.
#[derive(Default)]
pub(super) struct Refusals {
    state: Mutex<RefusalsState>,
    urgent: Notify,
}

#[derive(Default)]
struct RefusalsState {
    unwritten: RefusalCounts,
    tally: Tally,
    hour: i64,
    /// The groups that are counted apart in this hour.
    apart: HashSet<RefusalKey>,
    /// When refusals of a kind were last written at once.
    urgent_at: HashMap<(Refusal, Option<TokenId>), DateTime<Utc>>,
}

/// The entries of the activity list in which refusals of an hour are counted.
#[derive(Clone, Default)]
pub(super) struct HourEntries {
    hour: i64,
    ids: HashMap<RefusalKey, i64>,
}

impl Refusals {
    /// Adds a request that was refused after `accepted` accepted ones; says whether it is the first of
    /// its kind for a minute, and so is written at once.
    pub(super) fn add(
        &self,
        request: RefusedRequest<'_>,
        (from, agent): (IpAddr, Option<&str>),
        accepted: u64,
        now: DateTime<Utc>,
    ) -> bool {
        let RefusedRequest { reason, known, looks_like_ours } = request;
        let mut state = self.state();
        state.tally.count((known, from, agent), Outcome::Refused, now);
        let network = Some(source_network(from));
        let key = RefusalKey { reason, token: known.cloned(), network, looks_like_ours };
        let key = state.bounded(key, now);
        let group = state.unwritten.entry(key).or_insert_with(|| RefusalCount {
            count: 0,
            last_at: now,
            last_from: from,
            agent: agent.map(clean_agent),
            before: None,
            after: Stretch::at(now),
            accepted,
        });
        group.add(from, accepted, now);
        let is_urgent = state.is_urgent(reason, known, now);
        if is_urgent {
            self.urgent.notify_one();
        }
        is_urgent
    }

    /// Waits until there is something to be written at once.
    pub(super) async fn urgent(&self) {
        self.urgent.notified().await;
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
            let key = state.bounded(key, now);
            match state.unwritten.entry(key) {
                Entry::Occupied(newer) => newer.into_mut().put_before(&group),
                Entry::Vacant(place) => drop(place.insert(group)),
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, RefusalsState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RefusalsState {
    /// The group to count in: one without a network once there are too many.
    fn bounded(&mut self, key: RefusalKey, now: DateTime<Utc>) -> RefusalKey {
        if self.hour != hour(now) {
            self.hour = hour(now);
            self.apart.clear();
            self.urgent_at.clear();
        }
        if !self.apart.contains(&key) {
            if self.apart.len() >= GROUPS {
                return RefusalKey { network: None, ..key };
            }
            self.apart.insert(key.clone());
        }
        key
    }
}

impl RefusalsState {
    /// What is refused again and again is written with the rest, once a minute.
    fn is_urgent(&mut self, reason: Refusal, token: Option<&TokenId>, now: DateTime<Utc>) -> bool {
        let last = self.urgent_at.entry((reason, token.cloned()));
        match last {
            hash_map::Entry::Occupied(mut last) if (now - *last.get()).abs() >= URGENT_EVERY => {
                last.insert(now);
                true
            }
            hash_map::Entry::Occupied(_) => false,
            hash_map::Entry::Vacant(place) => {
                place.insert(now);
                true
            }
        }
    }
}

impl HourEntries {
    /// Whether something was written in the hour of `now`.
    pub(super) const fn are_of(&self, now: DateTime<Utc>) -> bool {
        self.hour == hour(now)
    }

    /// Forgets the entries when another hour has begun; returns the hours in which this process ran
    /// since the last time. It did so in all of them, even if the clock was set meanwhile.
    pub(super) fn begin(&mut self, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let now = hour(now);
        if self.hour == now {
            return Vec::new();
        }
        let is_known = self.hour != 0 && (1..=LONGEST_RUN).contains(&(now - self.hour));
        let first = if is_known { self.hour + 1 } else { now };
        *self = Self { hour: now, ids: HashMap::new() };
        (first..=now).filter_map(|hour| DateTime::from_timestamp(hour * 60 * 60, 0)).collect()
    }

    /// Writes refused requests of a group, into their entry if there is one.
    pub(super) fn write(
        &mut self,
        conn: &mut Conn,
        key: RefusalKey,
        group: RefusalCount,
    ) -> Result<(), StoreError> {
        if let (Refusal::Replaced | Refusal::Revoked, Some(id)) = (key.reason, &key.token) {
            let (count, at, from) = (group.count, group.last_at, group.last_from);
            store::tokens::uses::record_late(conn, id, &LateUse { count, at, from })?;
        }
        let address = group.address(&key);
        let source = Source { address, agent: group.agent, ..Source::default() };
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
