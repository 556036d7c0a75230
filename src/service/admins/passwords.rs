//! Changing passwords.

use chrono::{DateTime, Utc};
use secrecy::SecretString;

use super::{Admins, PasswordError};
use crate::domain::activity::Kind;
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::actor::Author;
use crate::domain::admin::code::SessionId;
use crate::domain::admin::password::NewPassword;
use crate::domain::token::secret::PhcString;
use crate::service::Failure;
use crate::service::authority::Authorized;
use crate::service::sessions::{begin, delay, login};
use crate::store::people::{admins, links, login_failures, sessions};
use crate::store::{Conn, StoreError, activity};

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
        let admin = self
            .write_as(by.clone(), |conn, by| {
                let (_, admin) = by.session()?;
                count_attempt(conn, &account(admin), by.now)?;
                Ok::<_, PasswordError>(admin.clone())
            })
            .await?;
        let stored = admin.password_hash.clone();
        let right = self.resources.password_hasher.verify(present, stored.clone()).await;
        if !right.map_err(Failure::from)? {
            return Err(PasswordError::WrongPassword);
        }
        let counted = account(&admin);
        let forgotten =
            self.write_as(by.clone(), move |conn, _| Ok(login_failures::clear(conn, &counted)?));
        forgotten.await.map_err(|failure: Failure| PasswordError::from(failure))?;
        let hash = self.hash_of(fresh, &admin).await?;
        let id = self.resources.session_id();
        let digest = id.digest();
        self.write_as(by, move |conn, by| {
            let (_, admin) = by.session()?;
            if admin.password_hash != stored {
                return Err(PasswordError::WrongPassword);
            }
            let admin = ServerAdmin { password_hash: hash, ..admin.clone() };
            replace(conn, &admin, by)?;
            if begin(conn, &digest, &admin, by.source(), by.now)? {
                Ok(())
            } else {
                Err(Failure::SessionEnded.into())
            }
        })
        .await?;
        Ok(id)
    }

    /// Sets an admin's password, ends all that the old one has opened, and forgets failed logins.
    pub async fn set_password(
        &self,
        admin: &ServerAdmin,
        fresh: SecretString,
        by: Author,
    ) -> Result<(), PasswordError> {
        let hash = self.hash_of(fresh, admin).await?;
        let admin = ServerAdmin { password_hash: hash, ..admin.clone() };
        self.write_as(by, move |conn, by| {
            replace(conn, &admin, by)?;
            login_failures::clear(conn, &login::account(&admin.email))?;
            Ok(login_failures::clear(conn, &account(&admin))?)
        })
        .await
    }

    async fn hash_of(
        &self,
        fresh: SecretString,
        admin: &ServerAdmin,
    ) -> Result<PhcString, PasswordError> {
        let fresh = NewPassword::parse(fresh, admin.name.as_str(), admin.email.as_str())?;
        let hash = self.resources.password_hasher.hash(fresh.into_secret()).await;
        Ok(hash.map_err(Failure::from)?)
    }
}

/// Stores the password of `admin`; ends their sessions and the invitations that they have made.
fn replace(conn: &mut Conn, admin: &ServerAdmin, by: &Authorized) -> Result<(), StoreError> {
    admins::set_password(conn, admin.id, &admin.password_hash)?;
    sessions::delete_of_admin(conn, admin.id)?;
    links::consume_all_of(conn, admin.id, by.now)?;
    activity::record(conn, &by.event(Kind::PasswordChanged).about(admin.email.as_str()))
}

/// What attempts to change a password are counted for.
fn account(admin: &ServerAdmin) -> String {
    format!("password:{}", admin.id.0)
}

/// Counts an attempt as a failure before the password is looked at, so that guessing in parallel
/// gains nothing; a success takes it back.
fn count_attempt(conn: &mut Conn, account: &str, now: DateTime<Utc>) -> Result<(), PasswordError> {
    if let Some(failures) = login_failures::of(conn, account)? {
        let (count, last) = (failures.count, failures.last_at);
        if let Some(until) = delay::throttled_until(count, delay::FREE_FOR_ACCOUNT, last, now) {
            return Err(PasswordError::Throttled { until });
        }
    }
    Ok(login_failures::add(conn, account, now)?)
}
