//! Why a passkey was not taken, used or changed. The texts are for people and the log.

use chrono::{DateTime, Utc};

use crate::hasher::HashError;
use crate::service::failure::change_errors;
use crate::service::{Failure, HourlyLimit};
use crate::webauthn::Rejected;

/// Why nothing was done with a passkey or recovery code.
#[derive(Debug, thiserror::Error)]
pub enum PasskeyError {
    /// Under the public URL browsers know no passkeys.
    #[error("passkeys need an https address with a host name")]
    NotPossible,
    /// The answer of the browser proves nothing.
    #[error("the passkey was refused: {0}")]
    Rejected(#[from] Rejected),
    /// The challenge is too old, was answered before or is not ours.
    #[error("the passkey was asked for too long ago, or has answered already")]
    ChallengeOver,
    /// It is nobody's, or of somebody who is not active.
    #[error("this passkey does not belong to a Server Admin")]
    Unknown,
    /// So many passkeys are enough for one person.
    #[error("{limit} passkeys are the limit")]
    TooMany {
        /// How many one may have.
        limit: usize,
    },
    /// Every Server Admin must have one.
    #[error("the last passkey cannot be removed: one is required")]
    LastRequired,
    /// Recovery codes exist only beside a passkey.
    #[error("there is no passkey that the codes could stand in for")]
    NoPasskey,
    /// The recovery code is wrong or was used.
    #[error("this code is not correct or was used before")]
    WrongCode,
    /// Too many wrong codes.
    #[error("too many attempts")]
    Throttled {
        /// The first instant at which another attempt is looked at.
        until: DateTime<Utc>,
    },
    /// The login whose second step this is has ended.
    #[error("the login took too long")]
    LoginOver,
    /// Too many changes in the last hour.
    #[error(transparent)]
    HourlyLimit(#[from] HourlyLimit),
    /// The server failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

change_errors!(PasskeyError);

impl From<HashError> for PasskeyError {
    fn from(error: HashError) -> Self {
        Self::Failed(error.into())
    }
}
