//! A passkey as the proof of who is behind a session. What follows from it is decided in
//! `service::proofs`.

use super::challenges::Purpose;
use super::login::Verified;
use super::{Challenge, PasskeyError, Passkeys};
use crate::domain::admin::code::Digest;
use crate::domain::admin::passkey::Passkey;
use crate::domain::network::source::Source;

impl Passkeys {
    /// Asks the browser of a session for one of the `known` passkeys.
    pub(crate) async fn ask_for_proof(
        &self,
        session: Digest,
        known: &[Passkey],
    ) -> Result<Challenge, PasskeyError> {
        if known.is_empty() {
            return Err(PasskeyError::NoPasskey);
        }
        self.ask(&Purpose::Proof(session), known).await
    }

    /// Whose passkey has answered that; nothing is used up yet.
    pub(crate) async fn verify_proof(
        &self,
        session: Digest,
        signed: &str,
        answer: &str,
        source: &Source,
    ) -> Result<Verified, PasskeyError> {
        self.verify(&Purpose::Proof(session), signed, answer, source).await
    }
}
