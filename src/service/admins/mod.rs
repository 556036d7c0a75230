//! Who may sign in: setting up, inviting, deactivating, changing names and passwords.

mod joining;
mod passwords;

use chrono::{DateTime, Utc};
use secrecy::SecretString;

use super::{Failure, Resources};
use crate::domain::activity::{Event, Kind};
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::actor::Actor;
use crate::domain::admin::password::{NewPassword, WeakPassword};
use crate::domain::admin::person::{AdminId, EmailAddress, PersonName};
use crate::domain::network::source::Source;
use crate::domain::token::secret::PhcString;
use crate::store::{self, Conn, Lock, StoreError};

pub use self::joining::{Invitation, NewInvitation};

/// Manages Server Admins.
#[derive(Clone)]
pub struct Admins {
    resources: Resources,
}

/// Who shall become a Server Admin.
#[derive(Debug)]
pub struct NewAdmin {
    /// The name.
    pub name: PersonName,
    /// The address.
    pub email: EmailAddress,
    /// The password as it was entered.
    pub password: SecretString,
}

/// Why a change to the Server Admins was refused.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// Somebody has this address already.
    #[error("there is a Server Admin with this e-mail address already")]
    EmailTaken,
    /// The password is not good enough.
    #[error(transparent)]
    WeakPassword(#[from] WeakPassword),
    /// The link was used, has expired or never existed.
    #[error("this link was used already or has expired")]
    LinkNotUsable,
    /// The password given as the present one is wrong.
    #[error("the current password is not correct")]
    WrongPassword,
    /// The present password was wrong too often.
    #[error("too many attempts with a wrong password")]
    Throttled {
        /// The first instant at which another attempt is looked at.
        until: DateTime<Utc>,
    },
    /// No Server Admin has this key or address.
    #[error("there is no such Server Admin")]
    NotFound,
    /// The last active Server Admin cannot be deactivated.
    #[error("the last active Server Admin cannot be deactivated")]
    LastActive,
    /// The server failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl From<StoreError> for AdminError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict(_) => Self::EmailTaken,
            other => Self::Failed(other.into()),
        }
    }
}

impl Admins {
    /// Works on `resources`.
    pub const fn new(resources: Resources) -> Self {
        Self { resources }
    }

    /// All Server Admins, by name.
    ///
    /// # Errors
    /// [`Failure`] when the database fails.
    pub async fn list(&self) -> Result<Vec<ServerAdmin>, Failure> {
        let mut admins = self.resources.store.read(store::people::admins::list).await?;
        // The two databases order names differently.
        admins.sort_by_cached_key(|admin| admin.name.as_str().to_lowercase());
        Ok(admins)
    }

    /// The Server Admin with this address.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], or a [`Failure`].
    pub async fn by_email(&self, email: EmailAddress) -> Result<ServerAdmin, AdminError> {
        let admin = self
            .resources
            .store
            .read(move |conn| store::people::admins::by_email(conn, &email))
            .await?;
        admin.ok_or(AdminError::NotFound)
    }

    /// The Server Admin with this key.
    ///
    /// # Errors
    /// [`Failure`] when the database fails.
    pub async fn by_id(&self, id: AdminId) -> Result<Option<ServerAdmin>, Failure> {
        Ok(self.resources.store.read(move |conn| store::people::admins::by_id(conn, id)).await?)
    }

    /// Whether there is any Server Admin yet.
    ///
    /// # Errors
    /// [`Failure`] when the database fails.
    pub async fn exist(&self) -> Result<bool, Failure> {
        Ok(self.resources.store.read(store::people::admins::any).await?)
    }

    /// Adds a Server Admin with a password.
    ///
    /// # Errors
    /// [`AdminError::EmailTaken`], [`AdminError::WeakPassword`].
    pub async fn add(
        &self,
        new: NewAdmin,
        by: Actor,
        from: Source,
    ) -> Result<ServerAdmin, AdminError> {
        let now = self.resources.clock.now();
        let hash = self.hash(&new).await?;
        self.resources
            .store
            .write(Lock::Admins, move |conn| add(conn, &new, &hash, Some(by), from, now))
            .await
    }

