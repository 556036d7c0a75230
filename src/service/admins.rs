//! Who may sign in: setting up, inviting, deactivating, changing names and passwords.

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;

use crate::domain::activity::{Actor, Event, Kind};
use crate::domain::admin::{
    AdminId, EmailAddress, NewPassword, PersonName, ServerAdmin, WeakPassword,
};
use crate::domain::one_time::{Digest, OneTimeCode};
use crate::domain::secret::PhcString;
use crate::domain::source::Source;
use crate::service::{Failure, World};
use crate::store::links::{Link, Purpose};
use crate::store::{self, Conn, Lock, StoreError};

/// A set-up or invitation link works this long.
pub const LINK_LIFETIME: TimeDelta = TimeDelta::hours(24);

/// Manages Server Admins.
#[derive(Clone)]
pub struct Admins {
    world: World,
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
    /// Works on `world`.
    pub const fn new(world: World) -> Self {
        Self { world }
    }

    /// All Server Admins, by name.
    ///
    /// # Errors
    /// [`Failure`] when the database fails.
    pub async fn list(&self) -> Result<Vec<ServerAdmin>, Failure> {
        Ok(self.world.store.read(store::admins::list).await?)
    }

    /// The Server Admin with this address.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], or a [`Failure`].
    pub async fn by_email(&self, email: EmailAddress) -> Result<ServerAdmin, AdminError> {
        let admin =
            self.world.store.read(move |conn| store::admins::by_email(conn, &email)).await?;
        admin.ok_or(AdminError::NotFound)
    }

    /// The Server Admin with this key.
    ///
    /// # Errors
    /// [`Failure`] when the database fails.
    pub async fn by_id(&self, id: AdminId) -> Result<Option<ServerAdmin>, Failure> {
        Ok(self.world.store.read(move |conn| store::admins::by_id(conn, id)).await?)
    }

    /// Whether there is any Server Admin yet.
    ///
    /// # Errors
    /// [`Failure`] when the database fails.
    pub async fn exist(&self) -> Result<bool, Failure> {
        Ok(self.world.store.read(store::admins::any).await?)
    }

    /// A code for the set-up link, or nothing if there is any Server Admin.
    ///
    /// # Errors
    /// [`Failure`] when the database fails.
    pub async fn setup_code(&self) -> Result<Option<OneTimeCode>, Failure> {
        let now = self.world.clock.now();
        let code = self.code();
        let link = link(&code, None, None, now);
        let made = self
            .world
            .store
            .write(Lock::Admins, move |conn| {
                if store::admins::any(conn)? {
                    return Ok(false);
                }
                store::links::insert(conn, Purpose::Setup, &link, None, now)?;
                Ok(true)
            })
            .await
            .map_err(|error: StoreError| Failure::from(error))?;
        Ok(made.then_some(code))
    }

    /// Whether a set-up code may still be used.
    ///
    /// # Errors
    /// [`Failure`] when the database fails.
    pub async fn is_setup_code(&self, code: &OneTimeCode) -> Result<bool, Failure> {
        let now = self.world.clock.now();
        let digest = code.digest();
        Ok(self
            .world
            .store
            .read(move |conn| {
                let usable = store::links::usable(conn, Purpose::Setup, &digest, now)?;
                Ok(usable.is_some() && !store::admins::any(conn)?)
            })
            .await?)
    }

    /// Creates the first Server Admin and uses the code up.
    ///
    /// # Errors
    /// [`AdminError::LinkNotUsable`] once any Server Admin exists.
    pub async fn set_up(
        &self,
        code: &OneTimeCode,
        new: NewAdmin,
        from: Source,
    ) -> Result<ServerAdmin, AdminError> {
        let now = self.world.clock.now();
        let hash = self.hash(&new).await?;
        let digest = code.digest();
        self.world
            .store
            .write(Lock::Admins, move |conn| {
                let usable = store::links::usable(conn, Purpose::Setup, &digest, now)?;
                if usable.is_none() || store::admins::any(conn)? {
                    return Err(AdminError::LinkNotUsable);
                }
                store::links::consume(conn, &digest, now)?;
                let admin = add(conn, &new, &hash, None, from, now)?;
                store::admins::set_last_login(conn, admin.id, now)?;
                Ok(admin)
            })
            .await
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
        let now = self.world.clock.now();
        let hash = self.hash(&new).await?;
        self.world
            .store
            .write(Lock::Admins, move |conn| add(conn, &new, &hash, Some(by), from, now))
            .await
    }

