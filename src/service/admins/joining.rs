//! Joining by a one-time link: the first Server Admin by the set-up link, others by invitation.

use chrono::{DateTime, TimeDelta, Utc};

use super::{AdminError, Admins, NewAdmin, add};
use crate::domain::activity::{Event, Kind};
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::actor::Actor;
use crate::domain::admin::code::{Digest, SecretCode};
use crate::domain::admin::person::{EmailAddress, PersonName};
use crate::domain::network::source::Source;
use crate::domain::token::secret::PhcString;
use crate::service::Failure;
pub use crate::store::people::links::Link as Invitation;
use crate::store::people::links::{Link, Purpose};
use crate::store::{self, Conn, Lock, StoreError};

/// A set-up or invitation link works this long.
const LINK_LIFETIME: TimeDelta = TimeDelta::hours(24);

/// An invitation that was just made.
#[derive(Debug)]
pub struct NewInvitation {
    /// What its link carries.
    pub code: SecretCode,
    /// The first instant at which it no longer works.
    pub expires_at: DateTime<Utc>,
}

impl Admins {
    /// A code for the set-up link, or nothing if there is any Server Admin.
    ///
    /// # Errors
    /// [`Failure`] when the database fails.
    pub async fn setup_code(&self) -> Result<Option<SecretCode>, Failure> {
        let now = self.resources.clock.now();
        let code = self.code();
        let link = link(&code, None, None, now);
        let made = self
            .resources
            .store
            .write(Lock::Admins, move |conn| {
                if store::people::admins::any(conn)? {
                    return Ok(false);
                }
                store::people::links::insert(conn, Purpose::Setup, &link, None, now)?;
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
    pub async fn is_setup_code(&self, code: &SecretCode) -> Result<bool, Failure> {
        let now = self.resources.clock.now();
        let digest = code.digest();
        Ok(self
            .resources
            .store
            .read(move |conn| {
                let usable = store::people::links::usable(conn, Purpose::Setup, &digest, now)?;
                Ok(usable.is_some() && !store::people::admins::any(conn)?)
            })
            .await?)
    }

    /// Creates the first Server Admin and uses the code up.
    ///
    /// # Errors
    /// [`AdminError::LinkNotUsable`] once any Server Admin exists.
    pub async fn set_up(
        &self,
        code: &SecretCode,
        new: NewAdmin,
        from: Source,
    ) -> Result<ServerAdmin, AdminError> {
        // Hashing is work that nobody gets without a link.
        if !self.is_setup_code(code).await? {
            return Err(AdminError::LinkNotUsable);
        }
        let now = self.resources.clock.now();
        let hash = self.hash(&new).await?;
        let digest = code.digest();
        self.resources
            .store
            .write(Lock::Admins, move |conn| {
                let usable = store::people::links::usable(conn, Purpose::Setup, &digest, now)?;
                if usable.is_none() || store::people::admins::any(conn)? {
                    return Err(AdminError::LinkNotUsable);
                }
                join(conn, &digest, &new, &hash, from, now)
            })
            .await
    }

    /// Makes an invitation. An earlier one to the same address does not work any more.
    ///
    /// # Errors
    /// [`AdminError::EmailTaken`].
    pub async fn invite(
        &self,
        name: PersonName,
        email: EmailAddress,
        by: &ServerAdmin,
        from: Source,
    ) -> Result<NewInvitation, AdminError> {
        let now = self.resources.clock.now();
        let code = self.code();
        let link = link(&code, Some(&name), Some(&email), now);
        let (actor, creator, expires_at) = (by.actor(), by.id, link.expires_at);
        self.resources
            .store
            .write(Lock::Admins, move |conn| {
                if store::people::admins::by_email(conn, &email)?.is_some() {
                    return Err(AdminError::EmailTaken);
                }
                for open in store::people::links::open(conn, Purpose::Invitation, now)? {
                    if open.email.is_some_and(|open| open.to_lowercase() == email.key()) {
                        store::people::links::consume(conn, &open.digest, now)?;
                    }
                }
                store::people::links::insert(conn, Purpose::Invitation, &link, Some(creator), now)?;
                let event = Event::new(now, Kind::AdminInvited, actor, from).about(email.as_str());
                Ok(store::activity::record(conn, &event)?)
            })
            .await?;
        Ok(NewInvitation { code, expires_at })
    }

    /// The invitation behind a code, if it may still be used.
    ///
    /// # Errors
    /// [`Failure`] when the database fails.
    pub async fn invitation(&self, code: &SecretCode) -> Result<Option<Link>, Failure> {
        let now = self.resources.clock.now();
        let digest = code.digest();
        Ok(self
            .resources
            .store
            .read(move |conn| store::people::links::usable(conn, Purpose::Invitation, &digest, now))
            .await?)
    }

    /// Invitations that may still be used.
    ///
    /// # Errors
    /// [`Failure`] when the database fails.
    pub async fn invitations(&self) -> Result<Vec<Link>, Failure> {
        let now = self.resources.clock.now();
        let open = self
            .resources
            .store
            .read(move |conn| store::people::links::open(conn, Purpose::Invitation, now));
        Ok(open.await?)
    }

    /// Makes the invited person a Server Admin and uses the code up.
    ///
    /// # Errors
    /// [`AdminError::LinkNotUsable`], [`AdminError::WeakPassword`], [`AdminError::EmailTaken`].
    pub async fn accept(
        &self,
        code: &SecretCode,
        new: NewAdmin,
        from: Source,
    ) -> Result<ServerAdmin, AdminError> {
        if self.invitation(code).await?.is_none() {
            return Err(AdminError::LinkNotUsable);
        }
        let now = self.resources.clock.now();
        let hash = self.hash(&new).await?;
        let digest = code.digest();
        self.resources
            .store
            .write(Lock::Admins, move |conn| {
                let link = store::people::links::usable(conn, Purpose::Invitation, &digest, now)?;
                let email = link.and_then(|link| link.email).ok_or(AdminError::LinkNotUsable)?;
                if email != new.email.as_str() {
                    return Err(AdminError::LinkNotUsable);
                }
                join(conn, &digest, &new, &hash, from, now)
            })
            .await
    }

    /// Withdraws an invitation, named by the stored form of its code.
    ///
    /// # Errors
    /// [`AdminError::LinkNotUsable`] if there is none that still works.
    pub async fn withdraw(
        &self,
        digest: Digest,
        by: Actor,
        from: Source,
    ) -> Result<(), AdminError> {
        let now = self.resources.clock.now();
        self.resources
            .store
            .write(Lock::Admins, move |conn| {
                let link = store::people::links::usable(conn, Purpose::Invitation, &digest, now)?;
                let link = link.ok_or(AdminError::LinkNotUsable)?;
                store::people::links::consume(conn, &digest, now)?;
                let event = Event::new(now, Kind::InvitationWithdrawn, by, from)
                    .about(link.email.unwrap_or_default());
                Ok(store::activity::record(conn, &event)?)
            })
            .await
    }

    fn code(&self) -> SecretCode {
        SecretCode::generate(|bytes| self.resources.entropy.fill(bytes))
    }
}

/// Uses the link up and adds the Server Admin who came by it, signed in.
fn join(
    conn: &mut Conn,
    link: &Digest,
    new: &NewAdmin,
    hash: &PhcString,
    from: Source,
    now: DateTime<Utc>,
) -> Result<ServerAdmin, AdminError> {
    store::people::links::consume(conn, link, now)?;
    let admin = add(conn, new, hash, None, from, now)?;
    store::people::admins::set_last_login(conn, admin.id, now)?;
    Ok(admin)
}

fn link(
    code: &SecretCode,
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
