//! How the database can fail its callers.

use diesel::result::{DatabaseErrorKind, Error};

/// A failure of the database; its text is for the log, never for a client.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, is locked or is too slow. Nothing was changed.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The connection broke while a change was being committed: it may or may not have happened.
    #[error("the connection to the database broke during a commit: {0}")]
    OutcomeUnknown(String),
    /// A row with this key exists already. Nothing was changed.
    #[error("the row exists already: {0}")]
    Conflict(String),
    /// A table or a column is missing. Nothing was changed.
    #[error(
        "a table or column is missing, so the database is not what scimward has made: {0}; restart \
         scimward to have it completed, and restore the backup if that does not help"
    )]
    Incomplete(String),
    /// The database holds something that scimward did not write, or a query is wrong.
    #[error("the database holds unexpected data: {0}")]
    Corrupt(String),
}

impl StoreError {
    /// Whether trying the same again later may help.
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::OutcomeUnknown(_))
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match &error {
            Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => {
                Self::Conflict(error.to_string())
            }
            Error::DatabaseError(DatabaseErrorKind::Unknown, told)
                if is_about_the_schema(told.message()) =>
            {
                Self::Incomplete(error.to_string())
            }
            Error::DatabaseError(
                DatabaseErrorKind::Unknown
                | DatabaseErrorKind::ClosedConnection
                | DatabaseErrorKind::UnableToSendCommand
                | DatabaseErrorKind::ReadOnlyTransaction
                | DatabaseErrorKind::SerializationFailure,
                _,
            )
            | Error::BrokenTransactionManager => Self::Unavailable(error.to_string()),
            _ => Self::Corrupt(error.to_string()),
        }
    }
}

/// Diesel has no kind for it, and both databases say it in words.
fn is_about_the_schema(message: &str) -> bool {
    let of_sqlite = ["no such table", "no such column", "has no column named"];
    let of_postgres = ["relation ", "column "];
    of_sqlite.iter().any(|words| message.contains(words))
        || (of_postgres.iter().any(|word| message.starts_with(word))
            && message.ends_with("does not exist"))
}

impl From<diesel::ConnectionError> for StoreError {
    fn from(error: diesel::ConnectionError) -> Self {
        Self::Unavailable(error.to_string())
    }
}
