//! The embedded database: opening its file, and what its errors mean.
//!
//! Of SQLite's result codes, Diesel keeps only those of violated constraints; for the others it has
//! SQLite's text alone. The text is compiled in and the same in every language, and tests notice
//! when a new version writes another one.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::{Connection, SimpleConnection};
use diesel::result::Error;
use diesel::{ConnectionError, ConnectionResult, QueryResult, SqliteConnection};

/// `SQLITE_BUSY` and `SQLITE_PROTOCOL`.
const LOCKED: [&str; 2] = ["database is locked", "locking protocol"];
/// What `SQLITE_ERROR` means where every statement is known to be right.
const WRONG_SCHEMA: [&str; 3] = ["no such table", "no such column", "has no column named"];

/// Opens the file. WAL lets readers go on while a writer commits; `FULL` makes an acknowledged
/// commit survive a power cut.
pub(crate) fn open(path: &Path, patience: Duration) -> ConnectionResult<SqliteConnection> {
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

/// Several processes may create the file at once, and SQLite does not always wait for its lock when
/// it changes the journal. Once changed, the file stays that way. Any other failure would be the
/// same the next time.
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

fn is_locked(error: &Error) -> bool {
    is_lock(&error.to_string())
}

/// Whether a statement failed because another process holds a lock.
pub(crate) fn is_lock(message: &str) -> bool {
    LOCKED.contains(&message)
}

/// Whether a statement failed because a table or a column is missing.
pub(crate) fn is_about_the_schema(message: &str) -> bool {
    WRONG_SCHEMA.iter().any(|words| message.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_of_another_process_is_told_from_other_failures() {
        let name = format!("scimward-lock-{}.db", std::process::id());
        let file = std::env::temp_dir().join(name);
        let open = || SqliteConnection::establish(&file.to_string_lossy()).unwrap();
        let (mut holder, mut other) = (open(), open());
        holder.batch_execute("BEGIN EXCLUSIVE").unwrap();

        let failure = other.batch_execute("PRAGMA journal_mode = WAL").unwrap_err();
        holder.batch_execute("COMMIT").unwrap();
        let other_failure = other.batch_execute("nonsense").unwrap_err();
        std::fs::remove_file(&file).unwrap();

        assert!(is_locked(&failure), "{failure}");
        assert!(!is_locked(&other_failure), "{other_failure}");
    }
}
