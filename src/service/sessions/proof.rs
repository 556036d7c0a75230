//! A fresh proof of who is behind a session: their password again, slowed down as at the login.
//!
//! It belongs to the session in which it was given, and counts only if the password that was checked
//! is still the stored one when it is noted.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use tokio::task::spawn;

use super::attempt::LoginAttempt;
use super::limits::is_open;
use super::login::{LoginError, Logins, Started};
use crate::audit::Line;
use crate::domain::activity::{Attempt, Event, Kind};
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::actor::Author;
use crate::domain::admin::code::Digest;
use crate::domain::admin::device::DeviceMark;
use crate::hasher::HashError;
use crate::service::Failure;
use crate::service::passwords::Verdict;
use crate::store::people::sessions;
use crate::store::{self, Conn, Lock, StoreError, Transaction};

impl Logins {
    /// Notes that the person behind a session has proved who they are, if this is their password.
    /// `device` is the mark that the browser has kept of an earlier login.
    pub async fn prove(
        &self,
        by: Author,
        password: SecretString,
        device: Option<DeviceMark>,
    ) -> Result<(), LoginError> {
        let Author::Session { digest, source } = by else {
            return Err(Failure::SessionEnded.into());
        };
        let (now, asked) = (self.resources.clock.now(), digest.clone());
        let admin = self.resources.store.read(move |conn| behind(conn, &asked, now)).await?;
        let admin = admin.ok_or(Failure::SessionEnded)?;
        let (email, key) = (Some(admin.email.clone()), self.devices.key().await?);
        let attempt = LoginAttempt { email, source, device, key };
        let refused = |error: &LoginError| self.log_proof(&attempt, &admin, error);
        let turn = self.turn(&attempt).await.inspect_err(refused)?;
        let logins = self.clone();
        // A task of its own: what was counted is recorded or taken back even if the client is gone,
        // and until then nobody else has the turn.
        let checked = spawn(async move {
            let checked = logins.check_proof(attempt.clone(), digest, admin.clone(), password);
            let checked = checked.await;
            drop(turn);
            checked.inspect_err(|error| logins.log_proof(&attempt, &admin, error))
        });
        checked.await.unwrap_or(Err(HashError::Failed("a proof has ended early").into()))
    }

    /// Logs what was not looked at; a wrong password is an entry of the activity list.
    fn log_proof(&self, attempt: &LoginAttempt, admin: &ServerAdmin, error: &LoginError) {
        if !matches!(error, LoginError::Throttled { .. }) {
            return;
        }
        let line = Line::of_attempt(Attempt::ProofThrottled, attempt.source.clone());
        let line = line.by(admin.actor()).about(admin.email.to_string());
        self.resources.audit.log(line, self.resources.clock.now());
    }

    /// Looks at a password whose turn it is.
    async fn check_proof(
        &self,
        attempt: LoginAttempt,
        digest: Digest,
        admin: ServerAdmin,
        password: SecretString,
    ) -> Result<(), LoginError> {
        // The turn may have come late.
        let now = self.resources.clock.now();
        let Started { counters, counted, .. } = self.start(attempt.clone(), now).await?;
        let verified = self.resources.verify_password(&password, Some(&admin.password.hash)).await;
        let noted = match verified.map_err(LoginError::from) {
            Ok(verdict) => {
                let is_right = verdict != Verdict::Wrong;
                let note = move |conn: &mut Transaction| {
                    let admin = Some(admin).filter(|_| is_right);
                    let is_noted = note(conn, &digest, admin.as_ref(), &attempt, now)?;
                    if is_noted {
                        counters.clear(conn)?;
                    }
                    Ok::<_, LoginError>(is_noted)
                };
                self.resources.store.write(Lock::Admins, note).await
            }
            Err(error) => Err(error),
        };
        let is_right = self.settle(counted, noted).await?;
        if is_right { Ok(()) } else { Err(LoginError::WrongCredentials) }
    }
}

/// The Server Admin behind a session that has not ended.
fn behind(
    conn: &mut Conn,
    digest: &Digest,
    now: DateTime<Utc>,
) -> Result<Option<ServerAdmin>, StoreError> {
    let found = sessions::with_admin(conn, digest)?;
    let found = found.filter(|(session, admin)| is_open(session, admin, now));
    Ok(found.map(|(_, admin)| admin))
}

/// Notes that the password of `checked`, which was right, is a proof in this session, or that there was a
/// wrong one; says whether it was right.
fn note(
    conn: &mut Transaction,
    digest: &Digest,
    checked: Option<&ServerAdmin>,
    attempt: &LoginAttempt,
    now: DateTime<Utc>,
) -> Result<bool, LoginError> {
    let admin = behind(conn, digest, now)?.ok_or(Failure::SessionEnded)?;
    let is_right = checked.is_some_and(|checked| {
        checked.id == admin.id && checked.password.generation == admin.password.generation
    });
    if is_right {
        sessions::set_proven(conn, digest, now)?;
    } else {
        let event = Event::new(now, Kind::ProofFailed, admin.actor(), attempt.source.clone());
        store::activity::record(conn, &event)?;
    }
    Ok(is_right)
}
