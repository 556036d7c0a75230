//! Logging in with a passkey alone: it is something that one has, and it knows its user.

use chrono::{DateTime, TimeDelta, Utc};

use super::challenges::{Opened, Purpose};
use super::enrolment::quoted;
use super::{Challenge, PasskeyError, Passkeys};
use crate::audit::Line;
use crate::domain::activity::{Attempt, Event, Kind};
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::actor::Actor;
use crate::domain::admin::code::SessionId;
use crate::domain::admin::passkey::{Credential, Passkey, Proof};
use crate::domain::network::source::Source;
use crate::service::sessions::{begin, login};
use crate::store::people::{admins, passkeys};
use crate::store::{Conn, Lock, StoreError, Transaction, activity};
use crate::webauthn::{Rejected, RelyingParty};

/// Mails that a passkey may have been copied go out this often at most.
const TOLD_EVERY: TimeDelta = TimeDelta::hours(1);
/// So many of the latest entries are looked at for that.
const RECENT_COPIES: usize = 50;

/// A passkey that has proved whose it is.
pub(crate) struct Verified {
    pub(crate) passkey: Passkey,
    admin: ServerAdmin,
    updated: Credential,
    opened: Opened,
}

impl Passkeys {
    /// Asks a browser for any passkey of this server.
    pub async fn ask_for_login(&self) -> Result<Challenge, PasskeyError> {
        self.ask(&Purpose::Login, &[]).await
    }

    /// Signs in the Server Admin who answers with their passkey.
    pub async fn log_in(
        &self,
        signed: &str,
        answer: &str,
        source: Source,
    ) -> Result<SessionId, PasskeyError> {
        let logged_in = self.check_login(signed, answer, source.clone()).await;
        logged_in.inspect_err(|error| self.log(error, source))
    }

    async fn check_login(
        &self,
        signed: &str,
        answer: &str,
        source: Source,
    ) -> Result<SessionId, PasskeyError> {
        let verified = self.verify(&Purpose::Login, signed, answer, &source).await?;
        let (id, now) = (self.resources.session_id(), self.resources.clock.now());
        let digest = id.digest();
        let begun = move |conn: &mut Transaction| {
            verified.use_up(conn, now)?;
            let proof = Proof::Passkey(verified.passkey.id);
            let admin = admins::by_id(conn, verified.admin.id)?.ok_or(PasskeyError::Unknown)?;
            if !begin(conn, &digest, &admin, &source, proof, now)? {
                return Err(PasskeyError::Unknown);
            }
            Ok(login::record(conn, &admin, &source, proof, now)?)
        };
        if self.resources.store.write(Lock::Admins, begun).await? {
            self.alerts.wake();
        }
        Ok(id)
    }

    pub(super) async fn ask(
        &self,
        purpose: &Purpose,
        known: &[Passkey],
    ) -> Result<Challenge, PasskeyError> {
        let question = self.party()?.ask_for_login(known)?;
        let signed = self.resources.sign_challenge(purpose, question.state).await?;
        Ok(Challenge { options: question.options, signed })
    }

    /// Whose passkey has answered a challenge; nothing is used up yet.
    pub(super) async fn verify(
        &self,
        purpose: &Purpose,
        signed: &str,
        answer: &str,
        source: &Source,
    ) -> Result<Verified, PasskeyError> {
        let party = self.party()?;
        let opened = self.resources.open_challenge(purpose, signed).await?;
        let claimed = RelyingParty::claimed(answer)?;
        let find = move |conn: &mut Conn| {
            let Some(passkey) = passkeys::by_credential(conn, &claimed)? else { return Ok(None) };
            let admin = admins::by_id(conn, passkey.admin)?;
            Ok(admin.filter(|admin| admin.active).map(|admin| (passkey, admin)))
        };
        let found = self.resources.store.read(find).await?;
        let (passkey, admin) = found.ok_or(PasskeyError::Unknown)?;
        match party.verify_login(answer, &opened.state, &passkey) {
            Ok(updated) => Ok(Verified { passkey, admin, updated, opened }),
            Err(Rejected::Copied) => {
                self.tell_of_copy(opened, &passkey, &admin, source).await?;
                Err(Rejected::Copied.into())
            }
            Err(rejected) => Err(rejected.into()),
        }
    }

    /// Records that a passkey may have been copied: somebody else may have its key.
    async fn tell_of_copy(
        &self,
        opened: Opened,
        passkey: &Passkey,
        admin: &ServerAdmin,
        source: &Source,
    ) -> Result<(), PasskeyError> {
        let now = self.resources.clock.now();
        let event = Event::new(now, Kind::PasskeyCopied, Actor::System, source.clone());
        let event = event.about(admin.email.as_str()).with_detail(quoted(&passkey.name));
        let alerts = self.alerts.clone();
        let told = move |conn: &mut Transaction| {
            opened.use_up(conn, now)?;
            if was_told(conn, &event)? {
                return Ok::<_, PasskeyError>(activity::record(conn, &event)?);
            }
            Ok(alerts.record(conn, &event, None)?)
        };
        self.resources.store.write(Lock::Admins, told).await?;
        self.alerts.wake();
        Ok(())
    }

    /// Logs a login that was refused.
    pub(super) fn log(&self, error: &PasskeyError, source: Source) {
        if let PasskeyError::Failed(_) = error {
            return;
        }
        let line = Line::of_attempt(Attempt::PasskeyRefused, source).with_detail(error.to_string());
        self.resources.audit.log(line, self.resources.clock.now());
    }
}

/// Whether everybody was told of the same lately: each try would be another mail.
fn was_told(conn: &mut Conn, event: &Event) -> Result<bool, StoreError> {
    let latest = activity::page(conn, None, &[Kind::PasskeyCopied], RECENT_COPIES)?;
    Ok(latest.iter().any(|entry| {
        entry.event.subject == event.subject && (event.at - entry.event.at).abs() < TOLD_EVERY
    }))
}

impl Verified {
    /// Uses the challenge up and keeps the new counter, if the passkey is still there as it was
    /// verified.
    pub(crate) fn use_up(
        &self,
        conn: &mut Transaction,
        now: DateTime<Utc>,
    ) -> Result<(), PasskeyError> {
        self.opened.use_up(conn, now)?;
        let Passkey { id, credential, .. } = &self.passkey;
        if passkeys::note_use(conn, *id, credential, &self.updated, now)? {
            Ok(())
        } else {
            Err(PasskeyError::Unknown)
        }
    }
}
