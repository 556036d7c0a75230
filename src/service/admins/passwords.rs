//! Changing passwords.

use chrono::{DateTime, Utc};
use secrecy::SecretString;

use super::{Admins, PasswordError};
use crate::domain::activity::{Event, Kind};
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::actor::Actor;
use crate::domain::admin::code::Digest;
use crate::domain::admin::password::NewPassword;
use crate::domain::network::source::Source;
use crate::service::Failure;
use crate::service::sessions::delay;
use crate::store::people::{admins, login_failures, sessions};
use crate::store::{Conn, activity};

impl Admins {
    /// Changes one's own password, knowing the present one; ends all other sessions. Guessing the
    /// present one is slowed down as it is at the login.
    pub async fn change_own_password(
        &self,
        admin: &ServerAdmin,
        present: SecretString,
        fresh: SecretString,
        kept_session: Digest,
        from: Source,
    ) -> Result<(), PasswordError> {
        let now = self.resources.clock.now();
        let account = format!("password:{}", admin.id.0);
        let counted = account.clone();
        self.write(move |conn| count_attempt(conn, &counted, now)).await?;
        let hash = admin.password_hash.clone();
        let right = self.resources.password_hasher.verify(present, hash).await;
        if !right.map_err(Failure::from)? {
            return Err(PasswordError::WrongPassword);
        }
        let forgotten = self.write(move |conn| login_failures::clear(conn, &account)).await;
        forgotten.map_err(Failure::from)?;
        self.set_password(admin, fresh, Some(kept_session), admin.actor(), from).await
    }

    /// Sets an admin's password and ends all of their sessions but `kept_session`.
    pub async fn set_password(
        &self,
        admin: &ServerAdmin,
        fresh: SecretString,
        kept_session: Option<Digest>,
        by: Actor,
        from: Source,
    ) -> Result<(), PasswordError> {
        let now = self.resources.clock.now();
        let fresh = NewPassword::parse(fresh, admin.name.as_str(), admin.email.as_str())?;
        let hash = self.resources.password_hasher.hash(fresh.into_secret()).await;
        let hash = hash.map_err(Failure::from)?;
        let id = admin.id;
        let event = Event::new(now, Kind::PasswordChanged, by, from).about(admin.email.as_str());
        self.write(move |conn| {
            admins::set_password(conn, id, &hash)?;
            sessions::delete_of_admin(conn, id, kept_session.as_ref())?;
            Ok(activity::record(conn, &event)?)
        })
        .await
    }
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
