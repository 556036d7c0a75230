//! The second step of a login whose password was right: a passkey, or a recovery code instead.
//!
//! The first step gives the browser a code that is good for ten minutes, for this password of this
//! Server Admin, and for one session. Guessing recovery codes is slowed down as guessing passwords is.

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use tokio::task::spawn;

use super::challenges::Purpose;
use super::codes::{CountedCode, count_attempt};
use super::{Challenge, PasskeyError, Passkeys};
use crate::audit::Line;
use crate::domain::activity::{Attempt, Kind};
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::code::{Digest, SecretCode, SessionId};
use crate::domain::admin::passkey::{Passkey, Proof};
use crate::domain::network::source::Source;
use crate::hasher::HashError;
use crate::service::sessions::{begin, failed, login};
use crate::store::people::{admins, passkeys, second_steps};
use crate::store::{Conn, Lock, StoreError, Transaction};

/// The second step must follow the first within this time.
pub const SECOND_STEP_LIFETIME: TimeDelta = TimeDelta::minutes(10);

impl Passkeys {
    /// Whose login this is the second step of, if it can still be made.
    pub async fn second_step_of(
        &self,
        code: &SecretCode,
    ) -> Result<Option<ServerAdmin>, PasskeyError> {
        let (digest, now) = (code.digest(), self.resources.clock.now());
        Ok(self.resources.store.read(move |conn| open(conn, &digest, now)).await?)
    }

    /// Asks a browser for a passkey of whose login this is.
    pub async fn ask_for_second_step(&self, code: &SecretCode) -> Result<Challenge, PasskeyError> {
        let (digest, now) = (code.digest(), self.resources.clock.now());
        let purpose = Purpose::SecondStep(digest.clone());
        let find = move |conn: &mut Conn| match open(conn, &digest, now)? {
            Some(admin) => passkeys::of_admin(conn, admin.id).map(Some),
            None => Ok(None),
        };
        let known = self.resources.store.read(find).await?.ok_or(PasskeyError::LoginOver)?;
        self.ask(&purpose, &known).await
    }

    /// Signs in by a passkey.
    pub async fn second_step_by_passkey(
        &self,
        code: &SecretCode,
        signed: &str,
        answer: &str,
        source: Source,
    ) -> Result<SessionId, PasskeyError> {
        let logged_in = self.check_passkey(code.digest(), signed, answer, source.clone()).await;
        logged_in.inspect_err(|error| self.log(error, source))
    }

    async fn check_passkey(
        &self,
        step: Digest,
        signed: &str,
        answer: &str,
        source: Source,
    ) -> Result<SessionId, PasskeyError> {
        let purpose = Purpose::SecondStep(step.clone());
        let verified = self.verify(&purpose, signed, answer, &source).await?;
        let (id, now) = (self.resources.session_id(), self.resources.clock.now());
        let session = id.digest();
        let begun = move |conn: &mut Transaction| {
            verified.use_up(conn, now)?;
            let admin = open(conn, &step, now)?.ok_or(PasskeyError::LoginOver)?;
            let Passkey { id, admin: owner, .. } = verified.passkey;
            if admin.id != owner {
                return Err(PasskeyError::Unknown);
            }
            let proof = Proof::PasswordAndPasskey(id);
            finish(conn, &admin, &step, &session, &source, proof, now)
        };
        if self.resources.store.write(Lock::Admins, begun).await? {
            self.alerts.wake();
        }
        Ok(id)
    }

    /// Signs in by a recovery code, which is used up.
    pub async fn second_step_by_code(
        &self,
        code: &SecretCode,
        typed: SecretString,
        source: Source,
    ) -> Result<SessionId, PasskeyError> {
        let (passkeys, step) = (self.clone(), code.digest());
        // A task of its own: what was counted is recorded or taken back even if the client is gone.
        let checked = spawn(async move { passkeys.check_code(step, &typed, source).await });
        checked.await.unwrap_or(Err(HashError::Failed("a login has ended early").into()))
    }

