//! Whether sync works: gathers what `domain::sync` decides by.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::network::source_network;
use crate::domain::requests::hour;
use crate::domain::requests::hours::{pauses, running_time};
use crate::domain::sync::refused::{RefusedGroup, RefusedRequests};
use crate::domain::sync::silence::{MEMORY, Rhythm, SilenceRule, longest_pause};
use crate::domain::sync::{self, Connection, PATIENCE, SyncHealth};
use crate::domain::token::{TokenHistory, TokenStatus};
use crate::store::sync::refused::StoredGroup;
use crate::store::{self, Conn, StoreError};

/// A source that was accepted within this time is known.
const SOURCES_KNOWN_FOR: TimeDelta = TimeDelta::days(30);

/// What is configured about silence, and what was learnt of the connection.
#[derive(Debug, Clone, Default)]
pub struct Silence {
    /// The rule.
    pub rule: SilenceRule,
    /// Every page asks, and what is usual changes only with an hour in which a request is accepted.
    learnt: Arc<Mutex<Option<Learnt>>>,
}

/// What is usual on the connection, as of an hour in which a request was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Learnt {
    hour: DateTime<Utc>,
    longest_pause: TimeDelta,
    /// From the first accepted request to the last one.
    known: TimeDelta,
}

impl Silence {
    /// Watches for silence by this rule.
    pub fn new(rule: SilenceRule) -> Self {
        Self { rule, learnt: Arc::default() }
    }

    fn learnt(&self) -> MutexGuard<'_, Option<Learnt>> {
        self.learnt.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether sync works, with what that follows from.
#[derive(Debug, Clone)]
pub struct SyncState {
    /// The state; none before the first token.
    pub health: Option<SyncHealth>,
    /// What is known of the connection.
    pub connection: Connection,
    /// What is configured about silence.
    pub rule: SilenceRule,
}

impl SyncState {
    pub(super) fn load(
        conn: &mut Conn,
        history: &TokenHistory,
        silence: &Silence,
        now: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        let last = store::tokens::last_used(conn)?.and_then(|token| token.last_use);
        let rhythm = match &last {
            Some(last) => rhythm(conn, silence, last.at, now)?,
            None => Rhythm::default(),
        };
        let connection = Connection { last, refused: refused(conn, history, now)?, rhythm };
        let health = sync::health(history, &connection, silence.rule, now);
        Ok(Self { health, connection, rule: silence.rule })
    }
}

/// How long it is quiet, and what is usual.
fn rhythm(
    conn: &mut Conn,
    silence: &Silence,
    last_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Rhythm, StoreError> {
    let known = *silence.learnt();
    let learnt = match known.filter(|learnt| learnt.hour == hour(last_at)) {
        Some(learnt) => learnt,
        None => *silence.learnt().insert(learn(conn, last_at)?),
    };
    let since = store::requests::hours::since(conn, hour(last_at))?;
    let quiet = running_time(&since, last_at, now);
    Ok(Rhythm {
        quiet: Some(quiet),
        longest_pause: learnt.longest_pause,
        known: learnt.known + quiet,
    })
}

/// Looks at the hours before the last accepted request.
fn learn(conn: &mut Conn, last_at: DateTime<Utc>) -> Result<Learnt, StoreError> {
    // The pause before the first of them is as long as it is.
    let from = store::requests::hours::accepted_before(conn, hour(last_at - MEMORY))?;
    let hours = store::requests::hours::since(conn, from.unwrap_or(hour(last_at - MEMORY)))?;
    let outages = store::sync::outages::since(conn, last_at - MEMORY)?;
    let told = outages.iter().filter(|(_, outage)| outage.is_told);
    let told: Vec<_> = told.map(|(_, outage)| (outage.began_at, outage.ended_at)).collect();
    let known = match store::requests::hours::first_accepted(conn)? {
        Some(first) => store::requests::hours::count(conn, first, hour(last_at))?,
        None => 0,
    };
    Ok(Learnt {
        hour: hour(last_at),
        longest_pause: longest_pause(pauses(&hours), &told),
        known: TimeDelta::hours(known),
    })
}

/// What was refused since the last accepted request.
fn refused(
    conn: &mut Conn,
    history: &TokenHistory,
    now: DateTime<Utc>,
) -> Result<RefusedRequests, StoreError> {
    let mut stored = store::sync::refused::open(conn, now - PATIENCE)?;
    name_sources(conn, &mut stored, now)?;
    let period = period(history, now);
    let (open, ended): (Vec<_>, Vec<_>) =
        stored.into_iter().partition(|stored| stored.ended_at.is_none());
    let before = ended.iter().filter(|stored| stored.group.is_fault());
    let before_at = before.map(|stored| stored.group.last_at).max();
    let open = open.into_iter().filter(|stored| stored.period == period);
    let groups: Vec<RefusedGroup> = open.map(|stored| stored.group).collect();
    Ok(RefusedRequests { groups, before_at })
}

/// Says of which groups the source is known.
pub(super) fn name_sources(
    conn: &mut Conn,
    stored: &mut [StoredGroup],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if stored.is_empty() {
        return Ok(());
    }
    let known = store::requests::callers::accepted_addresses(conn, now - SOURCES_KNOWN_FOR)?;
    let known: HashSet<_> = known.into_iter().map(source_network).collect();
    for StoredGroup { group, .. } in stored {
        group.is_known_source =
            group.from.is_some_and(|from| known.contains(&source_network(from)));
    }
    Ok(())
}

/// When the present state of the tokens began: refusals are listed from then on.
pub(super) fn period(history: &TokenHistory, now: DateTime<Utc>) -> DateTime<Utc> {
    let Some(token) = &history.newest else { return DateTime::UNIX_EPOCH };
    match &token.revocation {
        Some(end) => end.at,
        None if token.status(now) == TokenStatus::Active => token.generated_at,
        None => token.expires_at,
    }
}
