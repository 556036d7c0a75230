//! The numbers by which calendars know which entry about the token is the latest.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::domain::mail::calendar_entry::{CalendarEntry, after};
use crate::domain::token::Token;
use crate::store::database::connection::Conn;
use crate::store::error::StoreError;
use crate::store::row::{instant, parse_token_id};
use crate::store::schema::tokens;

/// The entry of a token as it was when it was generated; none if no mail about it has carried one.
pub(crate) fn of(conn: &mut Conn, token: &Token) -> Result<Option<CalendarEntry>, StoreError> {
    let sequence: Option<Option<i64>> = tokens::table
        .find(token.id.as_str())
        .select(tokens::calendar_sequence)
        .first(conn)
        .optional()?;
    let Some(sequence) = sequence.flatten() else { return Ok(None) };
    let first: String =
        tokens::table.order(tokens::position.asc()).select(tokens::id).first(conn)?;
    Ok(Some(CalendarEntry::published(token, &parse_token_id(&first)?, sequence)))
}

/// The number for the entry of a token that is generated at `now`: above those of the token with the
/// last position, whose entry may have been published and cancelled.
pub(super) fn next(conn: &mut Conn, now: DateTime<Utc>) -> Result<i64, StoreError> {
    let last: Option<(Option<i64>, Option<i64>)> = tokens::table
        .order(tokens::position.desc())
        .select((tokens::calendar_sequence, tokens::revoked_at))
        .first(conn)
        .optional()?;
    Ok(match last {
        Some((Some(published), Some(revoked_at))) => {
            after(after(published, instant(revoked_at)?), now)
        }
        Some((Some(published), None)) => after(published, now),
        Some((None, _)) | None => after(0, now),
    })
}
