//! Who may sign in: setting up, inviting, deactivating, changing names and passwords.
//!
//! Every change holds [`Lock::Admins`] on all instances, so what it reads stays true until it ends.

mod errors;
mod links;
mod passwords;

use chrono::{DateTime, Utc};
use secrecy::SecretString;

pub use self::errors::{ActivationError, AddError, InviteError, PasswordError, ProfileError};
pub use self::links::IssuedLink;
use super::{Failure, Resources};
use crate::domain::activity::{Event, Kind};
use crate::domain::admin::actor::Actor;
use crate::domain::admin::password::NewPassword;
use crate::domain::admin::person::{AdminId, EmailAddress, PersonName};
use crate::domain::admin::{EmailTaken, ServerAdmin, UnknownAdmin};
use crate::domain::network::source::Source;
use crate::domain::token::secret::PhcString;
use crate::store::people::{admins, links as stored_links, sessions};
use crate::store::{Conn, Lock, StoreError, activity};

/// Manages Server Admins.
#[derive(Clone)]
pub struct Admins {
    resources: Resources,
}

/// Somebody who is to become a Server Admin.
#[derive(Debug)]
pub struct NewAdmin {
    /// The name.
    pub name: PersonName,
    /// The address.
    pub email: EmailAddress,
    /// The password as it was entered.
    pub password: SecretString,
}

impl Admins {
    /// Works on `resources`.
    pub const fn new(resources: Resources) -> Self {
        Self { resources }
    }

    /// All Server Admins, by name.
    pub async fn list(&self) -> Result<Vec<ServerAdmin>, Failure> {
        let mut list = self.resources.store.read(admins::list).await?;
        // The two databases order names differently.
        list.sort_by_cached_key(|admin| admin.name.as_str().to_lowercase());
        Ok(list)
    }

    /// The Server Admin with this address.
    pub async fn by_email(&self, email: EmailAddress) -> Result<Option<ServerAdmin>, Failure> {
        Ok(self.resources.store.read(move |conn| admins::by_email(conn, &email)).await?)
    }

    /// The Server Admin with this key.
    pub async fn by_id(&self, id: AdminId) -> Result<Option<ServerAdmin>, Failure> {
        Ok(self.resources.store.read(move |conn| admins::by_id(conn, id)).await?)
    }

    /// Whether there is any Server Admin yet.
    pub async fn exist(&self) -> Result<bool, Failure> {
        Ok(self.resources.store.read(admins::any).await?)
    }

    /// Adds a Server Admin with a password.
    pub async fn add(
        &self,
        new: NewAdmin,
        by: Actor,
        from: Source,
    ) -> Result<ServerAdmin, AddError> {
        let now = self.resources.clock.now();
        let hash = self.hash(&new).await?;
        self.write(move |conn| add(conn, &new, &hash, Some(by), from, now)).await
    }

    /// Deactivates or reactivates an admin. Deactivating ends all of their sessions and withdraws
    /// the invitations they have made.
    pub async fn set_active(
        &self,
        id: AdminId,
        active: bool,
        by: Actor,
        from: Source,
    ) -> Result<ServerAdmin, ActivationError> {
        let now = self.resources.clock.now();
        self.write(move |conn| {
            let admin = admins::by_id(conn, id)?.ok_or(UnknownAdmin)?;
            if admin.active == active {
                return Ok(admin);
            }
            let kind = if active { Kind::AdminReactivated } else { Kind::AdminDeactivated };
            if !active {
                if admins::count_active(conn)? <= 1 {
                    return Err(ActivationError::LastActive);
                }
                sessions::delete_of_admin(conn, id, None)?;
                // Or the admin could come back through a link they made.
                stored_links::consume_all_of(conn, id, now)?;
            }
            admins::set_active(conn, id, active)?;
            let event = Event::new(now, kind, by, from).about(admin.email.as_str());
            activity::record(conn, &event)?;
            Ok(ServerAdmin { active, ..admin })
        })
        .await
    }

    /// Changes an admin's name and address.
    pub async fn set_profile(
        &self,
        id: AdminId,
        name: PersonName,
        email: EmailAddress,
        by: Actor,
        from: Source,
    ) -> Result<(), ProfileError> {
        let now = self.resources.clock.now();
        self.write(move |conn| {
            let before = admins::by_id(conn, id)?.ok_or(UnknownAdmin)?;
            if before.name == name && before.email == email {
                return Ok(());
            }
            if admins::by_email(conn, &email)?.is_some_and(|holder| holder.id != id) {
                return Err(EmailTaken.into());
            }
            admins::set_profile(conn, id, &name, &email)?;
            let event = Event::new(now, Kind::AdminChanged, by, from)
                .about(email.as_str())
                .with_detail(format!("was {} <{}>", before.name, before.email));
            Ok(activity::record(conn, &event)?)
        })
        .await
    }

    async fn hash(&self, new: &NewAdmin) -> Result<PhcString, AddError> {
        let (name, email) = (new.name.as_str(), new.email.as_str());
        let password = NewPassword::parse(new.password.clone(), name, email)?;
        let hash = self.resources.password_hasher.hash(password.into_secret()).await;
        Ok(hash.map_err(Failure::from)?)
    }

    async fn write<T, E, F>(&self, change: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    {
        self.resources.store.write(Lock::Admins, change).await
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
) -> Result<ServerAdmin, AddError> {
    if admins::by_email(conn, &new.email)?.is_some() {
        return Err(EmailTaken.into());
    }
    let admin = admins::insert(conn, &new.name, &new.email, hash, now)?;
    let by = by.unwrap_or_else(|| admin.actor());
    let event = Event::new(now, Kind::AdminAdded, by, from).about(new.email.as_str());
    activity::record(conn, &event)?;
    Ok(admin)
}