    /// Makes an invitation and returns the code for its link.
    ///
    /// # Errors
    /// [`AdminError::EmailTaken`].
    pub async fn invite(
        &self,
        name: PersonName,
        email: EmailAddress,
        by: &ServerAdmin,
        from: Source,
    ) -> Result<OneTimeCode, AdminError> {
        let now = self.world.clock.now();
        let code = self.code();
        let link = link(&code, Some(&name), Some(&email), now);
        let (actor, creator) = (by.actor(), by.id);
        self.world
            .store
            .write(Lock::Admins, move |conn| {
                if store::admins::by_email(conn, &email)?.is_some() {
                    return Err(AdminError::EmailTaken);
                }
                // The newest invitation to an address is the one that works.
                for open in store::links::open(conn, Purpose::Invitation, now)? {
                    if open.email == link.email {
                        store::links::consume(conn, &open.digest, now)?;
                    }
                }
                store::links::insert(conn, Purpose::Invitation, &link, Some(creator), now)?;
                let event = Event::new(now, Kind::AdminInvited, actor, from).about(email.as_str());
                Ok(store::activity::record(conn, &event)?)
            })
            .await?;
        Ok(code)
    }

    /// The invitation behind a code, if it may still be used.
    ///
    /// # Errors
    /// [`Failure`] when the database fails.
    pub async fn invitation(&self, code: &OneTimeCode) -> Result<Option<Link>, Failure> {
        let now = self.world.clock.now();
        let digest = code.digest();
        Ok(self
            .world
            .store
            .read(move |conn| store::links::usable(conn, Purpose::Invitation, &digest, now))
            .await?)
    }

    /// Invitations that may still be used.
    ///
    /// # Errors
    /// [`Failure`] when the database fails.
    pub async fn invitations(&self) -> Result<Vec<Link>, Failure> {
        let now = self.world.clock.now();
        let open =
            self.world.store.read(move |conn| store::links::open(conn, Purpose::Invitation, now));
        Ok(open.await?)
    }

    /// Makes the invited person a Server Admin and uses the code up.
    ///
    /// # Errors
    /// [`AdminError::LinkNotUsable`], [`AdminError::WeakPassword`], [`AdminError::EmailTaken`].
    pub async fn accept(
        &self,
        code: &OneTimeCode,
        new: NewAdmin,
        from: Source,
    ) -> Result<ServerAdmin, AdminError> {
        let now = self.world.clock.now();
        let hash = self.hash(&new).await?;
        let digest = code.digest();
        self.world
            .store
            .write(Lock::Admins, move |conn| {
                let link = store::links::usable(conn, Purpose::Invitation, &digest, now)?;
                let email = link.and_then(|link| link.email).ok_or(AdminError::LinkNotUsable)?;
                if email != new.email.as_str() {
                    return Err(AdminError::LinkNotUsable);
                }
                store::links::consume(conn, &digest, now)?;
                let admin = add(conn, &new, &hash, None, from, now)?;
                store::admins::set_last_login(conn, admin.id, now)?;
                Ok(admin)
            })
            .await
    }

    /// Withdraws an invitation.
    ///
    /// # Errors
    /// [`Failure`] when the database fails.
    pub async fn withdraw(&self, digest: Digest) -> Result<(), Failure> {
        let now = self.world.clock.now();
        self.world
            .store
            .write(Lock::Admins, move |conn| store::links::consume(conn, &digest, now).map(|_| ()))
            .await
            .map_err(|error: StoreError| error.into())
    }

