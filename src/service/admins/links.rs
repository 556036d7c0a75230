//! Joining by a one-time link: the first Server Admin by the set-up link, others by invitation.

use chrono::{DateTime, TimeDelta, Utc};

use super::{AddError, Admins, InviteError, NewAdmin, insert};
use crate::domain::activity::{Event, Kind};
use crate::domain::admin::actor::{Actor, Author};
use crate::domain::admin::code::{Digest, SecretCode, SessionId};
use crate::domain::admin::link::{LinkPurpose, OneTimeLink};
use crate::domain::admin::passkey::Proof;
use crate::domain::admin::person::{EmailAddress, PersonName};
use crate::domain::network::source::Source;
use crate::service::authority::Authorized;
use crate::service::sessions::begin;
use crate::service::{Failure, hourly};
use crate::store::people::{admins, links};
use crate::store::{Conn, Lock, StoreError, Transaction, activity};

/// A link works this long.
const LINK_LIFETIME: TimeDelta = TimeDelta::hours(24);

/// Invitations that one admin may make in an hour.
const INVITATIONS_IN_AN_HOUR: usize = 20;
/// Invitations that may be open at a time, of all Server Admins together.
const OPEN_INVITATIONS: usize = 200;

/// What a new link needs: only its digest is stored.
#[derive(Debug)]
pub struct IssuedLink {
    /// The code that the link carries.
    pub code: SecretCode,
    /// The first instant at which it no longer works.
    pub expires_at: DateTime<Utc>,
}

/// An invitation that was made once more.
#[derive(Debug)]
pub struct InvitedAgain {
    /// The invited person's name.
    pub name: PersonName,
    /// Their address.
    pub email: EmailAddress,
    /// The new link.
    pub link: IssuedLink,
}

impl Admins {
    /// A code for the set-up link, or nothing if there is any Server Admin.
    pub async fn setup_code(&self) -> Result<Option<SecretCode>, Failure> {
        let now = self.resources.clock.now();
        let code = self.resources.secret_code();
        let issued = move |conn: &mut Transaction| {
            if admins::any(conn)? {
                return Ok(None);
            }
            links::insert(conn, LinkPurpose::Setup, &new_link(&code, now), None)?;
            Ok(Some(code))
        };
        self.resources.store.write(Lock::Admins, issued).await
    }

    /// Makes an invitation, and withdraws earlier ones to the same address.
    pub async fn invite(
        &self,
        name: PersonName,
        email: EmailAddress,
        by: Author,
    ) -> Result<IssuedLink, InviteError> {
        let code = self.code();
        self.write_as(by, Kind::AdminInvited, move |conn, by| invite(conn, by, code, &name, &email))
            .await
    }

    /// Makes an open invitation, named by the stored form of its code, once more: the link that was
    /// sent ends. Nothing if it is not open any more.
    pub async fn invite_again(
        &self,
        digest: Digest,
        by: Author,
    ) -> Result<Option<InvitedAgain>, InviteError> {
        let code = self.code();
        self.write_as(by, Kind::AdminInvited, move |conn, by| {
            let open = links::usable(conn, LinkPurpose::Invitation, &digest, by.now)?;
            let Some(OneTimeLink { name: Some(name), email: Some(email), .. }) = open else {
                return Ok(None);
            };
            let (name, email) = (PersonName::stored(name), EmailAddress::stored(email));
            let link = invite(conn, by, code, &name, &email)?;
            Ok(Some(InvitedAgain { name, email, link }))
        })
        .await
    }

    /// Invitations that may still be used.
    pub async fn invitations(&self) -> Result<Vec<OneTimeLink>, Failure> {
        let now = self.resources.clock.now();
        Ok(self.resources.store.read(move |conn| links::open_invitations(conn, now)).await?)
    }

    /// Withdraws an invitation, named by the stored form of its code; says whether it was open.
    pub async fn withdraw(&self, digest: Digest, by: Author) -> Result<bool, Failure> {
        self.write_as(by, Kind::InvitationWithdrawn, move |conn, by| {
            let Some(link) = links::usable(conn, LinkPurpose::Invitation, &digest, by.now)? else {
                return Ok(false);
            };
            links::consume(conn, &digest, by.now)?;
            let event = by.event(Kind::InvitationWithdrawn).about(link.email.unwrap_or_default());
            activity::record(conn, &event)?;
            Ok(true)
        })
        .await
    }

    /// The link with this code, if it may still be used.
    pub async fn link(
        &self,
        purpose: LinkPurpose,
        code: &SecretCode,
    ) -> Result<Option<OneTimeLink>, Failure> {
        let now = self.resources.clock.now();
        let digest = code.digest();
        Ok(self.resources.store.read(move |conn| usable(conn, purpose, &digest, now)).await?)
    }

