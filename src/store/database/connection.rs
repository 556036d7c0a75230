//! One connection type over two databases, and which of them a URL means.
//!
//! The queries in this layer are written once against [`Conn`]; Diesel's `MultiConnection` chooses
//! the dialect at run time. The variant is chosen here from the URL's scheme: the derived
//! `establish` tries each variant in turn, and a mistyped PostgreSQL URL would become a new SQLite
//! file. What does not compile on the enum (upserts, batch inserts) is not used anywhere.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::{Connection, SimpleConnection};
use diesel::result::Error;
use diesel::{ConnectionError, ConnectionResult, QueryResult, SqliteConnection};

use super::postgres::{PgConnection, PgUrl};

/// A connection to the database that the configuration names.
#[derive(diesel::MultiConnection)]
#[expect(clippy::large_enum_variant, reason = "a handful of them exist, and they are not moved")]
pub enum Conn {
    /// The embedded database.
    Sqlite(SqliteConnection),
    /// A PostgreSQL server.
    Postgres(PgConnection),
}

/// Which database to use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// The embedded database in this file.
    Sqlite(PathBuf),
    /// A PostgreSQL server.
    Postgres(PgUrl),
}

/// The text names no database that scimward can use. The text itself is not repeated: it may hold
/// a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDatabaseUrl {
    /// Neither `sqlite:` nor `postgres://`.
    #[error("the scheme is not known: write sqlite:PATH or postgres://USER@HOST/DATABASE")]
    UnknownScheme,
    /// `sqlite:` without a path.
    #[error("the path is missing: write sqlite:PATH, for example sqlite:data/scimward.db")]
    NoPath,
    /// A `postgres://` URL that cannot be read.
    #[error("{0}")]
    Postgres(String),
}

impl FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, InvalidDatabaseUrl> {
        let (scheme, rest) = text.split_once(':').ok_or(InvalidDatabaseUrl::UnknownScheme)?;
        match scheme {
            "sqlite" => {
                let path = rest.strip_prefix("//").unwrap_or(rest);
                if path.is_empty() || path == ":memory:" {
                    return Err(InvalidDatabaseUrl::NoPath);
                }
                Ok(Self::Sqlite(PathBuf::from(path)))
            }
            "postgres" | "postgresql" => {
                PgUrl::parse(text).map(Self::Postgres).map_err(InvalidDatabaseUrl::Postgres)
            }
            _ => Err(InvalidDatabaseUrl::UnknownScheme),
        }
    }
}

impl fmt::Display for DatabaseUrl {
    /// Writes the URL without its password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

/// What a connection is good for after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    /// It can be used again.
    Sound,
    /// It is gone; a new one may work at once.
    Closed,
    /// The server did not answer in time; a new one would wait as long again.
    Silent,
}

impl Conn {
    /// Opens a connection. `patience` is how long a statement waits for a lock of another process.
    ///
    /// # Errors
    /// When the file cannot be opened or the server cannot be reached.
    pub(crate) fn open(url: &DatabaseUrl, patience: Duration) -> ConnectionResult<Self> {
        match url {
            DatabaseUrl::Sqlite(path) => open_sqlite(path, patience).map(Self::Sqlite),
            DatabaseUrl::Postgres(url) => PgConnection::open(url, patience).map(Self::Postgres),
        }
    }

    /// How long to wait for an answer to a statement that takes `patience` at most. Only a server can
    /// be silent.
    pub(crate) const fn set_patience(&mut self, patience: Duration) {
        if let Self::Postgres(conn) = self {
            conn.set_patience(patience);
        }
    }

    /// To be asked after a failure: a server may end a connection by the answer to a query.
    pub(crate) fn condition(&mut self) -> Condition {
        match self {
            Self::Sqlite(_) => Condition::Sound,
            Self::Postgres(conn) => conn.condition(),
        }
    }
}

/// WAL lets readers go on while a writer commits; `FULL` makes an acknowledged commit survive a
/// power cut.
pub(crate) fn open_sqlite(path: &Path, patience: Duration) -> ConnectionResult<SqliteConnection> {
    let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
    let set_up = conn.batch_execute(&format!(
        "PRAGMA busy_timeout = {}; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
        patience.as_millis()
    ));
    set_up
        .and_then(|()| switch_to_wal(&mut conn, patience))
        .map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}

/// Several processes may create the file at once, and `SQLite` does not always wait for its lock
/// when it changes the journal. Once changed, the file stays so. Anything else that is wrong with the
/// file stays wrong.
#[expect(clippy::disallowed_methods, reason = "waits for another process, on a blocking thread")]
fn switch_to_wal(conn: &mut SqliteConnection, patience: Duration) -> QueryResult<()> {
    const PAUSE: Duration = Duration::from_millis(10);
    let start = Instant::now();
    loop {
        match conn.batch_execute("PRAGMA journal_mode = WAL;") {
            Err(error) if is_locked(&error) && start.elapsed() < patience => thread::sleep(PAUSE),
            result => return result,
        }
    }
}

/// Diesel keeps nothing of `SQLITE_BUSY` and `SQLITE_PROTOCOL` but their texts.
fn is_locked(error: &Error) -> bool {
    ["database is locked", "locking protocol"].contains(&error.to_string().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_its_database_or_is_refused() {
        assert_eq!("sqlite:a/b.db".parse(), Ok(DatabaseUrl::Sqlite("a/b.db".into())));
        assert_eq!("sqlite:///a/b.db".parse(), Ok(DatabaseUrl::Sqlite("/a/b.db".into())));
        for (text, error) in [
            ("data/scimward.db", InvalidDatabaseUrl::UnknownScheme),
            ("postgers://localhost/x", InvalidDatabaseUrl::UnknownScheme),
            ("mysql://localhost/x", InvalidDatabaseUrl::UnknownScheme),
            ("", InvalidDatabaseUrl::UnknownScheme),
            ("sqlite:", InvalidDatabaseUrl::NoPath),
            ("sqlite::memory:", InvalidDatabaseUrl::NoPath),
        ] {
            assert_eq!(text.parse::<DatabaseUrl>(), Err(error), "{text}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let url: DatabaseUrl = "postgres://ward:hunter2@db.example/scim".parse().unwrap();

        assert!(!format!("{url} {url:?}").contains("hunter2"));
    }
}
