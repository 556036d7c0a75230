//! Who may sign in: setting up, inviting, deactivating, changing names and passwords.
//!
//! Every change holds [`Lock::Admins`] on all instances, so what it reads stays true until it ends.

mod errors;
mod links;
mod password_links;
mod passwords;

use chrono::{DateTime, Utc};
use secrecy::SecretString;

pub use self::errors::{
    ActivationError, AddError, InviteError, NewPasswordError, PasswordError, PasswordLinkError,
    ProfileError,
};
pub use self::links::{InvitedAgain, IssuedLink};
pub use self::password_links::OpenPasswordLink;
use super::authority::Authorized;
use super::mails::Alerts;
use super::{ChangeError, Failure, HourlyLimit, Resources, hourly};
use crate::domain::activity::Kind;
use crate::domain::admin::actor::Author;
use crate::domain::admin::guessing::OwnWords;
use crate::domain::admin::password::HashedPassword;
use crate::domain::admin::person::{AdminId, EmailAddress, PersonName};
use crate::domain::admin::{EmailTaken, ServerAdmin, UnknownAdmin};
use crate::store::people::{admins, links as stored_links, second_steps, sessions};
use crate::store::{Conn, Lock, StoreError, Transaction};

/// What one admin may change about Server Admins in an hour: each change is a mail to everybody.
const CHANGES_IN_AN_HOUR: usize = 30;

/// Manages Server Admins.
#[derive(Clone)]
pub struct Admins {
    resources: Resources,
    alerts: Alerts,
    own_words: OwnWords,
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
    /// Works on `resources`, and tells everybody of changes by `alerts`. Nobody may choose a password of
    /// the words that the service is called by.
    pub(crate) const fn new(resources: Resources, alerts: Alerts, own_words: OwnWords) -> Self {
        Self { resources, alerts, own_words }
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
    pub async fn add(&self, new: NewAdmin, by: Author) -> Result<ServerAdmin, AddError> {
        let password = self.hash(&new).await?;
        let alerts = self.alerts.clone();
        self.write_as(by, Kind::AdminAdded, move |conn, by| {
            let admin = insert(conn, &new, &password, by.now)?;
            let event = by.event(Kind::AdminAdded).about(new.email.as_str());
            alerts.record(conn, &event, None)?;
            Ok(admin)
        })
        .await
    }

    /// Deactivates or reactivates an admin. Deactivating ends all of their sessions, the links that
    /// they have made and those for their password.
    pub async fn set_active(
        &self,
        id: AdminId,
        active: bool,
        by: Author,
    ) -> Result<ServerAdmin, ActivationError> {
        let alerts = self.alerts.clone();
        let kind = if active { Kind::AdminReactivated } else { Kind::AdminDeactivated };
        self.write_as(by, kind, move |conn, by| {
            let admin = admins::by_id(conn, id)?.ok_or(UnknownAdmin)?;
            if admin.active == active {
                return Ok(admin);
            }
            check_changes::<ActivationError>(conn, by)?;
            if !active {
                if admins::count_active(conn)? <= 1 {
                    return Err(ActivationError::LastActive);
                }
                sessions::delete_of_admin(conn, id)?;
                second_steps::delete_of_admin(conn, id)?;
                // Or the admin could come back through a link that they made or were sent.
                stored_links::consume_all_of(conn, id, by.now)?;
            }
            admins::set_active(conn, id, active)?;
            alerts.record(conn, &by.event(kind).about(admin.email.as_str()), Some(&admin))?;
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
        by: Author,
    ) -> Result<(), ProfileError> {
        let alerts = self.alerts.clone();
        self.write_as(by, Kind::AdminChanged, move |conn, by| {
            let before = admins::by_id(conn, id)?.ok_or(UnknownAdmin)?;
            if before.name == name && before.email == email {
                return Ok(());
            }
            check_changes::<ProfileError>(conn, by)?;
            if admins::by_email(conn, &email)?.is_some_and(|holder| holder.id != id) {
                return Err(EmailTaken.into());
            }
            admins::set_profile(conn, id, &name, &email)?;
            if before.email != email {
                // A link went to the address that was theirs.
                stored_links::consume_password_links(conn, id, by.now)?;
            }
            let event = by
                .event(Kind::AdminChanged)
                .about(email.as_str())
                .with_detail(format!("was {} <{}>", before.name, before.email));
            Ok(alerts.record(conn, &event, Some(&before))?)
        })
        .await
    }

    async fn hash(&self, new: &NewAdmin) -> Result<HashedPassword, AddError> {
        let own = self.own_words.clone().and_person(new.name.as_str(), new.email.as_str());
        self.resources.hash_new_password(new.password.clone(), own).await
    }

    async fn write_as<T, E, F>(&self, by: Author, kind: Kind, change: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: ChangeError,
        F: FnOnce(&mut Transaction, &Authorized) -> Result<T, E> + Send + 'static,
    {
        let changed = self.resources.write_as(by, Lock::Admins, kind, change).await?;
        self.alerts.wake();
        Ok(changed)
    }
}

fn check_changes<E: From<HourlyLimit> + From<StoreError>>(
    conn: &mut Conn,
    by: &Authorized,
) -> Result<(), E> {
    let kinds = [Kind::AdminDeactivated, Kind::AdminReactivated, Kind::AdminChanged];
    hourly::check(conn, by, &kinds, CHANGES_IN_AN_HOUR)
}

/// Inserts an admin whose address must be free.
fn insert(
    conn: &mut Conn,
    new: &NewAdmin,
    password: &HashedPassword,
    now: DateTime<Utc>,
) -> Result<ServerAdmin, AddError> {
    if admins::by_email(conn, &new.email)?.is_some() {
        return Err(EmailTaken.into());
    }
    Ok(admins::insert(conn, &new.name, &new.email, password, now)?)
}
