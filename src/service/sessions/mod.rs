//! Staying signed in: 30 minutes idle, 12 hours in all, and ended on the server.
//!
//! A session id is a random text that only the browser holds; the database holds its digest.

pub(super) mod delay;
pub mod login;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::spawn;
use tokio::time::timeout;

use super::{Failure, Resources};
use crate::domain::activity::{Event, Kind};
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::actor::Actor;
use crate::domain::admin::code::{Digest, SecretCode};
use crate::domain::admin::person::AdminId;
use crate::domain::base62;
use crate::domain::network::source::Source;
pub use crate::store::people::sessions::Session;
use crate::store::{self, Lock, StoreError};

/// A session ends when it was not used for this long.
pub const IDLE_LIMIT: TimeDelta = TimeDelta::minutes(30);
/// A session ends this long after the login, used or not.
pub const ABSOLUTE_LIMIT: TimeDelta = TimeDelta::hours(12);
/// `last seen` is written at most this often.
const TOUCH_EVERY: TimeDelta = TimeDelta::minutes(1);
/// A page waits this long for that.
const TOUCH_PATIENCE: Duration = Duration::from_secs(1);
/// What the key that signs cookies is stored under.
const COOKIE_KEY: &str = "cookie_key";

/// Keeps sessions.
#[derive(Clone)]
pub struct Sessions {
    resources: Resources,
}

/// A session that is still good, and whose it is.
#[derive(Debug, Clone)]
pub struct Current {
    /// The session.
    pub session: Session,
    /// Its owner, who is active.
    pub admin: ServerAdmin,
}

impl Sessions {
    /// Works on `resources`.
    pub const fn new(resources: Resources) -> Self {
        Self { resources }
    }

    /// The 64 bytes that sign session cookies: made at the first start, the same for all instances.
    ///
    /// # Errors
    /// [`Failure`] when the database fails.
    pub async fn cookie_key(&self) -> Result<Vec<u8>, Failure> {
        let fresh = base62::random::<64>(|bytes| self.resources.entropy.fill(bytes));
        let key = self
            .resources
            .store
            .write(Lock::Admins, move |conn| {
                store::settings::get_or_insert(conn, COOKIE_KEY, &fresh)
            })
            .await
            .map_err(|error: StoreError| Failure::from(error))?;
        Ok(key.into_bytes())
    }

    /// Begins a session and returns its id, which only the browser may keep.
    ///
    /// # Errors
    /// [`Failure`] when the database fails.
    pub async fn begin(
        &self,
        admin: AdminId,
        state: String,
        source: Source,
    ) -> Result<SecretCode, Failure> {
        let now = self.resources.clock.now();
        let id = SecretCode::generate(|bytes| self.resources.entropy.fill(bytes));
        let digest = id.digest();
        self.resources
            .store
            .write(Lock::Admins, move |conn| {
                store::people::sessions::insert(conn, &digest, admin, &state, &source, now)
            })
            .await
            .map_err(|error: StoreError| Failure::from(error))?;
        Ok(id)
    }

    /// The session with this id, if it has not ended and its admin is active.
    ///
    /// # Errors
    /// [`Failure`] when the database fails.
    pub async fn find(&self, id: &SecretCode) -> Result<Option<Current>, Failure> {
        let now = self.resources.clock.now();
        let digest = id.digest();
        let found = self
            .resources
            .store
            .read(move |conn| {
                let Some(session) = store::people::sessions::by_digest(conn, &digest)? else {
                    return Ok(None);
                };
                Ok(store::people::admins::by_id(conn, session.admin)?.map(|admin| (session, admin)))
            })
            .await?;
        let Some((session, admin)) = found else { return Ok(None) };
        let ended =
            now >= session.last_seen_at + IDLE_LIMIT || now >= session.created_at + ABSOLUTE_LIMIT;
        if ended || !admin.active {
            return Ok(None);
        }
        if now >= session.last_seen_at + TOUCH_EVERY {
            self.touch(session.digest.clone(), now).await;
        }
        Ok(Some(Current { session, admin }))
    }

    /// Notes that a session is in use. Nobody needs to know before the page is shown: while others
    /// change the database it is noted later.
    async fn touch(&self, digest: Digest, now: DateTime<Utc>) {
        let store = self.resources.store.clone();
        let touched = spawn(async move {
            let touch =
                move |conn: &mut store::Conn| store::people::sessions::touch(conn, &digest, now);
            if let Err(error) = store.write(Lock::Admins, touch).await {
                let error: StoreError = error;
                tracing::warn!(%error, "it was not noted that a session is in use");
            }
        });
        let _ = timeout(TOUCH_PATIENCE, touched).await;
    }

    /// Changes what a session holds; says whether it still existed.
    ///
    /// # Errors
    /// [`Failure`] when the database fails.
    pub async fn set_state(&self, id: &SecretCode, state: String) -> Result<bool, Failure> {
        let digest = id.digest();
        self.resources
            .store
            .write(Lock::Admins, move |conn| {
                store::people::sessions::set_state(conn, &digest, &state)
            })
            .await
            .map_err(|error: StoreError| error.into())
    }

    /// Ends the session with this id.
    ///
    /// # Errors
    /// [`Failure`] when the database fails.
    pub async fn end(&self, id: &SecretCode) -> Result<(), Failure> {
        let digest = id.digest();
        self.resources
            .store
            .write(Lock::Admins, move |conn| store::people::sessions::delete(conn, &digest))
            .await
            .map_err(|error: StoreError| error.into())
    }

    /// Records that somebody logged out. Ending the session is the cookie layer's part.
    ///
    /// # Errors
    /// [`Failure`] when the database fails.
    pub async fn record_logout(&self, by: Actor, from: Source) -> Result<(), Failure> {
        let event = Event::new(self.resources.clock.now(), Kind::LoggedOut, by, from);
        self.resources
            .store
            .write(Lock::Admins, move |conn| store::activity::record(conn, &event))
            .await
            .map_err(|error: StoreError| error.into())
    }

    /// The sessions of an admin that have not ended, the most recently used first.
    ///
    /// # Errors
    /// [`Failure`] when the database fails.
    pub async fn of_admin(&self, admin: AdminId) -> Result<Vec<Session>, Failure> {
        let now = self.resources.clock.now();
        let sessions = self
            .resources
            .store
            .read(move |conn| store::people::sessions::of_admin(conn, admin))
            .await?;
        let lives = |session: &Session| {
            now < session.last_seen_at + IDLE_LIMIT && now < session.created_at + ABSOLUTE_LIMIT
        };
        Ok(sessions.into_iter().filter(lives).collect())
    }

    /// Ends one session of an admin, named by its digest; says whether there was one.
    ///
    /// # Errors
    /// [`Failure`] when the database fails.
    pub async fn end_of(
        &self,
        admin: &ServerAdmin,
        digest: Digest,
        from: Source,
    ) -> Result<bool, Failure> {
        let now = self.resources.clock.now();
        let event = Event::new(now, Kind::SessionEnded, admin.actor(), from);
        let admin = admin.id;
        self.resources
            .store
            .write(Lock::Admins, move |conn| {
                let session = store::people::sessions::by_digest(conn, &digest)?;
                let is_theirs = session.is_some_and(|session| session.admin == admin);
                if is_theirs {
                    store::people::sessions::delete(conn, &digest)?;
                    store::activity::record(conn, &event)?;
                }
                Ok(is_theirs)
            })
            .await
            .map_err(|error: StoreError| error.into())
    }
}
