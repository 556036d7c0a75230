//! Changing passwords.

use chrono::{DateTime, Utc};
use secrecy::SecretString;

use super::{Admins, PasswordError};
use crate::domain::activity::Kind;
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::actor::Author;
use crate::domain::admin::password::NewPassword;
use crate::domain::token::secret::PhcString;
use crate::service::Failure;
use crate::service::sessions::delay;
use crate::store::people::{admins, login_failures, sessions};
use crate::store::{Conn, activity};

impl Admins {
    /// Changes one's own password, knowing the present one; ends all other sessions. Guessing the
    /// present one is slowed down as it is at the login.
    pub async fn change_own_password(
        &self,
        present: SecretString,
        fresh: SecretString,
        by: Author,
    ) -> Result<(), PasswordError> {
        let admin = self
            .write_as(by.clone(), |conn, by| {
                let (_, admin) = by.session()?;
                count_attempt(conn, &account(admin), by.now)?;
                Ok::<_, PasswordError>(admin.clone())
            })
            .await?;
        let stored = admin.password_hash.clone();
        let right = self.resources.password_hasher.verify(present, stored).await;
        if !right.map_err(Failure::from)? {
            return Err(PasswordError::WrongPassword);
        }
        let counted = account(&admin);
        let forgotten =
            self.write_as(by.clone(), move |conn, _| Ok(login_failures::clear(conn, &counted)?));
        forgotten.await.map_err(|failure: Failure| PasswordError::from(failure))?;
        let hash = self.hash_of(fresh, &admin).await?;
        self.write_as(by, move |conn, by| {
            let (session, admin) = by.session()?;
            admins::set_password(conn, admin.id, &hash)?;
            sessions::delete_of_admin(conn, admin.id, Some(session))?;
            let event = by.event(Kind::PasswordChanged).about(admin.email.as_str());
            Ok(activity::record(conn, &event)?)
        })
        .await
    }

    /// Sets an admin's password and ends all of their sessions.
    pub async fn set_password(
        &self,
        admin: &ServerAdmin,
        fresh: SecretString,
        by: Author,
    ) -> Result<(), PasswordError> {
        let hash = self.hash_of(fresh, admin).await?;
        let (id, email) = (admin.id, admin.email.clone());
        self.write_as(by, move |conn, by| {
            admins::set_password(conn, id, &hash)?;
            sessions::delete_of_admin(conn, id, None)?;
            let event = by.event(Kind::PasswordChanged).about(email.as_str());
            Ok(activity::record(conn, &event)?)
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

/// What attempts to change a password are counted for.
fn account(admin: &ServerAdmin) -> String {
    format!("password:{}", admin.id.0)
}

/// Counts an attempt as a failure before the password is looked at, so that guessing in parallel
/// gains nothing; a success takes it back.
fn count_attempt(conn: &mut Conn, account: &str, now: DateTime<Utc>) -> Result<(), PasswordError> {
    if let Some(failures) = login_failures::of(conn, account)? {
        let until = delay::next_try(failures.count, delay::FREE_FOR_ACCOUNT, failures.last_at);
        if until > now {
            return Err(PasswordError::Throttled { until });
        }
    }
    Ok(login_failures::add(conn, account, now)?)
}
