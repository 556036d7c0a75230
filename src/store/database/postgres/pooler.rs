//! Telling a connection pooler that keeps sessions from one that does not.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use diesel::QueryResult;
use diesel::connection::SimpleConnection;

use super::{PgConnection, PgUrl};

const NO_SESSIONS: &str = "a connection pooler in between gives every transaction another session, \
    so prepared statements and time limits get lost: let it pool sessions, such as PgBouncer with \
    pool_mode = session";

/// Fails if what `conn` has set is gone while somebody else has a transaction open: then a pooler
/// has given them its session. A server that is too busy for another connection is not asked.
pub(crate) fn check(
    conn: &mut PgConnection,
    url: &PgUrl,
    patience: Duration,
) -> Result<(), String> {
    let Ok(mut other) = PgConnection::open(url, patience) else { return Ok(()) };
    match keeps_its_session(conn, &mut other) {
        Err(_) if !other.answers() => Ok(()),
        Err(_) if conn.answers() => Err(NO_SESSIONS.to_owned()),
        kept => kept.map_err(|error| error.to_string()),
    }
}

/// Queries without parameters: those with any would be prepared. A division by zero says no.
fn keeps_its_session(conn: &mut PgConnection, other: &mut PgConnection) -> QueryResult<()> {
    // A session that passes from hand to hand still holds what an earlier check has set.
    let value = RandomState::new().hash_one("session");
    conn.batch_execute(&format!("SET scimward.session = '{value}'"))?;
    other.batch_execute("BEGIN")?;
    conn.batch_execute(&format!(
        "SELECT 1 / (coalesce(current_setting('scimward.session', true), '') = '{value}')::int"
    ))
}