    /// Deactivates an admin and ends all of their sessions.
    ///
    /// # Errors
    /// [`AdminError::LastActive`], [`AdminError::NotFound`].
    pub async fn deactivate(&self, id: AdminId, by: Actor, from: Source) -> Result<(), AdminError> {
        let now = self.world.clock.now();
        self.world
            .store
            .write(Lock::Admins, move |conn| {
                let admin = store::admins::by_id(conn, id)?.ok_or(AdminError::NotFound)?;
                if !admin.active {
                    return Ok(());
                }
                if store::admins::count_active(conn)? <= 1 {
                    return Err(AdminError::LastActive);
                }
                store::admins::set_active(conn, id, false)?;
                store::sessions::delete_of_admin(conn, id, None)?;
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
        let now = self.world.clock.now();
        self.world
            .store
            .write(Lock::Admins, move |conn| {
                let admin = store::admins::by_id(conn, id)?.ok_or(AdminError::NotFound)?;
                if admin.active {
                    return Ok(());
                }
                store::admins::set_active(conn, id, true)?;
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
        let now = self.world.clock.now();
        self.world
            .store
            .write(Lock::Admins, move |conn| {
                let before = store::admins::by_id(conn, id)?.ok_or(AdminError::NotFound)?;
                if before.name == name && before.email == email {
                    return Ok(());
                }
                store::admins::set_profile(conn, id, &name, &email)?;
                let was = format!("was {} <{}>", before.name, before.email);
                let event = Event::new(now, Kind::AdminChanged, by, from)
                    .about(email.as_str())
                    .with_detail(was);
                Ok(store::activity::record(conn, &event)?)
            })
            .await
    }

    /// Changes one's own password, knowing the present one; ends all other sessions.
    ///
    /// # Errors
    /// [`AdminError::WrongPassword`], [`AdminError::WeakPassword`].
    pub async fn change_own_password(
        &self,
        admin: &ServerAdmin,
        present: SecretString,
        fresh: SecretString,
        kept_session: Digest,
        from: Source,
    ) -> Result<(), AdminError> {
        let right = self.world.password_hasher.verify(present, admin.password_hash.clone()).await;
        if !right.map_err(Failure::from)? {
            return Err(AdminError::WrongPassword);
        }
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
        let now = self.world.clock.now();
        let fresh = NewPassword::parse(fresh, admin.name.as_str(), admin.email.as_str())?;
        let hash = self.world.password_hasher.hash(SecretString::from(fresh.expose())).await;
        let hash = hash.map_err(Failure::from)?;
        let (id, email) = (admin.id, admin.email.clone());
        self.world
            .store
            .write(Lock::Admins, move |conn| {
                store::admins::set_password(conn, id, &hash)?;
                store::sessions::delete_of_admin(conn, id, kept_session.as_ref())?;
                let event = Event::new(now, Kind::PasswordChanged, by, from).about(email.as_str());
                Ok(store::activity::record(conn, &event)?)
            })
            .await
    }

    async fn hash(&self, new: &NewAdmin) -> Result<PhcString, AdminError> {
        let password =
            NewPassword::parse(new.password.clone(), new.name.as_str(), new.email.as_str())?;
        let hash = self.world.password_hasher.hash(SecretString::from(password.expose())).await;
        Ok(hash.map_err(Failure::from)?)
    }

    fn code(&self) -> OneTimeCode {
        OneTimeCode::generate(|bytes| self.world.entropy.fill(bytes))
    }
}

fn link(
    code: &OneTimeCode,
    name: Option<&PersonName>,
    email: Option<&EmailAddress>,
    now: DateTime<Utc>,
) -> Link {
    Link {
        digest: code.digest(),
        name: name.map(|name| name.as_str().to_owned()),
        email: email.map(|email| email.as_str().to_owned()),
        expires_at: now + LINK_LIFETIME,
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
    let id = store::admins::insert(conn, &new.name, &new.email, hash, now)?;
    let admin = store::admins::by_id(conn, id)?.ok_or(AdminError::NotFound)?;
    let by = by.unwrap_or_else(|| admin.actor());
    let event = Event::new(now, Kind::AdminAdded, by, from).about(new.email.as_str());
    store::activity::record(conn, &event)?;
    Ok(admin)
}
