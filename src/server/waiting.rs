//! Waiting for a database that is not ready when the server starts.
//!
//! Machines that start together start in any order. A server that ends because it was first is
//! given up by its service manager; one that waits says so to everybody who asks, and begins as
//! soon as it can.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::app::App;
use crate::store::MigrateError;

const BETWEEN_TRIES: Duration = Duration::from_secs(1);
const BETWEEN_LINES: Duration = Duration::from_secs(5);

/// Brings the database up to date. A server of it is waited for as long as the settings say.
///
/// # Errors
/// A sentence, when the database cannot be used or was not reached in time.
pub(super) async fn for_database(app: &App) -> Result<(), String> {
    let started = Instant::now();
    let settings = &app.settings;
    let patience =
        if settings.database.is_server() { settings.database_wait } else { Duration::ZERO };
    let mut last_line = None::<Instant>;
    loop {
        let error = match app.resources.store.migrate().await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        let waited = started.elapsed();
        if matches!(error, MigrateError::Unusable(_)) || waited >= patience {
            return Err(app.database_fails(&error));
        }
        if last_line.is_none_or(|last| last.elapsed() >= BETWEEN_LINES) {
            last_line = Some(Instant::now());
            let (waited, at_most) = (waited.as_secs(), patience.as_secs());
            tracing::warn!(%error, waited, at_most, "waiting for the database");
        }
        sleep(BETWEEN_TRIES.min(patience.saturating_sub(waited))).await;
    }
}
