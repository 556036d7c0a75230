//! Changing passwords.

use chrono::{DateTime, Utc};
use secrecy::SecretString;

use super::{AdminError, Admins};
use crate::domain::activity::{Event, Kind};
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::actor::Actor;
use crate::domain::admin::code::Digest;
use crate::domain::admin::password::NewPassword;
use crate::domain::network::source::Source;
use crate::service::Failure;
use crate::service::sessions::delay;
use crate::store::{self, Conn, Lock, StoreError};

impl Admins {
    /// Changes one's own password, knowing the present one; ends all other sessions. Guessing the
    /// present one is slowed down as it is at the login.
    ///
    /// # Errors
    /// [`AdminError::WrongPassword`], [`AdminError::Throttled`], [`AdminError::WeakPassword`].
    pub async fn change_own_password(
        &self,
        admin: &ServerAdmin,
        present: SecretString,
        fresh: SecretString,
        kept_session: Digest,
        from: Source,
    ) -> Result<(), AdminError> {
        let now = self.resources.clock.now();
        let subject = format!("password:{}", admin.id.0);
        let counted = subject.clone();
        self.resources.store.write(Lock::Admins, move |conn| attempt(conn, &counted, now)).await?;
        let right =
            self.resources.password_hasher.verify(present, admin.password_hash.clone()).await;
        if !right.map_err(Failure::from)? {
            return Err(AdminError::WrongPassword);
        }
        let forget = move |conn: &mut Conn| store::people::login_failures::clear(conn, &subject);
        self.resources
            .store
            .write(Lock::Admins, forget)
            .await
            .map_err(|error: StoreError| error)?;
        self.store_password(admin, fresh, Some(kept_session), admin.actor(), from).await
    }

    /// Sets an admin's password and ends all of their sessions.
    ///
    /// # Errors
    /// [`AdminError::WeakPassword`].
    pub async fn set_password(
        &self,
        admin: &ServerAdmin,
        fresh: SecretString,
        by: Actor,
        from: Source,
    ) -> Result<(), AdminError> {
        self.store_password(admin, fresh, None, by, from).await
    }

    async fn store_password(
        &self,
        admin: &ServerAdmin,
        fresh: SecretString,
        kept_session: Option<Digest>,
        by: Actor,
        from: Source,
    ) -> Result<(), AdminError> {
        let now = self.resources.clock.now();
        let fresh = NewPassword::parse(fresh, admin.name.as_str(), admin.email.as_str())?;
        let hash = self.resources.password_hasher.hash(SecretString::from(fresh.expose())).await;
        let hash = hash.map_err(Failure::from)?;
        let (id, email) = (admin.id, admin.email.clone());
        self.resources
            .store
            .write(Lock::Admins, move |conn| {
                store::people::admins::set_password(conn, id, &hash)?;
                store::people::sessions::delete_of_admin(conn, id, kept_session.as_ref())?;
                let event = Event::new(now, Kind::PasswordChanged, by, from).about(email.as_str());
                Ok(store::activity::record(conn, &event)?)
            })
            .await
    }
}

/// Counts an attempt as a failure before the password is looked at, so that guessing in parallel
/// gains nothing; a success takes it back.
fn attempt(conn: &mut Conn, subject: &str, now: DateTime<Utc>) -> Result<(), AdminError> {
    if let Some(failures) = store::people::login_failures::of(conn, subject)? {
        let until = delay::next_try(failures.count, delay::FREE_FOR_ACCOUNT, failures.last_at);
        if until > now {
            return Err(AdminError::Throttled { until });
        }
    }
    Ok(store::people::login_failures::add(conn, subject, now)?)
}
