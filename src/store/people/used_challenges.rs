//! Challenges that were answered: each works once.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::domain::admin::code::Digest;
use crate::store::database::connection::Conn;
use crate::store::error::StoreError;
use crate::store::row::seconds;
use crate::store::schema::used_challenges as used;

/// Notes that a challenge was answered; says whether it is the first time.
pub fn insert(conn: &mut Conn, digest: &Digest, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let before: Option<i64> =
        used::table.find(digest.as_str()).select(used::used_at).first(conn).optional()?;
    if before.is_some() {
        return Ok(false);
    }
    diesel::insert_into(used::table)
        .values((used::challenge_hash.eq(digest.as_str()), used::used_at.eq(seconds(now))))
        .execute(conn)?;
    Ok(true)
}
