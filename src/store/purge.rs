//! Removing old rows, a few at a time.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::database::connection::Conn;
use super::error::StoreError;
use super::row::seconds;
use super::schema::{
    activity, login_failures, mails, one_time_links, request_hours, second_steps, sessions,
    used_challenges, used_requests,
};

macro_rules! purges {
    ($($(#[$doc:meta])* $table:ident, $key:ident: $type:ty, $time:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// Removes at most `limit` from before `cutoff`, the oldest first; returns how many.
        pub fn $table(
            conn: &mut Conn,
            cutoff: DateTime<Utc>,
            limit: i64,
        ) -> Result<usize, StoreError> {
            let old: Vec<$type> = $table::table
                .filter($table::$time.lt(seconds(cutoff)))
                .order($table::$time.asc())
                .select($table::$key)
                .limit(limit)
                .load(conn)?;
            Ok(diesel::delete($table::table.filter($table::$key.eq_any(old))).execute(conn)?)
        }
    )*};
}

purges! {
    /// Entries of the activity list.
    activity, id: i64, at;
    /// Sessions, by their last use.
    sessions, id_hash: String, last_seen_at;
    /// Links, by their expiry.
    one_time_links, code_hash: String, expires_at;
    /// Failed logins of an account or a source, by the latest of them.
    login_failures, subject: String, last_at;
    /// Logins that waited for a second step.
    second_steps, code_hash: String, created_at;
    /// Challenges that were answered.
    used_challenges, challenge_hash: String, used_at;
    /// Ids of forms, by their use.
    used_requests, id_hash: String, used_at;
    /// Requests by hour.
    request_hours, hour: i64, hour;
}

/// Mails that are about no token.
///
/// Removes at most `limit` from before `cutoff`, the oldest first; returns how many.
pub fn mails(conn: &mut Conn, cutoff: DateTime<Utc>, limit: i64) -> Result<usize, StoreError> {
    let old: Vec<i64> = mails::table
        .filter(mails::token_id.is_null().and(mails::due_at.lt(seconds(cutoff))))
        .order(mails::due_at.asc())
        .select(mails::id)
        .limit(limit)
        .load(conn)?;
    Ok(diesel::delete(mails::table.filter(mails::id.eq_any(old))).execute(conn)?)
}
