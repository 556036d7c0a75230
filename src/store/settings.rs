//! What the server makes once for itself, such as keys.

use diesel::prelude::*;

use super::database::connection::Conn;
use super::error::StoreError;
use super::schema::settings;

/// The value under `name`.
pub fn get(conn: &mut Conn, name: &str) -> Result<Option<String>, StoreError> {
    Ok(settings::table.find(name).select(settings::value).first(conn).optional()?)
}

/// The value under `name`; stores `fresh` first if there is none. The transaction must hold
/// [`super::Lock::Admins`].
pub fn get_or_insert(conn: &mut Conn, name: &str, fresh: &str) -> Result<String, StoreError> {
    if let Some(stored) = get(conn, name)? {
        return Ok(stored);
    }
    diesel::insert_into(settings::table)
        .values((settings::name.eq(name), settings::value.eq(fresh)))
        .execute(conn)?;
    Ok(fresh.to_owned())
}

/// Forgets the value under `name`: the next who needs one makes another.
pub fn remove(conn: &mut Conn, name: &str) -> Result<(), StoreError> {
    diesel::delete(settings::table.find(name)).execute(conn)?;
    Ok(())
}
