//! One connection type over two databases.
//!
//! The queries in this layer are written once against [`Conn`]; Diesel's `MultiConnection` chooses
//! the dialect at run time. The variant is chosen here from the URL's scheme: the derived
//! `establish` tries each variant in turn, and a mistyped PostgreSQL URL would become a new SQLite
//! file. What does not compile on the enum (upserts, batch inserts) is not used anywhere.

use std::time::Duration;

use diesel::{ConnectionResult, SqliteConnection};

use super::postgres::{PgConnection, pooler};
use super::sqlite;
use super::url::DatabaseUrl;

/// A connection to the database that the configuration names.
#[derive(diesel::MultiConnection)]
#[expect(clippy::large_enum_variant, reason = "a handful of them exist, and they are not moved")]
pub enum Conn {
    /// The embedded database.
    Sqlite(SqliteConnection),
    /// A PostgreSQL server.
    Postgres(PgConnection),
}

/// The state of a connection after a failure.
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
    pub(crate) fn open(url: &DatabaseUrl, patience: Duration) -> ConnectionResult<Self> {
        match url {
            DatabaseUrl::Sqlite(path) => sqlite::open(path, patience).map(Self::Sqlite),
            DatabaseUrl::Postgres(url) => PgConnection::open(url, patience).map(Self::Postgres),
        }
    }

    /// Fails if a connection pooler stands in between that keeps no sessions. `self` was opened by
    /// `url`.
    pub(crate) fn check_pooler(
        &mut self,
        url: &DatabaseUrl,
        patience: Duration,
    ) -> Result<(), String> {
        match (self, url) {
            (Self::Postgres(conn), DatabaseUrl::Postgres(url)) => {
                pooler::check(conn, url, patience)
            }
            _ => Ok(()),
        }
    }

    /// From now on a server may take `patience` for a statement. Only a server can be silent.
    pub(crate) const fn set_patience(&mut self, patience: Duration) {
        if let Self::Postgres(conn) = self {
            conn.set_patience(patience);
        }
    }

    /// Call it after a failure: the answer to a query may have ended the connection.
    pub(crate) fn condition(&mut self) -> Condition {
        let Self::Postgres(conn) = self else { return Condition::Sound };
        if conn.answers() {
            Condition::Sound
        } else if conn.was_given_up() {
            Condition::Silent
        } else {
            Condition::Closed
        }
    }
}
