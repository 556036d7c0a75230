//! A fresh proof of who is behind a session: their passkey, or their password. Beside a passkey the
//! password counts only together with a recovery code, as it does at the login.
//!
//! A proof belongs to the session in which it was given, and counts only if what was checked is still
//! stored when it is noted. Attempts are counted with those of the login, and slowed down like them.

mod by_passkey;
mod by_password;

use std::sync::Arc;

use chrono::{DateTime, Utc};

pub use self::by_password::TypedProof;
use crate::audit::Line;
use crate::domain::activity::{Attempt, Event, Kind};
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::actor::Author;
use crate::domain::admin::code::Digest;
use crate::domain::admin::device::DeviceMark;
use crate::domain::admin::passkey::{Passkey, Proof};
use crate::domain::network::source::Source;
use crate::hasher::HashError;
use crate::service::failure::change_errors;
use crate::service::passkeys::{PasskeyError, Passkeys};
use crate::service::sessions::attempt::LoginAttempt;
use crate::service::sessions::failures::Counted;
use crate::service::sessions::limits::is_open;
use crate::service::sessions::login::{LoginError, Logins};
use crate::service::{Failure, Resources};
use crate::store::people::{passkeys, sessions};
use crate::store::{Conn, Lock, StoreError, Transaction, activity};

/// Takes proofs.
#[derive(Clone)]
pub struct Proofs {
    resources: Resources,
    logins: Logins,
    passkeys: Arc<Passkeys>,
}

/// Why a proof was not taken. The texts are for the activity list and the log.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The password is wrong.
    #[error("the password was not correct")]
    WrongPassword,
    /// The recovery code is wrong or was used.
    #[error("the recovery code was not correct or was used before")]
    WrongCode,
    /// Beside a passkey the password alone is no proof; it was not looked at.
    #[error("a password alone is no proof beside a passkey")]
    CodeMissing,
    /// The passkey proves nothing.
    #[error("{0}")]
    Refused(PasskeyError),
    /// Too many attempts have failed.
    #[error("too many attempts")]
    Throttled {
        /// The first instant at which another attempt is looked at.
        until: DateTime<Utc>,
    },
    /// Too many others sign in at the moment: the password was not looked at.
    #[error("too many others are signing in")]
    Busy,
    /// The server failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

change_errors!(ProofError);

impl From<HashError> for ProofError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::Busy,
            failed @ HashError::Failed(_) => Self::Failed(failed.into()),
        }
    }
}

impl From<LoginError> for ProofError {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::WrongCredentials => Self::WrongPassword,
            LoginError::Throttled { until } => Self::Throttled { until },
            LoginError::Busy => Self::Busy,
            LoginError::Failed(failure) => Self::Failed(failure),
        }
    }
}

impl From<PasskeyError> for ProofError {
    fn from(error: PasskeyError) -> Self {
        match error {
            PasskeyError::WrongCode => Self::WrongCode,
            PasskeyError::Throttled { until } => Self::Throttled { until },
            PasskeyError::Failed(failure) => Self::Failed(failure),
            refused => Self::Refused(refused),
        }
    }
}

/// Who is asked for a proof.
#[derive(Clone)]
struct Holder {
    session: Digest,
    admin: ServerAdmin,
    /// Those that they have.
    passkeys: Vec<Passkey>,
    source: Source,
}

impl Proofs {
    /// Works on `resources`.
    pub(crate) const fn new(resources: Resources, logins: Logins, passkeys: Arc<Passkeys>) -> Self {
        Self { resources, logins, passkeys }
    }

    /// Who is behind the session of an author.
    async fn holder(&self, by: Author) -> Result<Holder, ProofError> {
        let Author::Session { digest: session, source } = by else {
            return Err(Failure::SessionEnded.into());
        };
        let (now, asked) = (self.resources.clock.now(), session.clone());
        let find = move |conn: &mut Conn| {
            let Some(admin) = behind(conn, &asked, now)? else { return Ok(None) };
            let passkeys = passkeys::of_admin(conn, admin.id)?;
            Ok(Some((admin, passkeys)))
        };
        let found = self.resources.store.read(find).await?;
        let (admin, passkeys) = found.ok_or(Failure::SessionEnded)?;
        Ok(Holder { session, admin, passkeys, source })
    }

    /// An attempt as failed ones are counted. `device` is the mark that the browser has kept of an
    /// earlier login.
    async fn attempt(
        &self,
        holder: &Holder,
        device: Option<DeviceMark>,
    ) -> Result<LoginAttempt, Failure> {
        let email = Some(holder.admin.email.clone());
        self.logins.attempt(email, holder.source.clone(), device).await
    }

    /// Records an attempt that proved nothing, and takes the count of one back that could not be looked
    /// at.
    async fn settle(
        &self,
        holder: &Holder,
        counted: Counted,
        checked: Result<(), ProofError>,
    ) -> Result<(), ProofError> {
        match checked {
            Ok(()) => Ok(()),
            Err(
                error @ (ProofError::Throttled { .. } | ProofError::Busy | ProofError::Failed(_)),
            ) => {
                self.resources.take_back(counted).await;
                Err(error)
            }
            Err(wrong) => {
                self.record_failure(holder.clone(), wrong.to_string()).await?;
                Err(wrong)
            }
        }
    }

    async fn record_failure(&self, holder: Holder, detail: String) -> Result<(), ProofError> {
        let now = self.resources.clock.now();
        let record = move |conn: &mut Transaction| {
            let admin = behind(conn, &holder.session, now)?.ok_or(Failure::SessionEnded)?;
            let event = Event::new(now, Kind::ProofFailed, admin.actor(), holder.source);
            Ok(activity::record(conn, &event.with_detail(detail))?)
        };
        self.resources.store.write(Lock::Admins, record).await
    }

    /// Logs an attempt that was not looked at: one that was stands in the activity list.
    fn log(&self, holder: &Holder, error: &ProofError) {
        if !matches!(error, ProofError::Throttled { .. }) {
            return;
        }
        let line = Line::of_attempt(Attempt::ProofThrottled, holder.source.clone());
        let line = line.by(holder.admin.actor()).about(holder.admin.email.to_string());
        self.resources.audit.log(line, self.resources.clock.now());
    }
}

/// The Server Admin behind a session that has not ended.
fn behind(
    conn: &mut Conn,
    session: &Digest,
    now: DateTime<Utc>,
) -> Result<Option<ServerAdmin>, StoreError> {
    let found = sessions::with_admin(conn, session)?;
    let found = found.filter(|(session, admin)| is_open(session, admin, now));
    Ok(found.map(|(_, admin)| admin))
}

/// Notes that `admin`, behind a session, has proved who they are.
fn note(
    conn: &mut Transaction,
    holder: &Holder,
    admin: &ServerAdmin,
    proof: Proof,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    sessions::set_proven(conn, &holder.session, proof, now)?;
    let event = Event::new(now, Kind::ProofGiven, admin.actor(), holder.source.clone());
    activity::record(conn, &event.with_detail(proof.words()))
}
