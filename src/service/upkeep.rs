//! What the server does by itself every minute: writes what clients did, ends the old token, notes
//! that the token has expired, and removes old rows.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use super::old_token;
use super::sessions::login::LOGIN_FAILURES_KEPT;
use super::sessions::{IDLE_LIMIT, Sessions};
use super::usage::Usage;
use super::{Failure, Resources};
use crate::domain::activity::{Event, Kind};
use crate::domain::admin::actor::Actor;
use crate::domain::network::source::Source;
use crate::domain::token::Token;
use crate::domain::token::secret::TokenId;
use crate::store::{self, Conn, Lock, StoreError, Transaction};

/// Rows that one transaction removes: few, so that others do not wait long.
const BATCH: i64 = 500;
/// Old rows are looked for this often, and only if the clock did not jump in between: one that runs ahead
/// once must not empty what is kept.
const PURGE_EVERY: TimeDelta = TimeDelta::hours(1);
/// More than this between two minutes is a jump.
const JUMP: TimeDelta = TimeDelta::days(1);
/// The ids of forms are kept longer than any session lives: a form cannot be sent after that.
const REQUESTS_KEPT: TimeDelta = TimeDelta::days(2);
/// Links are kept for a while after their expiry: their page says what became of them.
const LINKS_KEPT: TimeDelta = TimeDelta::days(30);
/// Revoked and expired API keys are listed for a while.
const KEYS_KEPT: TimeDelta = TimeDelta::days(30);
/// Longer than any challenge can be answered, whatever is done to the clock.
const PASSKEY_TRACES_KEPT: TimeDelta = TimeDelta::days(1);
/// Requests by hour are kept for 13 months, however long these are.
const HOURS_KEPT: TimeDelta = TimeDelta::days(398);
/// Callers are kept for 30 days and the one that has begun.
const CALLERS_KEPT: TimeDelta = TimeDelta::days(31);

/// Removes at most so many rows from before an instant; returns how many.
type Purge = fn(&mut Conn, DateTime<Utc>, i64) -> Result<usize, StoreError>;

/// Keeps the database in order.
#[derive(Clone)]
pub struct Upkeep {
    resources: Resources,
    usage: Arc<Usage>,
    activity_retention: TimeDelta,
    clock: Arc<Mutex<ClockSeen>>,
}

/// What the clock has shown.
struct ClockSeen {
    last: DateTime<Utc>,
    /// Since the last purge, or the last jump.
    steady_since: DateTime<Utc>,
}

impl Upkeep {
    /// Works on `resources`.
    pub fn new(resources: Resources, usage: Arc<Usage>, activity_retention: TimeDelta) -> Self {
        let now = resources.clock.now();
        let clock = Arc::new(Mutex::new(ClockSeen { last: now, steady_since: now }));
        Self { resources, usage, activity_retention, clock }
    }

    /// Does all of it once. What fails is tried again the next time and does not stop the rest; the
    /// first failure is returned.
    pub async fn run_once(&self) -> Result<(), Failure> {
        let now = self.resources.clock.now();
        let written = self.write_usage().await;
        let ended = self.end_old_token().await;
        let noted = self.note_expiry(now).await;
        let noted = self.note_ended_keys(now).await.and(noted);
        let settled = Sessions::new(self.resources.clone()).settle_all().await;
        let purged = self.purge(now).await;
        written.and(ended).and(noted).and(settled).and(purged)
    }

    /// Waits until something happens that is written at once.
    pub async fn wake(&self) {
        self.usage.urgent().await;
    }

    /// Writes what clients did, to the log too; the last thing that a server does.
    pub async fn write_usage(&self) -> Result<(), Failure> {
        self.resources.audit.log_counts();
        self.usage.write().await
    }

    /// Writes what is written at once. A refused request may be the first sign that the old token has
    /// ended.
    pub async fn write_urgent(&self) -> Result<(), Failure> {
        let written = self.write_usage().await;
        written.and(self.end_old_token().await)
    }

    /// Revokes the old token once its time has come, through whichever instance is first.
    async fn end_old_token(&self) -> Result<(), Failure> {
        let now = self.resources.clock.now();
        let store = &self.resources.store;
        if store.read(move |conn| old_token::ended(conn, now)).await?.is_none() {
            return Ok(());
        }
        let ended = store.write(Lock::Tokens, move |conn| {
            Lock::Usage.take(conn)?;
            old_token::end(conn, now)
        });
        ended.await.map_err(|error: StoreError| error.into())
    }

