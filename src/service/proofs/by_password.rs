//! The proof by the password; beside a passkey, with a recovery code.

use secrecy::{ExposeSecret, SecretString};
use tokio::task::spawn;

use super::{Holder, ProofError, Proofs, behind, note};
use crate::domain::admin::actor::Author;
use crate::domain::admin::device::DeviceMark;
use crate::domain::admin::passkey::Proof;
use crate::hasher::HashError;
use crate::service::Failure;
use crate::service::passkeys::PasskeyError;
use crate::service::passkeys::codes::{RightCode, count_attempt};
use crate::service::passwords::Verdict;
use crate::service::sessions::attempt::LoginAttempt;
use crate::service::sessions::failures::Counters;
use crate::service::sessions::login::Started;
use crate::store::people::passkeys;
use crate::store::{Lock, Transaction};

/// What somebody has typed.
pub struct TypedProof {
    /// The password.
    pub password: SecretString,
    /// A recovery code; empty if none was asked for.
    pub code: SecretString,
}

impl Proofs {
    /// Notes that the person behind a session has proved who they are, if this is their password and, if
    /// they have a passkey, one of their recovery codes. `device` is the mark that the browser has kept
    /// of an earlier login.
    pub async fn by_password(
        &self,
        by: Author,
        typed: TypedProof,
        device: Option<DeviceMark>,
    ) -> Result<(), ProofError> {
        let holder = self.holder(by).await?;
        if !holder.passkeys.is_empty() && typed.code.expose_secret().trim().is_empty() {
            return Err(ProofError::CodeMissing);
        }
        let attempt = self.attempt(&holder, device).await?;
        let turn = self.logins.turn(&attempt).await.map_err(ProofError::from);
        let turn = turn.inspect_err(|error| self.log(&holder, error))?;
        let proofs = self.clone();
        // A task of its own: what was counted is recorded or taken back even if the client is gone,
        // and until then nobody else has the turn.
        let checked = spawn(async move {
            let checked = proofs.check_typed(&holder, attempt, typed).await;
            drop(turn);
            checked.inspect_err(|error| proofs.log(&holder, error))
        });
        checked.await.unwrap_or(Err(HashError::Failed("a proof has ended early").into()))
    }

    /// Looks at an attempt whose turn it is.
    async fn check_typed(
        &self,
        holder: &Holder,
        attempt: LoginAttempt,
        typed: TypedProof,
    ) -> Result<(), ProofError> {
        // The turn may have come late.
        let now = self.resources.clock.now();
        let Started { counters, counted, .. } = self.logins.start(attempt, now).await?;
        let noted = self.note_typed(holder.clone(), counters, typed).await;
        self.settle(holder, counted, noted).await
    }

    async fn note_typed(
        &self,
        holder: Holder,
        counters: Counters,
        typed: TypedProof,
    ) -> Result<(), ProofError> {
        let TypedProof { password, code } = typed;
        let stored = &holder.admin.password;
        if self.resources.verify_password(&password, Some(&stored.hash)).await? == Verdict::Wrong {
            return Err(ProofError::WrongPassword);
        }
        let code = match holder.passkeys.as_slice() {
            [] => None,
            _ => Some(self.check_code(&holder, &code).await?),
        };
        let now = self.resources.clock.now();
        let passkeys = self.passkeys.clone();
        let noted = move |conn: &mut Transaction| {
            let admin = behind(conn, &holder.session, now)?.ok_or(Failure::SessionEnded)?;
            if admin.password.generation != holder.admin.password.generation {
                return Err(ProofError::WrongPassword);
            }
            let proof = match code {
                Some(code) => {
                    passkeys.use_code(conn, code, &admin, &holder.source, now)?;
                    Proof::PasswordAndCode
                }
                // The first passkey may have been added meanwhile.
                None if passkeys::any_of(conn, admin.id)? => return Err(ProofError::CodeMissing),
                None => Proof::Password,
            };
            counters.clear(conn)?;
            Ok(note(conn, &holder, &admin, proof, now)?)
        };
        self.resources.store.write(Lock::Admins, noted).await?;
        self.passkeys.wake_mails();
        Ok(())
    }

    /// Looks at a recovery code; wrong ones are counted with those of the second step of a login.
    async fn check_code(
        &self,
        holder: &Holder,
        typed: &SecretString,
    ) -> Result<RightCode, PasskeyError> {
        let (admin, now) = (holder.admin.clone(), self.resources.clock.now());
        let count = move |conn: &mut Transaction| count_attempt(conn, &admin, now);
        let attempt = self.resources.store.write(Lock::Admins, count).await?;
        self.passkeys.find_code(typed, attempt).await
    }
}
