//! Adding a passkey to one's own account.

use super::challenges::Purpose;
use super::{Challenge, PasskeyError, Passkeys};
use crate::domain::activity::Kind;
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::actor::Author;
use crate::domain::admin::code::Digest;
use crate::domain::admin::passkey::{Credential, Passkey, PasskeyName};
use crate::domain::admin::recovery::RecoveryCode;
use crate::domain::token::secret::PhcString;
use crate::service::authority::Authorized;
use crate::service::{Failure, HourlyLimit, hourly};
use crate::store::people::{passkeys, recovery_codes, sessions};
use crate::store::{Conn, StoreError, Transaction};
use crate::webauthn::Rejected;

/// So many passkeys are enough for one person.
const PASSKEYS: usize = 20;
/// What one admin may change about passkeys in an hour: each change is a mail to everybody.
const CHANGES_IN_AN_HOUR: usize = 30;

/// What came of adding a passkey.
#[derive(Debug)]
pub enum Enrolled {
    /// The first one: these recovery codes were made with it. They are shown once.
    First(Vec<RecoveryCode>),
    /// A further one.
    Further,
}

impl Passkeys {
    /// Asks the browser of a session for a new passkey.
    pub async fn ask_for_new(&self, by: Author) -> Result<Challenge, PasskeyError> {
        let party = self.party()?;
        // Nobody is to touch their device in vain.
        self.check_author(by.clone()).await?;
        let (session, admin, present) = self.holder(by).await?;
        let question = party.ask_for_new(&admin, &present)?;
        let purpose = Purpose::Enrolment(session);
        let signed = self.resources.sign_challenge(&purpose, question.state).await?;
        Ok(Challenge { options: question.options, signed })
    }

    /// Adds a passkey to the account of a session. With the first one recovery codes are made, and
    /// all other sessions end: a password alone has begun them.
    pub async fn enrol(
        &self,
        name: PasskeyName,
        signed: &str,
        answer: &str,
        by: Author,
    ) -> Result<Enrolled, PasskeyError> {
        let party = self.party()?;
        self.check_author(by.clone()).await?;
        let (session, _, present) = self.holder(by.clone()).await?;
        let opened = self.resources.open_challenge(&Purpose::Enrolment(session), signed).await?;
        let credential = party.take_new(answer, &opened.state)?;
        let (codes, hashes) = match present.as_slice() {
            [] => self.draw_codes().await.map(|(codes, hashes)| (Some(codes), hashes))?,
            _ => (None, Vec::new()),
        };
        let passkeys = self.clone();
        self.write_as(by, Kind::PasskeyAdded, move |conn, by| {
            opened.use_up(conn, by.now)?;
            passkeys.add(conn, by, &name, &credential, &hashes)
        })
        .await?;
        Ok(codes.map_or(Enrolled::Further, Enrolled::First))
    }

    /// Fails if the author may add no passkey now; whether they may is decided again where it is added.
    async fn check_author(&self, by: Author) -> Result<(), PasskeyError> {
        self.write_as(by, Kind::PasskeyAdded, |_, _| Ok(())).await
    }

    fn add(
        &self,
        conn: &mut Transaction,
        by: &Authorized,
        name: &PasskeyName,
        credential: &Credential,
        hashes: &[PhcString],
    ) -> Result<(), PasskeyError> {
        let (session, admin) = by.session()?;
        check_changes::<PasskeyError>(conn, by)?;
        let present = passkeys::of_admin(conn, admin.id)?;
        if present.len() >= PASSKEYS {
            return Err(PasskeyError::TooMany { limit: PASSKEYS });
        }
        if passkeys::by_credential(conn, &credential.id)?.is_some() {
            return Err(Rejected::OtherUser.into());
        }
        if present.is_empty() {
            // The last one was removed meanwhile: its codes have ended, and there are no others.
            if hashes.is_empty() {
                return Err(PasskeyError::ChallengeOver);
            }
            recovery_codes::replace(conn, admin.id, hashes, by.now)?;
            sessions::delete_others(conn, admin.id, session)?;
        }
        let agent = by.source().agent.as_deref();
        passkeys::insert(conn, admin.id, name, credential, agent, by.now)?;
        let event = by.event(Kind::PasskeyAdded).about(admin.email.as_str());
        Ok(self.alerts.record(conn, &event.with_detail(quoted(name)), None)?)
    }

    /// The session that asks, whose it is, and which passkeys they have.
    async fn holder(
        &self,
        by: Author,
    ) -> Result<(Digest, ServerAdmin, Vec<Passkey>), PasskeyError> {
        let Author::Session { digest, .. } = by else { return Err(Failure::SessionEnded.into()) };
        let find = move |conn: &mut Conn| {
            let Some((_, admin)) = sessions::with_admin(conn, &digest)? else { return Ok(None) };
            let present = passkeys::of_admin(conn, admin.id)?;
            Ok(Some((digest.clone(), admin, present)))
        };
        Ok(self.resources.store.read(find).await?.ok_or(Failure::SessionEnded)?)
    }
}

/// The name of a passkey in a sentence.
pub(super) fn quoted(name: &PasskeyName) -> String {
    format!("\u{201c}{name}\u{201d}")
}

/// Fails if the author has changed too much about passkeys in the last hour.
pub(super) fn check_changes<E: From<HourlyLimit> + From<StoreError>>(
    conn: &mut Conn,
    by: &Authorized,
) -> Result<(), E> {
    let kinds = [Kind::PasskeyAdded, Kind::PasskeyRemoved, Kind::RecoveryCodesMade];
    hourly::check(conn, by, &kinds, CHANGES_IN_AN_HOUR)
}
