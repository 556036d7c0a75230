//! Choosing a new password with a link that another Server Admin has sent.
//!
//! It is for those who have lost theirs. Only its address may open it, so whatever makes that doubtful
//! ends it: another link, a new password or address, a deactivation of either of the two.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use secrecy::SecretString;

use super::links::{creator, new_link};
use super::passwords::replace;
use super::{Admins, IssuedLink, NewPasswordError, PasswordLinkError};
use crate::domain::activity::{Event, Kind};
use crate::domain::admin::actor::{Actor, Author};
use crate::domain::admin::code::{Digest, SecretCode};
use crate::domain::admin::link::{LinkPurpose, OneTimeLink};
use crate::domain::admin::person::AdminId;
use crate::domain::admin::{ServerAdmin, UnknownAdmin};
use crate::domain::calendar::LocalText;
use crate::domain::network::source::Source;
use crate::service::sessions::failures::Counters;
use crate::service::sessions::login::{self, LoggedIn, Opened};
use crate::service::{Failure, hourly};
use crate::store::people::{admins, links};
use crate::store::{Conn, Lock, StoreError, Transaction, activity};

/// Password links that one admin may send in an hour.
const LINKS_IN_AN_HOUR: usize = 20;

/// A password link that may still be used, and the Server Admin whose password it is for.
#[derive(Debug)]
pub struct OpenPasswordLink {
    /// Whose password it is for.
    pub admin: ServerAdmin,
    /// The first instant at which it no longer works.
    pub expires_at: DateTime<Utc>,
}

impl Admins {
    /// Makes a password link for another active Server Admin, and ends earlier ones.
    pub async fn make_password_link(
        &self,
        id: AdminId,
        by: Author,
    ) -> Result<(ServerAdmin, IssuedLink), PasswordLinkError> {
        let code = self.code();
        self.write_as(by, Kind::PasswordLinkSent, move |conn, by| {
            let admin = admins::by_id(conn, id)?.ok_or(UnknownAdmin)?;
            if by.actor.admin_id() == Some(id) {
                return Err(PasswordLinkError::Own);
            }
            if !admin.active {
                return Err(PasswordLinkError::Deactivated(admin.name.to_string()));
            }
            let kinds = [Kind::PasswordLinkSent];
            hourly::check::<PasswordLinkError>(conn, by, &kinds, LINKS_IN_AN_HOUR)?;
            links::consume_password_links(conn, id, by.now)?;
            let link = OneTimeLink { admin: Some(id), ..new_link(&code, by.now) };
            links::insert(conn, LinkPurpose::Password, &link, by.actor.admin_id())?;
            let event = by.event(Kind::PasswordLinkSent).about(admin.email.as_str());
            activity::record(conn, &event)?;
            Ok((admin, IssuedLink { code, expires_at: link.expires_at }))
        })
        .await
    }

    /// The password link with this code, if it may still be used.
    pub async fn password_link(
        &self,
        code: &SecretCode,
    ) -> Result<Option<OpenPasswordLink>, Failure> {
        let (now, digest) = (self.resources.clock.now(), code.digest());
        let read = move |conn: &mut Conn| usable(conn, &digest, now);
        let found = self.resources.store.read(read).await?;
        Ok(found.map(|(link, admin)| OpenPasswordLink { admin, expires_at: link.expires_at }))
    }

    /// Uses a password link up and sets the password of its Server Admin, who is signed in, or goes on
    /// to the second step if they have a passkey. All that the old password has opened ends.
    pub async fn choose_password(
        &self,
        code: &SecretCode,
        fresh: SecretString,
        from: Source,
    ) -> Result<LoggedIn, NewPasswordError> {
        let chosen = self.use_password_link(code, fresh, from.clone()).await;
        if let Err(error @ NewPasswordError::LinkNotUsable) = &chosen {
            self.resources.refused(Kind::PasswordLinkUsed, Actor::System, from, error);
        }
        chosen
    }

    async fn use_password_link(
        &self,
        code: &SecretCode,
        fresh: SecretString,
        from: Source,
    ) -> Result<LoggedIn, NewPasswordError> {
        // Hashing is expensive: only a link pays for it.
        let found = self.password_link(code).await?;
        let admin = found.ok_or(NewPasswordError::LinkNotUsable)?.admin;
        let password = self.hashed::<NewPasswordError>(fresh, &admin).await?;
        let (session, step) = (self.resources.session_id(), self.resources.secret_code());
        let (digest, digests) = (code.digest(), (session.digest(), step.digest()));
        let (alerts, clock) = (self.alerts.clone(), self.resources.clock.clone());
        let chosen = move |conn: &mut Transaction| {
            // Hashing takes its time, and the lock may come late.
            let now = clock.now();
            let found = usable(conn, &digest, now)?;
            let (link, admin) = found.ok_or(NewPasswordError::LinkNotUsable)?;
            let admin = ServerAdmin { password, ..admin };
            replace(conn, &admin, now)?;
            Counters::of_account(admin.id, &admin.email).clear(conn)?;
            let opened = login::open(conn, &admin, &digests, &from, now)?;
            if opened == Opened::Session {
                admins::set_last_login(conn, admin.id, now)?;
            }
            let event = Event::new(now, Kind::PasswordLinkUsed, admin.actor(), from);
            let event = event.about(admin.email.as_str()).with_detail(sent(conn, &link)?);
            alerts.record(conn, &event, None)?;
            Ok::<_, NewPasswordError>(opened)
        };
        let opened = self.resources.store.write(Lock::Admins, chosen).await?;
        self.alerts.wake();
        Ok(match opened {
            Opened::Session => LoggedIn::Session(session),
            Opened::SecondStep => LoggedIn::SecondStep(step),
        })
    }
}

/// Who sent a link, and when: `sent by Ada Lovelace <ada@example.com> on 22 Nov 2026, 14:03 UTC`.
fn sent(conn: &mut Conn, link: &OneTimeLink) -> Result<String, StoreError> {
    let by = creator(conn, &link.digest)?.unwrap_or_else(|| "scimward".to_owned());
    Ok(format!("sent by {by} on {}", LocalText::new(link.created_at, Tz::UTC).fact()))
}

/// A link and its Server Admin, if both are as they must be.
fn usable(
    conn: &mut Conn,
    digest: &Digest,
    now: DateTime<Utc>,
) -> Result<Option<(OneTimeLink, ServerAdmin)>, StoreError> {
    let Some(link) = links::usable(conn, LinkPurpose::Password, digest, now)? else {
        return Ok(None);
    };
    let admin = link.admin.map(|id| admins::by_id(conn, id)).transpose()?.flatten();
    Ok(admin.filter(|admin| admin.active).map(|admin| (link, admin)))
}
