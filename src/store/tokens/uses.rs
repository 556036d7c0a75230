//! What is known of the use of tokens: whether one was copied, when it was used, and whether it is still
//! presented after its end.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use crate::domain::network::source::address_text;
use crate::domain::token::secret::TokenId;
use crate::domain::token::{LastUse, LateUse};
use crate::store::database::connection::Conn;
use crate::store::error::StoreError;
use crate::store::row::seconds;
use crate::store::schema::tokens;

/// The clocks of instances may differ by so much; what lies further ahead was noted by a wrong one.
const CLOCK_DIFFERENCE: TimeDelta = TimeDelta::minutes(5);

/// Notes that a token was shown and not copied, unless it was used all the same.
pub fn not_copied(conn: &mut Conn, id: &TokenId, now: DateTime<Utc>) -> Result<(), StoreError> {
    let unused = tokens::table.find(id.as_str()).filter(tokens::first_used_at.is_null());
    diesel::update(unused.filter(tokens::uncopied_at.is_null()))
        .set(tokens::uncopied_at.eq(Some(seconds(now))))
        .execute(conn)?;
    Ok(())
}

/// Records a use; returns whether it was the first. What a clock that ran ahead has noted for a time
/// after `now` gives way to it.
pub fn record(
    conn: &mut Conn,
    id: &TokenId,
    last: &LastUse,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let at = seconds(last.at.min(now));
    let ahead = seconds(now + CLOCK_DIFFERENCE);
    let first = diesel::update(tokens::table.find(id.as_str()))
        .filter(tokens::first_used_at.is_null())
        .set(tokens::first_used_at.eq(Some(at)))
        .execute(conn)?;
    diesel::update(tokens::table.find(id.as_str()))
        .filter(tokens::first_used_at.gt(ahead))
        .set(tokens::first_used_at.eq(Some(at)))
        .execute(conn)?;
    let later = tokens::last_used_at.lt(at).or(tokens::last_used_at.gt(ahead));
    let later = tokens::last_used_at.is_null().or(later);
    diesel::update(tokens::table.find(id.as_str()))
        .filter(later)
        .set((
            tokens::last_used_at.eq(Some(at)),
            tokens::last_used_from.eq(Some(address_text(last.from))),
            tokens::last_used_agent.eq(last.agent.as_deref()),
        ))
        .execute(conn)?;
    Ok(first == 1)
}

/// Adds requests that presented a revoked token.
pub fn record_late(conn: &mut Conn, id: &TokenId, late: &LateUse) -> Result<(), StoreError> {
    let count = i64::try_from(late.count).unwrap_or(i64::MAX);
    diesel::update(tokens::table.find(id.as_str()))
        .set((
            tokens::late_uses.eq(tokens::late_uses + count),
            tokens::late_used_at.eq(Some(seconds(late.at))),
            tokens::late_used_from.eq(Some(address_text(late.from))),
        ))
        .execute(conn)?;
    Ok(())
}
