//! What can go wrong with every use case.

use std::fmt::Display;

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
    /// The API key behind the request was revoked, has expired or is stopped.
    #[error("the API key is not accepted any more")]
    KeyEnded,
    /// The person behind the session must prove again who they are, before this change.
    #[error("a fresh proof of identity is needed")]
    ProofRequired,
}

/// Why a change was not made.
pub trait ChangeError: From<StoreError> + From<Failure> + Display + Send + 'static {
    /// What failed; nothing if a rule forbids the change.
    fn failure(&self) -> Option<&Failure>;
}

impl ChangeError for Failure {
    fn failure(&self) -> Option<&Failure> {
        Some(self)
    }
}

/// For enums with a variant `Failed`: what `?` on a query does in a transaction, and which of their
/// values are failures.
macro_rules! change_errors {
    ($($error:ident),+) => {
        $(
            impl From<$crate::store::StoreError> for $error {
                fn from(error: $crate::store::StoreError) -> Self {
                    Self::Failed(error.into())
                }
            }

            impl $crate::service::ChangeError for $error {
                fn failure(&self) -> Option<&$crate::service::Failure> {
                    match self {
                        Self::Failed(failure) => Some(failure),
                        _ => None,
                    }
                }
            }
        )+
    };
}
pub(super) use change_errors;

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
            Self::SessionEnded | Self::KeyEnded | Self::ProofRequired => false,
        }
    }
}