    async fn check_code(
        &self,
        step: Digest,
        typed: &SecretString,
        source: Source,
    ) -> Result<SessionId, PasskeyError> {
        let (admin, attempt) = self.count(step.clone(), source.clone()).await?;
        let right = match self.find_code(typed, attempt).await {
            Err(PasskeyError::WrongCode) => return Err(self.refuse_code(admin, source).await?),
            found => found?,
        };
        let (id, now) = (self.resources.session_id(), self.resources.clock.now());
        let session = id.digest();
        let passkeys = self.clone();
        let begun = move |conn: &mut Transaction| {
            let admin = open(conn, &step, now)?.ok_or(PasskeyError::LoginOver)?;
            passkeys.use_code(conn, right, &admin, &source, now)?;
            finish(conn, &admin, &step, &session, &source, Proof::PasswordAndCode, now)
        };
        self.resources.store.write(Lock::Admins, begun).await?;
        self.wake_mails();
        Ok(id)
    }

    /// Counts an attempt as a failure before it is looked at.
    async fn count(
        &self,
        step: Digest,
        source: Source,
    ) -> Result<(ServerAdmin, CountedCode), PasskeyError> {
        let (now, audit) = (self.resources.clock.now(), self.resources.audit.clone());
        let count = move |conn: &mut Transaction| {
            let admin = open(conn, &step, now)?.ok_or(PasskeyError::LoginOver)?;
            let attempt = count_attempt(conn, &admin, now).inspect_err(|error| {
                if matches!(error, PasskeyError::Throttled { .. }) {
                    let line = Line::of_attempt(Attempt::LoginThrottled, source);
                    audit.log(line.about(admin.email.to_string()), now);
                }
            })?;
            Ok((admin, attempt))
        };
        self.resources.store.write(Lock::Admins, count).await
    }

    /// Records a wrong code as the failed login that it is.
    async fn refuse_code(
        &self,
        admin: ServerAdmin,
        source: Source,
    ) -> Result<PasskeyError, PasskeyError> {
        let now = self.resources.clock.now();
        let wrong = PasskeyError::WrongCode;
        let line = Line::of_kind(Kind::LoginFailed, source.clone());
        let line = line.about(admin.email.to_string()).with_detail(wrong.to_string());
        let record =
            move |conn: &mut Transaction| failed::record(conn, Some(&admin.email), &source, now);
        let recorded: Result<(), StoreError> =
            self.resources.store.write(Lock::Admins, record).await;
        recorded?;
        self.resources.audit.log(line, now);
        Ok(wrong)
    }
}

/// Whose login this is the second step of, if that is not too long ago and the password is still
/// the one that was right.
fn open(
    conn: &mut Conn,
    step: &Digest,
    now: DateTime<Utc>,
) -> Result<Option<ServerAdmin>, StoreError> {
    let Some(found) = second_steps::by_digest(conn, step)? else { return Ok(None) };
    if (now - found.created_at).abs() >= SECOND_STEP_LIFETIME {
        return Ok(None);
    }
    let admin = admins::by_id(conn, found.admin)?;
    let stands = |admin: &ServerAdmin| {
        admin.active && admin.password.generation == found.password_generation
    };
    Ok(admin.filter(stands))
}

/// Begins the session, once for a login; says whether a mail about it waits.
fn finish(
    conn: &mut Transaction,
    admin: &ServerAdmin,
    step: &Digest,
    session: &Digest,
    source: &Source,
    proof: Proof,
    now: DateTime<Utc>,
) -> Result<bool, PasskeyError> {
    let is_first = second_steps::delete(conn, step)?;
    if !is_first || !begin(conn, session, admin, source, proof, now)? {
        return Err(PasskeyError::LoginOver);
    }
    Ok(login::record(conn, admin, source, proof, now)?)
}
