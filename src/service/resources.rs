//! What the use cases stand on.

use super::Failure;
use crate::audit::AuditLog;
use crate::clock::SharedClock;
use crate::domain::admin::password::{HashedPassword, NewPassword};
use crate::domain::base62;
use crate::entropy::SharedEntropy;
use crate::hasher::Hasher;
use crate::store::Store;

/// What all use cases work with.
#[derive(Clone)]
pub struct Resources {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: SharedClock,
    /// Randomness.
    pub entropy: SharedEntropy,
    /// For tokens.
    pub token_hasher: Hasher,
    /// For passwords: apart, so that forged tokens do not keep Server Admins out.
    pub password_hasher: Hasher,
    /// For what can be repeated without end.
    pub audit: AuditLog,
}

impl Resources {
    /// Hashes a new password, and gives it a name.
    pub(super) async fn hash_password(
        &self,
        password: NewPassword,
    ) -> Result<HashedPassword, Failure> {
        let hash = self.password_hasher.hash(password.into_secret()).await?;
        Ok(HashedPassword {
            hash,
            generation: base62::random::<10>(|bytes| self.entropy.fill(bytes)),
        })
    }
}
