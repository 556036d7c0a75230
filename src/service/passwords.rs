//! Passwords of Server Admins: which are accepted, and whether one is right.

use secrecy::{ExposeSecret, SecretString};
use tokio::task::spawn_blocking;

use super::{Failure, Resources};
use crate::domain::admin::guessing::OwnWords;
use crate::domain::admin::password::{HashedPassword, NewPassword, WeakPassword, prepare};
use crate::domain::base62;
use crate::domain::token::secret::PhcString;
use crate::hasher::HashError;
use crate::stack;

/// Whether a password is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is another one.
    Wrong,
    /// It is the one.
    Right,
    /// It is the one, but we would hash it in another way today.
    RightButOutdated,
}

impl Resources {
    /// Hashes a new password and gives it a name, if it may be chosen.
    pub(super) async fn hash_new_password<E>(
        &self,
        typed: SecretString,
        own: OwnWords,
    ) -> Result<HashedPassword, E>
    where
        E: From<WeakPassword> + From<Failure>,
    {
        // This can take long, and must not keep others from being answered.
        let parsed = spawn_blocking(move || {
            let parsed = NewPassword::parse(&typed, &own);
            stack::wipe();
            parsed
        });
        let parsed = parsed.await.map_err(|_panic| {
            Failure::from(HashError::Failed("a password could not be looked at"))
        })?;
        let hash = self.password_hasher.hash(parsed?.into_secret()).await.map_err(Failure::from)?;
        let generation = base62::random::<10>(|bytes| self.entropy.fill(bytes));
        Ok(HashedPassword { hash, generation })
    }

    /// Whether `typed` is the password that was stored. Without one it takes as long, and is wrong.
    pub(super) async fn verify_password(
        &self,
        typed: &SecretString,
        stored: Option<&PhcString>,
    ) -> Result<Verdict, HashError> {
        let prepared = prepare(typed);
        let is_prepared = prepared.expose_secret() == typed.expose_secret();
        if self.verify(prepared, stored).await? {
            let is_current = stored.is_some_and(|hash| self.password_hasher.is_current(hash));
            return Ok(if is_current { Verdict::Right } else { Verdict::RightButOutdated });
        }
        // Earlier versions hashed what was typed.
        let is_right = !is_prepared && self.verify(typed.clone(), stored).await?;
        Ok(if is_right { Verdict::RightButOutdated } else { Verdict::Wrong })
    }

    async fn verify(
        &self,
        secret: SecretString,
        stored: Option<&PhcString>,
    ) -> Result<bool, HashError> {
        match stored {
            Some(hash) => self.password_hasher.verify(secret, hash.clone()).await,
            None => self.password_hasher.verify_stand_in(secret).await,
        }
    }

    /// A new hash of the same password; none if that is not possible now.
    pub(super) async fn renewed(&self, typed: &SecretString) -> Option<PhcString> {
        self.password_hasher.hash(prepare(typed)).await.ok()
    }
}
