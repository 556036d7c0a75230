//! Staying signed in: 30 minutes idle, 12 hours in all, and ended on the server.
//!
//! A session id is a random text that only the browser holds; the database holds its digest.

pub(super) mod attempt;
mod delay;
pub mod devices;
pub mod ending;
pub(super) mod failed;
pub(super) mod failures;
pub(super) mod limits;
pub mod login;
mod turns;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::spawn;
use tokio::time::timeout;

pub use self::limits::{IDLE_LIMIT, is_proven};
use self::limits::{began_and_proven_at, is_open, is_within_limits};
use super::authority::Authorized;
use super::{Failure, Resources};
use crate::domain::activity::Kind;
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::actor::Author;
use crate::domain::admin::code::{Digest, SecretCode, SessionId};
use crate::domain::admin::passkey::Proof;
use crate::domain::admin::person::AdminId;
use crate::domain::base62;
use crate::domain::network::source::Source;
pub use crate::store::people::sessions::Session;
use crate::store::{self, Conn, Lock, StoreError, Transaction};

/// `last seen` is written at most this often.
const TOUCH_EVERY: TimeDelta = TimeDelta::minutes(1);
/// A page waits this long for that.
const TOUCH_PATIENCE: Duration = Duration::from_secs(1);
/// What a session holds before the pages keep something in it.
const NO_STATE: &str = "{}";
/// The setting that holds the key of the cookies.
const COOKIE_KEY: &str = "cookie_key";

/// Keeps sessions.
#[derive(Clone)]
pub struct Sessions {
    resources: Resources,
}

impl Sessions {
    /// Works on `resources`.
    pub const fn new(resources: Resources) -> Self {
        Self { resources }
    }

    /// The 64 bytes that sign session cookies: made at the first start, the same for all instances.
    pub async fn cookie_key(&self) -> Result<Vec<u8>, Failure> {
        let stored =
            self.resources.store.read(|conn| store::settings::get(conn, COOKIE_KEY)).await?;
        if let Some(key) = stored {
            return Ok(key.into_bytes());
        }
        let fresh = base62::random::<64>(|bytes| self.resources.entropy.fill(bytes));
        let insert =
            move |conn: &mut Transaction| store::settings::get_or_insert(conn, COOKIE_KEY, &fresh);
        Ok(self.write(insert).await?.into_bytes())
    }

    /// Begins a session of an admin as they were read, and returns its id, which only the browser
    /// may keep.
    ///
    /// # Errors
    /// [`Failure::SessionEnded`] if they have another password by now, or were deactivated.
    pub async fn begin(&self, admin: ServerAdmin, source: Source) -> Result<SessionId, Failure> {
        let now = self.resources.clock.now();
        let id = self.resources.session_id();
        let digest = id.digest();
        let begun = self
            .write(move |conn| begin(conn, &digest, &admin, &source, Proof::Password, now))
            .await?;
        if begun { Ok(id) } else { Err(Failure::SessionEnded) }
    }

    /// The session with this id and its admin, if it has not ended and the admin is active. `extends`
    /// says whether that keeps it from becoming idle.
    pub async fn find(
        &self,
        id: &SessionId,
        extends: bool,
    ) -> Result<Option<(Session, ServerAdmin)>, Failure> {
        let now = self.resources.clock.now();
        let digest = id.digest();
        let found = self
            .resources
            .store
            .read(move |conn| store::people::sessions::with_admin(conn, &digest))
            .await?;
        let Some((session, admin)) = found else { return Ok(None) };
        let has_ended = !is_within_limits(&session, now);
        let is_touched = extends && (now - session.last_seen_at).abs() >= TOUCH_EVERY;
        if has_ended || is_touched {
            self.settle(session.digest.clone(), now).await;
        }
        Ok(is_open(&session, &admin, now).then_some((session, admin)))
    }

    /// Notes that a session is in use or has ended. Nobody needs to know before the page is shown: while
    /// others change the database it is noted later.
    async fn settle(&self, digest: Digest, now: DateTime<Utc>) {
        let sessions = self.clone();
        let settled = spawn(async move {
            let settle = move |conn: &mut Transaction| settle(conn, &digest, now);
            if let Err(error) = sessions.write(settle).await {
                tracing::warn!(%error, "it was not noted that a session is in use");
            }
        });
        let _ = timeout(TOUCH_PATIENCE, settled).await;
    }

    /// Removes the sessions that have ended, so that no clock that is set back revives one, and mends
    /// those of a clock that was: see [`limits::began_and_proven_at`].
    pub(super) async fn settle_all(&self) -> Result<(), Failure> {
        let now = self.resources.clock.now();
        let all = self.resources.store.read(store::people::sessions::all_with_admins).await?;
        let is_off = |session: &Session| {
            !is_within_limits(session, now) || session.last_seen_at - now >= TOUCH_EVERY
        };
        let off = all.into_iter().map(|(session, _)| session).filter(is_off);
        let off: Vec<Digest> = off.map(|session| session.digest).collect();
        if off.is_empty() {
            return Ok(());
        }
        self.write(move |conn| off.iter().try_for_each(|digest| settle(conn, digest, now))).await
    }