    /// Deactivates an admin: ends all of their sessions and withdraws their invitations.
    ///
    /// # Errors
    /// [`AdminError::LastActive`], [`AdminError::NotFound`].
    pub async fn deactivate(&self, id: AdminId, by: Actor, from: Source) -> Result<(), AdminError> {
        let now = self.resources.clock.now();
        self.resources
            .store
            .write(Lock::Admins, move |conn| {
                let admin = store::people::admins::by_id(conn, id)?.ok_or(AdminError::NotFound)?;
                if !admin.active {
                    return Ok(());
                }
                if store::people::admins::count_active(conn)? <= 1 {
                    return Err(AdminError::LastActive);
                }
                store::people::admins::set_active(conn, id, false)?;
                store::people::sessions::delete_of_admin(conn, id, None)?;
                // Or the admin could come back through a link of their own.
                store::people::links::consume_all_of(conn, id, now)?;
                let event =
                    Event::new(now, Kind::AdminDeactivated, by, from).about(admin.email.as_str());
                Ok(store::activity::record(conn, &event)?)
            })
            .await
    }

    /// Lets a deactivated admin in again.
    ///
    /// # Errors
    /// [`AdminError::NotFound`].
    pub async fn reactivate(&self, id: AdminId, by: Actor, from: Source) -> Result<(), AdminError> {
        let now = self.resources.clock.now();
        self.resources
            .store
            .write(Lock::Admins, move |conn| {
                let admin = store::people::admins::by_id(conn, id)?.ok_or(AdminError::NotFound)?;
                if admin.active {
                    return Ok(());
                }
                store::people::admins::set_active(conn, id, true)?;
                let event =
                    Event::new(now, Kind::AdminReactivated, by, from).about(admin.email.as_str());
                Ok(store::activity::record(conn, &event)?)
            })
            .await
    }

    /// Changes an admin's name and address.
    ///
    /// # Errors
    /// [`AdminError::EmailTaken`], [`AdminError::NotFound`].
    pub async fn set_profile(
        &self,
        id: AdminId,
        name: PersonName,
        email: EmailAddress,
        by: Actor,
        from: Source,
    ) -> Result<(), AdminError> {
        let now = self.resources.clock.now();
        self.resources
            .store
            .write(Lock::Admins, move |conn| {
                let before = store::people::admins::by_id(conn, id)?.ok_or(AdminError::NotFound)?;
                if before.name == name && before.email == email {
                    return Ok(());
                }
                store::people::admins::set_profile(conn, id, &name, &email)?;
                let was = format!("was {} <{}>", before.name, before.email);
                let event = Event::new(now, Kind::AdminChanged, by, from)
                    .about(email.as_str())
                    .with_detail(was);
                Ok(store::activity::record(conn, &event)?)
            })
            .await
    }

    async fn hash(&self, new: &NewAdmin) -> Result<PhcString, AdminError> {
        let password =
            NewPassword::parse(new.password.clone(), new.name.as_str(), new.email.as_str())?;
        let hash = self.resources.password_hasher.hash(SecretString::from(password.expose())).await;
        Ok(hash.map_err(Failure::from)?)
    }
}

/// Inserts an admin and records it; an admin who joins by a link is recorded as the one who did it.
fn add(
    conn: &mut Conn,
    new: &NewAdmin,
    hash: &PhcString,
    by: Option<Actor>,
    from: Source,
    now: DateTime<Utc>,
) -> Result<ServerAdmin, AdminError> {
    let id = store::people::admins::insert(conn, &new.name, &new.email, hash, now)?;
    let admin = store::people::admins::by_id(conn, id)?.ok_or(AdminError::NotFound)?;
    let by = by.unwrap_or_else(|| admin.actor());
    let event = Event::new(now, Kind::AdminAdded, by, from).about(new.email.as_str());
    store::activity::record(conn, &event)?;
    Ok(admin)
}
