//! The schema, brought up to date at start.

use std::collections::BTreeSet;
use std::time::Duration;

use diesel::connection::{Connection, SimpleConnection};
use diesel::dsl::sql;
use diesel::migration::{Migration, MigrationSource};
use diesel::sql_types::Text;
use diesel::{QueryResult, RunQueryDsl, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::Conn;
use super::postgres::PgConnection;
use super::url::DatabaseUrl;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// The version of the first migration: every database of scimward has it.
pub(crate) const FIRST: &str = "20261122000001";

/// How long to wait while another instance migrates, or for a statement of a migration.
pub(crate) const fn patience(url: &DatabaseUrl) -> Duration {
    match url {
        // A lock that is held longer is not another instance's.
        DatabaseUrl::Sqlite(_) => Duration::from_secs(30),
        DatabaseUrl::Postgres(_) => Duration::from_mins(10),
    }
}

/// Why a database cannot be used yet, or at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MigrateError {
    /// It cannot be reached, or what it answers is that it cannot be used now.
    #[error("the database is not available: {0}")]
    Unreachable(String),
    /// It was reached, and waiting makes it no better.
    #[error("{0}")]
    Unusable(String),
}

/// Applies what is missing. Several instances may start at once: one migrates, the others wait.
///
/// # Errors
/// A sentence that names what failed, or says that a newer scimward has changed the schema.
pub(crate) fn run(conn: &mut Conn) -> Result<(), String> {
    // The lock comes before looking for what is missing.
    let applied = match conn {
        Conn::Sqlite(conn) => settle(
            conn.immediate_transaction(|conn: &mut SqliteConnection| Ok(apply(conn, SQLITE))),
        ),
        Conn::Postgres(conn) => check_encoding(conn).and_then(|()| {
            settle(conn.transaction(|conn: &mut PgConnection| {
                conn.batch_execute("SELECT pg_advisory_xact_lock(7246)")?;
                Ok(apply(conn, POSTGRES))
            }))
        }),
    };
    applied.map(|count| tracing::debug!(migrations.applied = count, "the schema is up to date"))
}

/// Names are in every script of the world. In `SQL_ASCII` other programs may have stored what is no
/// text, and what is compared and sorted is not what people see.
fn check_encoding(conn: &mut PgConnection) -> Result<(), String> {
    let setting = sql::<Text>("current_setting('server_encoding')");
    let encoding: String =
        diesel::select(setting).get_result(conn).map_err(|error| error.to_string())?;
    if encoding == "UTF8" {
        return Ok(());
    }
    Err(format!(
        "its encoding is {encoding}, in which not every name can be kept as it is written: make one \
         with `createdb --encoding=UTF8 --template=template0 NAME`"
    ))
}

fn settle(transaction: QueryResult<Result<usize, String>>) -> Result<usize, String> {
    transaction.unwrap_or_else(|error| Err(error.to_string()))
}

fn apply<C>(conn: &mut C, source: EmbeddedMigrations) -> Result<usize, String>
where
    C: MigrationHarness<C::Backend> + Connection,
    C::Backend: 'static,
    EmbeddedMigrations: MigrationSource<C::Backend>,
{
    let known = MigrationSource::<C::Backend>::migrations(&source);
    let known = known.map_err(|error| error.to_string())?;
    let known: BTreeSet<String> =
        known.iter().map(|migration| migration.name().version().to_string()).collect();
    let applied = conn.applied_migrations().map_err(|error| error.to_string())?;
    if let Some(newer) = applied.iter().find(|version| !known.contains(&version.to_string())) {
        return Err(format!(
            "a newer scimward has changed its schema (migration {newer}): run that version, or \
             restore the backup from before the upgrade"
        ));
    }
    let done = conn.run_pending_migrations(source).map_err(|error| error.to_string())?;
    Ok(done.len())
}
