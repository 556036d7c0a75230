//! The schema, brought up to date at start.

use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::Conn;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Applies what is missing. Several instances may start at once: one migrates, the others wait.
///
/// # Errors
/// A sentence that names the migration that failed.
pub(super) fn run(conn: &mut Conn) -> Result<(), String> {
    use diesel::connection::{Connection, SimpleConnection};

    // Taken before looking at what is missing; released when the transaction ends.
    let lock = match conn {
        Conn::Sqlite(_) => {
            "CREATE TABLE IF NOT EXISTS migration_lock (id INTEGER); DELETE FROM migration_lock"
        }
        Conn::Postgres(_) => "SELECT pg_advisory_xact_lock(7246)",
    };
    conn.transaction(|conn| {
        conn.batch_execute(lock)?;
        let result = match conn {
            Conn::Sqlite(sqlite) => sqlite.run_pending_migrations(SQLITE).map(|done| done.len()),
            Conn::Postgres(pg) => pg.run_pending_migrations(POSTGRES).map(|done| done.len()),
        };
        Ok(result.map_err(|error| error.to_string()))
    })
    .unwrap_or_else(|error: diesel::result::Error| Err(error.to_string()))
    .map(|count| tracing::debug!(migrations.applied = count, "the schema is up to date"))
}
