//! What the use cases stand on.

use crate::audit::AuditLog;
use crate::clock::SharedClock;
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
    /// Whether some changes ask for a fresh proof of who makes them.
    pub confirm_identity: bool,
}