    /// Uses a link up and adds the Server Admin who came by it, signed in: returns the id of the
    /// session.
    pub async fn join(
        &self,
        purpose: LinkPurpose,
        code: &SecretCode,
        new: NewAdmin,
        from: Source,
    ) -> Result<SessionId, AddError> {
        let joined = self.use_link(purpose, code, new, from.clone()).await;
        if let Err(error @ (AddError::LinkNotUsable | AddError::EmailTaken(_))) = &joined {
            self.resources.refused(Kind::AdminAdded, Actor::System, from, error);
        }
        joined
    }

    async fn use_link(
        &self,
        purpose: LinkPurpose,
        code: &SecretCode,
        new: NewAdmin,
        from: Source,
    ) -> Result<SessionId, AddError> {
        // Hashing is expensive: only a link pays for it.
        if self.link(purpose, code).await?.is_none() {
            return Err(AddError::LinkNotUsable);
        }
        let now = self.resources.clock.now();
        let password = self.hash(&new).await?;
        let id = self.resources.session_id();
        let (digest, session) = (code.digest(), id.digest());
        let alerts = self.alerts.clone();
        let joined = move |conn: &mut Transaction| {
            let link = usable(conn, purpose, &digest, now)?.ok_or(AddError::LinkNotUsable)?;
            if link.email.is_some_and(|invited| invited != new.email.as_str()) {
                return Err(AddError::LinkNotUsable);
            }
            links::consume(conn, &digest, now)?;
            let admin = insert(conn, &new, &password, now)?;
            begin(conn, &session, &admin, &from, Proof::Password, now)?;
            let event = Event::new(now, Kind::AdminAdded, admin.actor(), from);
            let event = match creator(conn, &digest)? {
                Some(inviter) => event.with_detail(format!("invited by {inviter}")),
                None => event,
            };
            alerts.record(conn, &event.about(new.email.as_str()), None)?;
            Ok::<_, AddError>(admins::set_last_login(conn, admin.id, now)?)
        };
        self.resources.store.write(Lock::Admins, joined).await?;
        self.alerts.wake();
        Ok(id)
    }

    pub(super) fn code(&self) -> SecretCode {
        self.resources.secret_code()
    }
}

/// A link that begins now, for nobody in particular.
pub(super) fn new_link(code: &SecretCode, now: DateTime<Utc>) -> OneTimeLink {
    OneTimeLink {
        digest: code.digest(),
        name: None,
        email: None,
        admin: None,
        created_at: now,
        expires_at: now + LINK_LIFETIME,
        // Until its mail was sent: the process may end before that.
        undelivered: Some(String::new()),
    }
}

/// Makes an invitation, and withdraws earlier ones to the same address.
fn invite(
    conn: &mut Transaction,
    by: &Authorized,
    code: SecretCode,
    name: &PersonName,
    email: &EmailAddress,
) -> Result<IssuedLink, InviteError> {
    if let Some(holder) = admins::by_email(conn, email)? {
        return Err(InviteError::EmailTaken(Box::new(holder)));
    }
    hourly::check::<InviteError>(conn, by, &[Kind::AdminInvited], INVITATIONS_IN_AN_HOUR)?;
    let open = links::open_invitations(conn, by.now)?;
    let (same, others): (Vec<_>, Vec<_>) = open.into_iter().partition(|open| {
        open.email.as_ref().is_some_and(|open| open.to_lowercase() == email.key())
    });
    for replaced in same {
        links::consume(conn, &replaced.digest, by.now)?;
    }
    if let Some(until) = others.iter().map(|open| open.expires_at).min()
        && others.len() >= OPEN_INVITATIONS
    {
        return Err(InviteError::TooManyOpen { limit: OPEN_INVITATIONS, until });
    }
    let link = OneTimeLink {
        name: Some(name.to_string()),
        email: Some(email.to_string()),
        ..new_link(&code, by.now)
    };
    links::insert(conn, LinkPurpose::Invitation, &link, by.actor.admin_id())?;
    activity::record(conn, &by.event(Kind::AdminInvited).about(email.as_str()))?;
    Ok(IssuedLink { code, expires_at: link.expires_at })
}

/// Who made a link, by name and address: the names of two may be the same.
pub(super) fn creator(conn: &mut Conn, digest: &Digest) -> Result<Option<String>, StoreError> {
    let creator = links::creator(conn, digest)?;
    let creator = creator.map(|id| admins::by_id(conn, id)).transpose()?.flatten();
    Ok(creator.map(|creator| format!("{} <{}>", creator.name, creator.email)))
}

/// The link, if somebody can still join by it: the set-up link is of no use once there is any Server
/// Admin, and a password link is for those who have joined.
fn usable(
    conn: &mut Conn,
    purpose: LinkPurpose,
    digest: &Digest,
    now: DateTime<Utc>,
) -> Result<Option<OneTimeLink>, StoreError> {
    match purpose {
        LinkPurpose::Setup if admins::any(conn)? => Ok(None),
        LinkPurpose::Setup | LinkPurpose::Invitation => links::usable(conn, purpose, digest, now),
        LinkPurpose::Password => Ok(None),
    }
}
