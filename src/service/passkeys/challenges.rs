//! Challenges: what a browser is asked to sign with a passkey. Each is of the server, short-lived,
//! for one purpose, and works once.
//!
//! Strangers may ask for one before they log in, so nothing is stored when they do: the browser
//! carries the challenge and brings it back under the server's signature. Only an answer that proved
//! something is noted, and its challenge is used up. The key is stored; ending all sessions, as after
//! a restore, takes it away, and with it every challenge.

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::PasskeyError;
use crate::domain::admin::code::{Digest, SecretCode};
use crate::domain::base62;
use crate::service::{Failure, Resources};
use crate::store::people::used_challenges;
use crate::store::settings;
use crate::store::{Conn, Lock, StoreError, Transaction};

/// A challenge must be answered within this time.
pub(crate) const LIFETIME: TimeDelta = TimeDelta::minutes(5);
/// The setting that holds the key.
const KEY: &str = "challenge_key";
/// What separates the signature from other uses of the hash.
const CONTEXT: &str = "scimward 2026-11-26 challenges of passkeys";

/// What a challenge is for; an answer counts for nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Adding a passkey in this session.
    Enrolment(Digest),
    /// Logging in.
    Login,
    /// The second step of this login.
    SecondStep(Digest),
    /// Proving again who is behind this session.
    Proof(Digest),
}

/// A challenge that was brought back in time. Whether it was answered before shows when it is used.
pub(super) struct Opened {
    /// What the answer is looked at with.
    pub(super) state: String,
    digest: Digest,
    key: SecretString,
}

/// What the signature is about.
#[derive(Serialize, Deserialize)]
struct Body {
    at: i64,
    state: String,
}

impl Resources {
    /// Signs a challenge, for the browser to bring back.
    pub(super) async fn sign_challenge(
        &self,
        purpose: &Purpose,
        state: String,
    ) -> Result<String, Failure> {
        let key = self.challenge_key().await?;
        let body = Body { at: self.clock.now().timestamp(), state };
        let body = serde_json::to_string(&body).unwrap_or_default();
        Ok(format!("{}.{body}", sign(&key, purpose, &body).to_hex()))
    }

    /// Looks at a challenge that a browser has brought back.
    pub(super) async fn open_challenge(
        &self,
        purpose: &Purpose,
        signed: &str,
    ) -> Result<Opened, PasskeyError> {
        let stored = self.store.read(|conn| settings::get(conn, KEY)).await?;
        let key = SecretString::from(stored.ok_or(PasskeyError::ChallengeOver)?);
        let (signature, text) = signed.split_once('.').ok_or(PasskeyError::ChallengeOver)?;
        let genuine = sign(&key, purpose, text);
        // Compared in constant time.
        let is_genuine = blake3::Hash::from_hex(signature).is_ok_and(|hash| hash == genuine);
        let body = serde_json::from_str::<Body>(text).ok().filter(|_| is_genuine);
        let body = body.ok_or(PasskeyError::ChallengeOver)?;
        let age = self.clock.now() - DateTime::from_timestamp(body.at, 0).unwrap_or_default();
        if age.abs() >= LIFETIME {
            return Err(PasskeyError::ChallengeOver);
        }
        // Of our own spelling of it: the same in capital letters is the same challenge.
        let digest = SecretCode::presented(&genuine.to_hex()).digest();
        Ok(Opened { state: body.state, digest, key })
    }

    async fn challenge_key(&self) -> Result<SecretString, Failure> {
        if let Some(key) = self.store.read(|conn| settings::get(conn, KEY)).await? {
            return Ok(key.into());
        }
        let fresh = base62::random::<44>(|bytes| self.entropy.fill(bytes));
        let insert = move |conn: &mut Transaction| settings::get_or_insert(conn, KEY, &fresh);
        let key: Result<String, StoreError> = self.store.write(Lock::Admins, insert).await;
        Ok(key?.into())
    }
}

impl Opened {
    /// Uses the challenge up; fails if it was answered before or has been ended since.
    pub(super) fn use_up(&self, conn: &mut Conn, now: DateTime<Utc>) -> Result<(), PasskeyError> {
        let stored = settings::get(conn, KEY)?;
        let is_key = stored.is_some_and(|stored| stored == self.key.expose_secret());
        if is_key && used_challenges::insert(conn, &self.digest, now)? {
            Ok(())
        } else {
            Err(PasskeyError::ChallengeOver)
        }
    }
}

/// Ends every challenge that was not answered yet.
pub(crate) fn end_all(conn: &mut Conn) -> Result<(), StoreError> {
    settings::remove(conn, KEY)
}

/// The length of a digest is fixed: no two purposes are signed as the same text.
fn sign(key: &SecretString, purpose: &Purpose, body: &str) -> blake3::Hash {
    let (name, digest) = match purpose {
        Purpose::Enrolment(session) => ("enrolment:", session.as_str()),
        Purpose::Login => ("login:", ""),
        Purpose::SecondStep(step) => ("second-step:", step.as_str()),
        Purpose::Proof(session) => ("proof:", session.as_str()),
    };
    let key = blake3::derive_key(CONTEXT, key.expose_secret().as_bytes());
    let mut text = blake3::Hasher::new_keyed(&key);
    text.update(name.as_bytes()).update(digest.as_bytes()).update(b":");
    text.update(body.as_bytes()).finalize()
}
