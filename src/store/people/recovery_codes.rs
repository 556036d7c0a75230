//! Recovery codes of Server Admins.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::domain::admin::person::AdminId;
use crate::domain::token::secret::PhcString;
use crate::store::database::connection::Conn;
use crate::store::error::StoreError;
use crate::store::row::{instant, seconds};
use crate::store::schema::recovery_codes as codes;

/// A recovery code as stored.
#[derive(Debug, Clone)]
pub struct StoredCode {
    /// The key of its row.
    pub id: i64,
    /// The hash of the code.
    pub hash: PhcString,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was used.
    pub used_at: Option<DateTime<Utc>>,
}

/// Replaces all codes of an admin.
pub fn replace(
    conn: &mut Conn,
    admin: AdminId,
    hashes: &[PhcString],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    delete_of_admin(conn, admin)?;
    for hash in hashes {
        diesel::insert_into(codes::table)
            .values((
                codes::admin_id.eq(admin.0),
                codes::code_hash.eq(hash.as_str()),
                codes::created_at.eq(seconds(now)),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// The codes of an admin, used ones too.
pub fn of_admin(conn: &mut Conn, admin: AdminId) -> Result<Vec<StoredCode>, StoreError> {
    let rows: Vec<(i64, String, i64, Option<i64>)> = codes::table
        .filter(codes::admin_id.eq(admin.0))
        .select((codes::id, codes::code_hash, codes::created_at, codes::used_at))
        .order(codes::id.asc())
        .load(conn)?;
    let code = |(id, hash, created_at, used_at): (i64, String, i64, Option<i64>)| {
        Ok(StoredCode {
            id,
            hash: PhcString::new(hash),
            created_at: instant(created_at)?,
            used_at: used_at.map(instant).transpose()?,
        })
    };
    rows.into_iter().map(code).collect()
}

/// Uses a code up; says whether it was there and unused.
pub fn consume(conn: &mut Conn, id: i64, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let unused = codes::table.find(id).filter(codes::used_at.is_null());
    let used = diesel::update(unused).set(codes::used_at.eq(Some(seconds(now)))).execute(conn)?;
    Ok(used == 1)
}

/// Removes all codes of an admin.
pub fn delete_of_admin(conn: &mut Conn, admin: AdminId) -> Result<(), StoreError> {
    diesel::delete(codes::table.filter(codes::admin_id.eq(admin.0))).execute(conn)?;
    Ok(())
}
