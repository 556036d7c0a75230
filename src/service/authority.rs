//! Whether the one who asks for a change may make it, decided where it is made.
//!
//! Between the moment when a page learns whose session a request names and the change that it asks
//! for, the session may end and its Server Admin be deactivated. So use cases take an [`Author`],
//! and only [`Resources::write_as`] makes an [`Authorized`] of one, in the transaction that writes.
//! A session and an API key hold [`Lock::Admins`] there: what ends them holds it too, so it comes
//! before the change, which then fails, or after it.
//!
//! Some kinds of changes also ask for a fresh proof of who is behind the session
//! ([`Kind::asks_for_proof`]): one that was left open, or stolen, is not enough for them.

use std::fmt::Display;

use chrono::{DateTime, Utc};

use super::sessions::limits::{is_open, is_proven};
use super::{ChangeError, Failure, Resources};
use crate::audit::Line;
use crate::domain::activity::{Attempt, Event, Kind};
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::actor::{Actor, Author};
use crate::domain::admin::code::Digest;
use crate::domain::keys::scope::Scope;
use crate::domain::keys::secret::KeyId;
use crate::domain::keys::{ApiKey, KeyStatus};
use crate::domain::network::source::Source;
use crate::store::people::{passkeys, sessions};
use crate::store::{self, Conn, Lock, StoreError, Transaction};

/// An author who may make the change of this transaction.
pub(super) struct Authorized {
    /// Who makes it.
    pub(super) actor: Actor,
    /// When.
    pub(super) now: DateTime<Utc>,
    source: Source,
    session: Option<(Digest, ServerAdmin)>,
}

impl Resources {
    /// Runs `change` in a transaction that holds `lock`, if `author` may still change something. When
    /// a rule forbids it, the log tells that something of this `kind` was refused.
    ///
    /// # Errors
    /// Those of `change`; [`Failure::SessionEnded`], [`Failure::KeyEnded`] or
    /// [`Failure::ProofRequired`], and then nothing has happened.
    pub(super) async fn write_as<T, E, F>(
        &self,
        author: Author,
        lock: Lock,
        kind: Kind,
        change: F,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: ChangeError,
        F: FnOnce(&mut Transaction, &Authorized) -> Result<T, E> + Send + 'static,
    {
        self.write(author, lock, kind, Some(kind), change).await
    }

    /// The same for what only follows from a change of this kind, and asks for no proof.
    pub(super) async fn write_after<T, E, F>(
        &self,
        author: Author,
        lock: Lock,
        kind: Kind,
        change: F,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: ChangeError,
        F: FnOnce(&mut Transaction, &Authorized) -> Result<T, E> + Send + 'static,
    {
        self.write(author, lock, kind, None, change).await
    }

    async fn write<T, E, F>(
        &self,
        author: Author,
        lock: Lock,
        kind: Kind,
        proven_for: Option<Kind>,
        change: F,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: ChangeError,
        F: FnOnce(&mut Transaction, &Authorized) -> Result<T, E> + Send + 'static,
    {
        let resources = self.clone();
        let proven_for = proven_for.filter(|_| self.confirm_identity);
        let first = match author {
            Author::Session { .. } | Author::ApiKey { .. } => Lock::Admins,
            Author::CommandLine => lock,
        };
        let checked = move |conn: &mut Transaction| {
            if lock != first {
                lock.take(conn)?;
            }
            let by = authorize(conn, author, proven_for, resources.clock.now())?;
            let changed = change(conn, &by);
            if let Err(error) = &changed
                && error.failure().is_none()
            {
                resources.refused(kind, by.actor, by.source, error);
            }
            changed
        };
        self.store.write(first, checked).await
    }
}

impl Resources {
    /// Logs that a change was refused, which would have been of this kind.
    pub(super) fn refused(&self, kind: Kind, actor: Actor, source: Source, why: &impl Display) {
        let line = Line::of_attempt(Attempt::ChangeRefused, source).by(actor);
        let line = line.about(kind.as_str()).with_detail(why.to_string());
        self.audit.log(line, self.clock.now());
    }
}

fn authorize(
    conn: &mut Conn,
    author: Author,
    proven_for: Option<Kind>,
    now: DateTime<Utc>,
) -> Result<Authorized, Failure> {
    let (digest, source) = match author {
        Author::Session { digest, source } => (digest, source),
        Author::ApiKey { id, source } => {
            let actor = usable_key(conn, &id, now)?.actor();
            return Ok(Authorized { actor, now, source, session: None });
        }
        Author::CommandLine => {
            let (actor, source) = (Actor::CommandLine, Source::command_line());
            return Ok(Authorized { actor, now, source, session: None });
        }
    };
    let found = sessions::with_admin(conn, &digest)?;
    let found = found.filter(|(session, admin)| is_open(session, admin, now));
    let (session, admin) = found.ok_or(Failure::SessionEnded)?;
    if let Some(kind) = proven_for
        && !is_proven(&session, now)
        && asks_for_proof(conn, kind, &admin)?
    {
        return Err(Failure::ProofRequired);
    }
    Ok(Authorized { actor: admin.actor(), now, source, session: Some((digest, admin)) })
}

/// Whether a change of this kind asks this Server Admin for a proof.
fn asks_for_proof(conn: &mut Conn, kind: Kind, admin: &ServerAdmin) -> Result<bool, StoreError> {
    Ok(kind.asks_for_proof() || (kind.asks_for_password() && passkeys::any_of(conn, admin.id)?))
}

/// The key with this id, if it may change something at `now`.
fn usable_key(conn: &mut Conn, id: &KeyId, now: DateTime<Utc>) -> Result<ApiKey, Failure> {
    let key = store::keys::by_id(conn, id)?;
    let may_change =
        |key: &ApiKey| key.status(now) == KeyStatus::Active && key.scope.allows(Scope::Replace);
    key.filter(may_change).ok_or(Failure::KeyEnded)
}

impl Authorized {
    /// The stored form of the session's id and whose it is; API keys and the command line have neither.
    pub(super) fn session(&self) -> Result<(&Digest, &ServerAdmin), Failure> {
        let (digest, admin) = self.session.as_ref().ok_or(Failure::SessionEnded)?;
        Ok((digest, admin))
    }

    /// Where the request comes from.
    pub(super) const fn source(&self) -> &Source {
        &self.source
    }

    /// An entry of the activity list about the change.
    pub(super) fn event(&self, kind: Kind) -> Event {
        Event::new(self.now, kind, self.actor.clone(), self.source.clone())
    }
}
