//! Logins whose password was right and that need a second step.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::domain::admin::ServerAdmin;
use crate::domain::admin::code::Digest;
use crate::domain::admin::person::AdminId;
use crate::store::database::connection::Conn;
use crate::store::error::StoreError;
use crate::store::row::{instant, seconds};
use crate::store::schema::second_steps as steps;

/// A login that waits for its second step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondStep {
    /// Whose password was right.
    pub admin: AdminId,
    /// Which password that was.
    pub password_generation: String,
    /// When it was.
    pub created_at: DateTime<Utc>,
}

/// Stores that the password of `admin` was right.
pub fn insert(
    conn: &mut Conn,
    digest: &Digest,
    admin: &ServerAdmin,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    diesel::insert_into(steps::table)
        .values((
            steps::code_hash.eq(digest.as_str()),
            steps::admin_id.eq(admin.id.0),
            steps::password_generation.eq(&admin.password.generation),
            steps::created_at.eq(seconds(now)),
        ))
        .execute(conn)?;
    Ok(())
}

/// The login with this digest.
pub fn by_digest(conn: &mut Conn, digest: &Digest) -> Result<Option<SecondStep>, StoreError> {
    let row: Option<(i64, String, i64)> = steps::table
        .find(digest.as_str())
        .select((steps::admin_id, steps::password_generation, steps::created_at))
        .first(conn)
        .optional()?;
    row.map(|(admin, password_generation, created_at)| {
        Ok(SecondStep {
            admin: AdminId(admin),
            password_generation,
            created_at: instant(created_at)?,
        })
    })
    .transpose()
}

/// Removes a login; says whether it was there.
pub fn delete(conn: &mut Conn, digest: &Digest) -> Result<bool, StoreError> {
    Ok(diesel::delete(steps::table.find(digest.as_str())).execute(conn)? == 1)
}

/// Removes all logins of an admin that wait.
pub fn delete_of_admin(conn: &mut Conn, admin: AdminId) -> Result<(), StoreError> {
    diesel::delete(steps::table.filter(steps::admin_id.eq(admin.0))).execute(conn)?;
    Ok(())
}

/// Removes all logins that wait.
pub fn delete_all(conn: &mut Conn) -> Result<(), StoreError> {
    diesel::delete(steps::table).execute(conn)?;
    Ok(())
}
