//! Outages that have ended.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::domain::network::source::address_text;
use crate::domain::sync::outage::{Outage, OutageId};
use crate::store::database::connection::Conn;
use crate::store::error::StoreError;
use crate::store::row::{instant, parse_address, parse_token_id, seconds};
use crate::store::schema::outages;

#[derive(Queryable, Selectable)]
#[diesel(table_name = outages)]
struct Row {
    id: i64,
    began_at: i64,
    ended_at: i64,
    is_told: bool,
    token_id: String,
    address: String,
    agent: Option<String>,
}

/// Adds an outage that has ended. The transaction must hold [`crate::store::Lock::Usage`].
pub fn insert(conn: &mut Conn, outage: &Outage) -> Result<OutageId, StoreError> {
    let inserted = diesel::insert_into(outages::table).values((
        outages::began_at.eq(seconds(outage.began_at)),
        outages::ended_at.eq(seconds(outage.ended_at)),
        outages::is_told.eq(outage.is_told),
        outages::token_id.eq(outage.token.as_str()),
        outages::address.eq(address_text(outage.from)),
        outages::agent.eq(outage.agent.as_deref()),
    ));
    Ok(OutageId(inserted.returning(outages::id).get_result(conn)?))
}

/// The outages that ended after `since`, oldest first, each with its key.
pub fn since(conn: &mut Conn, since: DateTime<Utc>) -> Result<Vec<(OutageId, Outage)>, StoreError> {
    let rows: Vec<Row> = outages::table
        .filter(outages::ended_at.gt(seconds(since)))
        .order(outages::id.asc())
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(|row| Ok((OutageId(row.id), Outage::try_from(row)?))).collect()
}

/// Removes at most `limit` outages that ended before `cutoff`; returns how many. Their groups must be
/// gone.
pub fn purge(conn: &mut Conn, cutoff: DateTime<Utc>, limit: i64) -> Result<usize, StoreError> {
    let old: Vec<i64> = outages::table
        .filter(outages::ended_at.lt(seconds(cutoff)))
        .select(outages::id)
        .limit(limit)
        .load(conn)?;
    Ok(diesel::delete(outages::table.filter(outages::id.eq_any(old))).execute(conn)?)
}

impl TryFrom<Row> for Outage {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            began_at: instant(row.began_at)?,
            ended_at: instant(row.ended_at)?,
            is_told: row.is_told,
            token: parse_token_id(&row.token_id)?,
            from: parse_address(&row.address)?,
            agent: row.agent,
        })
    }
}
