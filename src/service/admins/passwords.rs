//! Changing passwords.

use chrono::{DateTime, Utc};
use secrecy::SecretString;

use super::{Admins, PasswordError};
use crate::domain::activity::Kind;
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::actor::Author;
use crate::domain::admin::code::SessionId;
use crate::domain::admin::password::{HashedPassword, WeakPassword};
use crate::service::Failure;
use crate::service::authority::Authorized;
use crate::service::mails::Alerts;
use crate::service::passwords::Verdict;
use crate::service::sessions::begin;
use crate::service::sessions::failures::Counters;
use crate::store::people::{admins, links, passkeys, sessions};
use crate::store::{StoreError, Transaction};

impl Admins {
    /// Changes one's own password, knowing the present one, and ends all that the old one has opened:
    /// invitations and every session, also the one that asks. Returns the id of a new session, so
    /// that a copy of the old cookie is worth nothing. Guessing the present password is slowed down
    /// as it is at the login.
    pub async fn change_own_password(
        &self,
        present: SecretString,
        fresh: SecretString,
        by: Author,
    ) -> Result<SessionId, PasswordError> {
        let admin = self.check_present(present, by.clone()).await?;
        let checked = admin.password.generation.clone();
        let password = self.hashed::<PasswordError>(fresh, &admin).await?;
        let id = self.resources.session_id();
        let digest = id.digest();
        let alerts = self.alerts.clone();
        self.write_as(by, Kind::PasswordChanged, move |conn, by| {
            let (session, admin) = by.session()?;
            if admin.password.generation != checked {
                return Err(PasswordError::WrongPassword);
            }
            let admin = ServerAdmin { password, ..admin.clone() };
            // The new session is the old one under another name: it was proved as that was.
            let session = sessions::by_digest(conn, session)?.ok_or(Failure::SessionEnded)?;
            change(conn, &admin, by, &alerts)?;
            if !begin(conn, &digest, &admin, by.source(), session.proof, by.now)? {
                return Err(Failure::SessionEnded.into());
            }
            if passkeys::any_of(conn, admin.id)? {
                // Beside a passkey the password is no proof.
                sessions::set_proven(conn, &digest, session.proven_by, session.proven_at)?;
            }
            Ok(())
        })
        .await?;
        Ok(id)
    }

    /// The Server Admin behind a session, if this is their password.
    async fn check_present(
        &self,
        present: SecretString,
        by: Author,
    ) -> Result<ServerAdmin, PasswordError> {
        let count = |conn: &mut Transaction, by: &Authorized| {
            let (_, admin) = by.session()?;
            let counters = Counters::of_change(admin.id);
            if let Some(until) = counters.throttled_until(conn, by.now)? {
                return Err(PasswordError::Throttled { until });
            }
            let counted = counters.count(conn, by.now)?;
            Ok((admin.clone(), counted, by.actor.clone(), by.source().clone()))
        };
        let (admin, counted, actor, source) =
            self.write_as(by.clone(), Kind::PasswordChanged, count).await?;
        let verified = self.resources.verify_password(&present, Some(&admin.password.hash)).await;
        if verified == Ok(Verdict::Wrong) {
            let wrong = PasswordError::WrongPassword;
            self.resources.refused(Kind::PasswordChanged, actor, source, &wrong);
            return Err(wrong);
        }
        let (id, is_right) = (admin.id, verified.is_ok());
        let forgotten = self.write_as(by, Kind::PasswordChanged, move |conn, _| {
            let forgotten = if is_right {
                Counters::of_change(id).clear(conn)
            } else {
                counted.take_back(conn)
            };
            Ok(forgotten?)
        });
        forgotten.await.map_err(|failure: Failure| PasswordError::from(failure))?;
        verified.map_err(Failure::from)?;
        Ok(admin)
    }

    /// Sets an admin's password, ends all that the old one has opened, and forgets failed logins.
    pub async fn set_password(
        &self,
        admin: &ServerAdmin,
        fresh: SecretString,
        by: Author,
    ) -> Result<(), PasswordError> {
        let password = self.hashed::<PasswordError>(fresh, admin).await?;
        let admin = ServerAdmin { password, ..admin.clone() };
        let alerts = self.alerts.clone();
        self.write_as(by, Kind::PasswordChanged, move |conn, by| {
            change(conn, &admin, by, &alerts)?;
            Ok(Counters::of_account(admin.id, &admin.email).clear(conn)?)
        })
        .await
    }

    pub(super) async fn hashed<E: From<WeakPassword> + From<Failure>>(
        &self,
        fresh: SecretString,
        admin: &ServerAdmin,
    ) -> Result<HashedPassword, E> {
        let own = self.own_words.clone().and_person(admin.name.as_str(), admin.email.as_str());
        self.resources.hash_new_password(fresh, own).await
    }
}

/// Stores the password of `admin`; ends their sessions, the links that they have made and those for
/// their password.
pub(super) fn replace(
    conn: &mut Transaction,
    admin: &ServerAdmin,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    admins::set_password(conn, admin.id, &admin.password)?;
    sessions::delete_of_admin(conn, admin.id)?;
    links::consume_all_of(conn, admin.id, now)
}

/// The same, and tells everybody that `by` did it.
fn change(
    conn: &mut Transaction,
    admin: &ServerAdmin,
    by: &Authorized,
    alerts: &Alerts,
) -> Result<(), StoreError> {
    replace(conn, admin, by.now)?;
    let event = by.event(Kind::PasswordChanged).about(admin.email.as_str());
    alerts.record(conn, &event, None)
}
