//! How the database can fail.

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};

use super::database::sqlite;

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
    /// Whether trying again later may help.
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::OutcomeUnknown(_))
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        match error {
            Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => Self::Conflict(text),
            Error::DatabaseError(DatabaseErrorKind::Unknown, info)
                if is_about_the_schema(&*info) =>
            {
                Self::Incomplete(text)
            }
            Error::DatabaseError(
                DatabaseErrorKind::Unknown
                | DatabaseErrorKind::ClosedConnection
                | DatabaseErrorKind::UnableToSendCommand
                | DatabaseErrorKind::ReadOnlyTransaction
                | DatabaseErrorKind::SerializationFailure,
                _,
            )
            | Error::BrokenTransactionManager => Self::Unavailable(text),
            _ => Self::Corrupt(text),
        }
    }
}

/// Diesel keeps no SQLSTATE but those that it has a kind for. PostgreSQL points to a position in the
/// statement if the statement does not fit the schema, and only then, in every language.
fn is_about_the_schema(info: &(dyn DatabaseErrorInformation + Send + Sync)) -> bool {
    info.statement_position().is_some() || sqlite::is_about_the_schema(info.message())
}

impl From<diesel::ConnectionError> for StoreError {
    fn from(error: diesel::ConnectionError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use diesel::connection::{Connection, SimpleConnection};
    use diesel::sqlite::SqliteConnection;

    use super::*;

    #[test]
    fn what_is_wrong_with_sqlite_is_told_apart() {
        let mut conn = SqliteConnection::establish(":memory:").unwrap();
        conn.batch_execute("CREATE TABLE tokens (id TEXT PRIMARY KEY)").unwrap();
        let mut fail = |sql: &str| StoreError::from(conn.batch_execute(sql).unwrap_err());

        for sql in [
            "SELECT id FROM mails",
            "UPDATE mails SET id = 1",
            "INSERT INTO mails (id) VALUES (1)",
            "SELECT hash FROM tokens",
            "UPDATE tokens SET hash = 1",
            "INSERT INTO tokens (hash) VALUES (1)",
        ] {
            assert!(matches!(fail(sql), StoreError::Incomplete(_)), "{sql}: {:?}", fail(sql));
        }
        let twice = "INSERT INTO tokens (id) VALUES ('a'), ('a')";
        assert!(matches!(fail(twice), StoreError::Conflict(_)), "{:?}", fail(twice));
        let full = "PRAGMA max_page_count = 1; CREATE TABLE more (id TEXT)";
        assert!(matches!(fail(full), StoreError::Unavailable(_)), "{:?}", fail(full));
    }
}