    /// Changes what a session holds; one that has ended stays ended.
    pub async fn set_state(&self, id: &SessionId, state: String) -> Result<(), Failure> {
        let digest = id.digest();
        self.write(move |conn| store::people::sessions::set_state(conn, &digest, &state)).await
    }

    /// Ends the session with this id.
    pub async fn end(&self, id: &SessionId) -> Result<(), Failure> {
        let digest = id.digest();
        self.write(move |conn| store::people::sessions::delete(conn, &digest)).await
    }

    /// Ends the session behind the request.
    pub async fn log_out(&self, by: Author) -> Result<(), Failure> {
        let ended = |conn: &mut Transaction, by: &Authorized| {
            store::people::sessions::delete(conn, by.session()?.0)?;
            Ok(store::activity::record(conn, &by.event(Kind::LoggedOut))?)
        };
        self.resources.write_as(by, Lock::Admins, Kind::LoggedOut, ended).await
    }

    /// The sessions of an admin that have not ended, the most recently used first.
    pub async fn of_admin(&self, admin: AdminId) -> Result<Vec<Session>, Failure> {
        let now = self.resources.clock.now();
        let sessions = self
            .resources
            .store
            .read(move |conn| store::people::sessions::of_admin(conn, admin))
            .await?;
        Ok(sessions.into_iter().filter(|session| is_within_limits(session, now)).collect())
    }

    /// How many sessions there are that have not ended.
    pub async fn count(&self) -> Result<usize, Failure> {
        let now = self.resources.clock.now();
        let sessions = self.resources.store.read(store::people::sessions::all_with_admins).await?;
        Ok(sessions.iter().filter(|(session, admin)| is_open(session, admin, now)).count())
    }

    /// Ends one session of the same Server Admin, named by its digest; says whether there was one.
    pub async fn end_own(&self, digest: Digest, by: Author) -> Result<bool, Failure> {
        let ended = move |conn: &mut Transaction, by: &Authorized| {
            let (_, admin) = by.session()?;
            let session = store::people::sessions::by_digest(conn, &digest)?;
            let is_theirs = session.is_some_and(|session| session.admin == admin.id);
            if is_theirs {
                store::people::sessions::delete(conn, &digest)?;
                store::activity::record(conn, &by.event(Kind::SessionEnded))?;
            }
            Ok(is_theirs)
        };
        self.resources.write_as(by, Lock::Admins, Kind::SessionEnded, ended).await
    }

    async fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Transaction) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Failure> {
        Ok(self.resources.store.write(Lock::Admins, change).await?)
    }
}

impl Resources {
    /// The id of a session that is about to begin.
    pub(super) fn session_id(&self) -> SessionId {
        SessionId::generate(|bytes| self.entropy.fill(bytes))
    }

    /// A code that only one browser gets.
    pub(super) fn secret_code(&self) -> SecretCode {
        SecretCode::generate(|bytes| self.entropy.fill(bytes))
    }
}

/// Notes that a session is in use, or removes it if it has ended.
fn settle(conn: &mut Conn, digest: &Digest, now: DateTime<Utc>) -> Result<(), StoreError> {
    let Some(session) = store::people::sessions::by_digest(conn, digest)? else { return Ok(()) };
    if !is_within_limits(&session, now) {
        return store::people::sessions::delete(conn, digest);
    }
    store::people::sessions::touch(conn, digest, began_and_proven_at(&session, now), now)
}

/// Begins a session in the transaction of the caller, if the admin is still active and the password
/// of `admin` is still theirs; says whether it did.
pub(super) fn begin(
    conn: &mut Conn,
    digest: &Digest,
    admin: &ServerAdmin,
    source: &Source,
    proof: Proof,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let may = is_unchanged(conn, admin)?;
    if may {
        begin_session(conn, digest, admin, source, proof, now)?;
    }
    Ok(may)
}

/// Whether an admin is still active and their password still the one of `admin`: the one that was
/// checked.
fn is_unchanged(conn: &mut Conn, admin: &ServerAdmin) -> Result<bool, StoreError> {
    let stored = store::people::admins::by_id(conn, admin.id)?;
    let checked = &admin.password.generation;
    Ok(stored.is_some_and(|now| now.active && now.password.generation == *checked))
}

/// Begins a session of an admin who [is unchanged](is_unchanged). This is the only way for a session
/// to come into being.
fn begin_session(
    conn: &mut Conn,
    digest: &Digest,
    admin: &ServerAdmin,
    source: &Source,
    proof: Proof,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    store::people::sessions::insert(conn, digest, admin.id, NO_STATE, source, proof, now)
}
