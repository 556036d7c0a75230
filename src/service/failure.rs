//! What can go wrong with every use case.

use crate::hasher::HashError;
use crate::store::StoreError;

/// A request could not be carried out, whatever it was. The text is for the log; none of it reaches
/// a client.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A hash could not be computed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The session behind the request has ended, or its Server Admin is not active any more.
    #[error("the session has ended")]
    SessionEnded,
}

impl Failure {
    /// Whether it is certain that nothing was changed.
    pub const fn nothing_changed(&self) -> bool {
        !matches!(self, Self::Store(StoreError::OutcomeUnknown(_)))
    }

    /// Whether trying again later may help: the answer is 503 rather than 500.
    pub const fn is_temporary(&self) -> bool {
        match self {
            Self::Store(error) => error.is_temporary(),
            Self::Hash(error) => matches!(error, HashError::Busy),
            Self::SessionEnded => false,
        }
    }
}
