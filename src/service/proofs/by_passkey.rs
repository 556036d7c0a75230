//! The proof by a passkey.

use tokio::task::spawn;

use super::{Holder, ProofError, Proofs, behind, note};
use crate::domain::admin::actor::Author;
use crate::domain::admin::device::DeviceMark;
use crate::domain::admin::passkey::Proof;
use crate::hasher::HashError;
use crate::service::Failure;
use crate::service::passkeys::{Challenge, PasskeyError};
use crate::service::sessions::attempt::LoginAttempt;
use crate::service::sessions::failures::Counters;
use crate::service::sessions::login::Started;
use crate::store::{Lock, Transaction};

impl Proofs {
    /// Asks the browser of a session for a passkey of whose it is.
    pub async fn ask_for_passkey(&self, by: Author) -> Result<Challenge, ProofError> {
        let Holder { session, passkeys, .. } = self.holder(by).await?;
        Ok(self.passkeys.ask_for_proof(session, &passkeys).await?)
    }

    /// Notes that the person behind a session has proved who they are, if this is the answer of their
    /// passkey. `device` is the mark that the browser has kept of an earlier login.
    pub async fn by_passkey(
        &self,
        by: Author,
        signed: String,
        answer: String,
        device: Option<DeviceMark>,
    ) -> Result<(), ProofError> {
        let holder = self.holder(by).await?;
        let attempt = self.attempt(&holder, device).await?;
        let proofs = self.clone();
        // A task of its own: what was counted is recorded or taken back even if the client is gone.
        let checked = spawn(async move {
            let checked = proofs.check_passkey(&holder, attempt, &signed, &answer).await;
            checked.inspect_err(|error| proofs.log(&holder, error))
        });
        checked.await.unwrap_or(Err(HashError::Failed("a proof has ended early").into()))
    }

    async fn check_passkey(
        &self,
        holder: &Holder,
        attempt: LoginAttempt,
        signed: &str,
        answer: &str,
    ) -> Result<(), ProofError> {
        let now = self.resources.clock.now();
        let Started { counters, counted, .. } = self.logins.start(attempt, now).await?;
        let noted = self.note_passkey(holder.clone(), counters, signed, answer).await;
        self.settle(holder, counted, noted).await
    }

    async fn note_passkey(
        &self,
        holder: Holder,
        counters: Counters,
        signed: &str,
        answer: &str,
    ) -> Result<(), ProofError> {
        let session = holder.session.clone();
        let verified = self.passkeys.verify_proof(session, signed, answer, &holder.source).await?;
        let now = self.resources.clock.now();
        let noted = move |conn: &mut Transaction| {
            let admin = behind(conn, &holder.session, now)?.ok_or(Failure::SessionEnded)?;
            verified.use_up(conn, now)?;
            if verified.passkey.admin != admin.id {
                return Err(PasskeyError::Unknown.into());
            }
            counters.clear(conn)?;
            Ok(note(conn, &holder, &admin, Proof::Passkey(verified.passkey.id), now)?)
        };
        self.resources.store.write(Lock::Admins, noted).await
    }
}
