//! The identity provider that was chosen: one row at most.

use diesel::prelude::*;

use super::database::connection::Conn;
use super::error::StoreError;
use super::row::{actor, instant, seconds};
use super::schema::identity_provider as chosen;
use crate::domain::identity_provider::Choice;

type Row = (i64, String, i64, Option<i64>, String);

/// The choice; none as well if another version of scimward has stored one that is not known here.
pub fn get(conn: &mut Conn) -> Result<Option<Choice>, StoreError> {
    let row: Option<Row> = chosen::table.first(conn).optional()?;
    let Some((_, provider, at, by_id, by)) = row else { return Ok(None) };
    let Ok(provider) = provider.parse() else { return Ok(None) };
    Ok(Some(Choice { provider, by: actor(by_id, by, None), at: instant(at)? }))
}

/// Stores a choice in the place of the one before. The transaction must hold
/// [`super::Lock::Admins`].
pub fn set(conn: &mut Conn, choice: &Choice) -> Result<(), StoreError> {
    diesel::delete(chosen::table).execute(conn)?;
    diesel::insert_into(chosen::table)
        .values((
            chosen::one.eq(1),
            chosen::provider.eq(choice.provider.guide().code),
            chosen::chosen_at.eq(seconds(choice.at)),
            chosen::chosen_by_id.eq(choice.by.admin_id().map(|id| id.0)),
            chosen::chosen_by.eq(choice.by.name()),
        ))
        .execute(conn)?;
    Ok(())
}
