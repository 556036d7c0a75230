//! The schema, brought up to date at start.

use diesel::connection::{Connection, SimpleConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::Conn;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Applies what is missing. Several instances may start at once: one migrates, the others wait.
///
/// # Errors
/// A sentence that names the migration that failed.
pub(super) fn run(conn: &mut Conn) -> Result<(), String> {
    // The lock comes before the look at what is missing.
    let applied = match conn {
        Conn::Sqlite(sqlite) => sqlite
            .immediate_transaction(|sqlite| Ok(applied(sqlite.run_pending_migrations(SQLITE)))),
        Conn::Postgres(pg) => pg.transaction(|pg| {
            pg.batch_execute("SELECT pg_advisory_xact_lock(7246)")?;
            Ok(applied(pg.run_pending_migrations(POSTGRES)))
        }),
    };
    applied
        .unwrap_or_else(|error: diesel::result::Error| Err(error.to_string()))
        .map(|count| tracing::debug!(migrations.applied = count, "the schema is up to date"))
}

fn applied<T, E: ToString>(result: Result<Vec<T>, E>) -> Result<usize, String> {
    result.map(|applied| applied.len()).map_err(|error| error.to_string())
}