    /// Adds the entry that the token has expired, once, unless it would be removed for its age.
    async fn note_expiry(&self, now: DateTime<Utc>) -> Result<(), Failure> {
        let retention = self.activity_retention;
        if self.resources.store.read(move |conn| unnoted(conn, now, retention)).await?.is_none() {
            return Ok(());
        }
        let write = self.resources.store.write(Lock::Usage, move |conn| {
            // Another instance may have been faster.
            let Some((id, expired_at)) = unnoted(conn, now, retention)? else { return Ok(()) };
            let event =
                Event::new(expired_at, Kind::TokenExpired, Actor::System, Source::default())
                    .about_token(id.clone());
            store::activity::record(conn, &event)?;
            tracing::warn!(token.id = %id, "the SCIM token has expired");
            Ok(())
        });
        write.await.map_err(|error: StoreError| error.into())
    }

    /// Adds the entries that API keys have expired, each once.
    async fn note_ended_keys(&self, now: DateTime<Utc>) -> Result<(), Failure> {
        let unnoted = move |conn: &mut Conn| store::keys::unnoted_expiries(conn, now);
        if self.resources.store.read(unnoted).await?.is_empty() {
            return Ok(());
        }
        let noted = move |conn: &mut Transaction| {
            // Asked again under the lock: another instance may have been faster.
            for key in store::keys::unnoted_expiries(conn, now)? {
                let (at, source) = (key.expires_at, Source::default());
                let event = Event::new(at, Kind::ApiKeyExpired, Actor::System, source)
                    .about(key.name.as_str())
                    .with_detail(key.id.as_str());
                store::activity::record(conn, &event)?;
                store::keys::note_expiry(conn, &key.id)?;
            }
            Ok(())
        };
        let noted = self.resources.store.write(Lock::Usage, noted).await;
        noted.map_err(|error: StoreError| error.into())
    }

    /// Removes what is too old, once an hour.
    async fn purge(&self, now: DateTime<Utc>) -> Result<(), Failure> {
        if !self.may_purge(now) {
            return Ok(());
        }
        let purges: [(Lock, Purge, TimeDelta); 13] = [
            (Lock::Usage, store::purge::activity, self.activity_retention),
            (Lock::Mails, store::purge::mails, self.activity_retention),
            (Lock::Usage, store::purge::request_hours, HOURS_KEPT),
            (Lock::Usage, store::requests::callers::purge, CALLERS_KEPT),
            (Lock::Usage, store::sync::refused::purge, CALLERS_KEPT),
            (Lock::Usage, store::sync::outages::purge, HOURS_KEPT),
            // A session past its absolute limit is no longer touched, and so becomes idle too.
            (Lock::Admins, store::purge::sessions, IDLE_LIMIT),
            (Lock::Admins, store::purge::one_time_links, LINKS_KEPT),
            (Lock::Admins, store::keys::purge, KEYS_KEPT),
            (Lock::Admins, store::purge::login_failures, LOGIN_FAILURES_KEPT),
            (Lock::Admins, store::purge::second_steps, PASSKEY_TRACES_KEPT),
            (Lock::Admins, store::purge::used_challenges, PASSKEY_TRACES_KEPT),
            (Lock::Tokens, store::purge::used_requests, REQUESTS_KEPT),
        ];
        for (lock, purge, kept) in purges {
            self.purge_table(lock, purge, now - kept).await?;
        }
        self.clock_seen().steady_since = now;
        Ok(())
    }

    /// Whether the clock has been steady for long enough.
    fn may_purge(&self, now: DateTime<Utc>) -> bool {
        let mut seen = self.clock_seen();
        if (now - seen.last).abs() > JUMP {
            seen.steady_since = now;
        }
        seen.last = now;
        now - seen.steady_since >= PURGE_EVERY
    }

    async fn purge_table(
        &self,
        lock: Lock,
        purge: Purge,
        cutoff: DateTime<Utc>,
    ) -> Result<(), Failure> {
        let mut removed = BATCH;
        while removed >= BATCH {
            let batch =
                self.resources.store.write(lock, move |conn| purge(conn, cutoff, BATCH)).await;
            let batch = batch.map_err(|error: StoreError| Failure::from(error))?;
            removed = i64::try_from(batch).unwrap_or_default();
        }
        Ok(())
    }

    fn clock_seen(&self) -> MutexGuard<'_, ClockSeen> {
        self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The unrevoked token, if it has expired and no entry says so.
fn unnoted(
    conn: &mut Conn,
    now: DateTime<Utc>,
    retention: TimeDelta,
) -> Result<Option<(TokenId, DateTime<Utc>)>, StoreError> {
    let history = store::tokens::history(conn)?;
    let expired = history.unrevoked().filter(|token| {
        let age = now - token.expires_at;
        age >= TimeDelta::zero() && age < retention
    });
    match expired {
        Some(Token { id, expires_at, .. })
            if !store::activity::exists(conn, Kind::TokenExpired, id, *expires_at)? =>
        {
            Ok(Some((id.clone(), *expires_at)))
        }
        _ => Ok(None),
    }
}
