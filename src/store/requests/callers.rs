//! Callers by day.

use std::collections::BTreeSet;
use std::net::IpAddr;

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::domain::network::source::Source;
use crate::domain::requests::caller::{Caller, CallerCount, CallerEntry, CallerSummary};
use crate::domain::requests::day;
use crate::store::database::connection::Conn;
use crate::store::error::StoreError;
use crate::store::row::{instant, parse_address, parse_token_id, seconds};
use crate::store::schema::callers;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = callers)]
struct Row {
    address: String,
    agent: String,
    token_id: String,
    day: i64,
    accepted: i64,
    refused: i64,
    first_at: i64,
    last_at: i64,
}

/// What is known of a caller from earlier days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Earlier {
    /// Its first request.
    pub first_at: DateTime<Utc>,
    /// Whether one was accepted.
    pub was_accepted: bool,
}

/// The callers of a day.
pub fn of_day(conn: &mut Conn, day: DateTime<Utc>) -> Result<Vec<CallerEntry>, StoreError> {
    let rows = callers::table
        .filter(callers::day.eq(seconds(day)))
        .order((callers::first_at.asc(), callers::last_at.asc()))
        .select(Row::as_select())
        .load::<Row>(conn)?;
    rows.into_iter().map(CallerEntry::try_from).collect()
}

/// What is known of `caller` from the days before `day`.
pub fn earlier(
    conn: &mut Conn,
    caller: &Caller,
    day: DateTime<Utc>,
) -> Result<Option<Earlier>, StoreError> {
    let [token, address, agent] = key(caller);
    let rows: Vec<(i64, i64)> = callers::table
        .filter(callers::address.eq(address).and(callers::token_id.eq(token)))
        .filter(callers::agent.eq(agent).and(callers::day.lt(seconds(day))))
        .select((callers::first_at, callers::accepted))
        .load(conn)?;
    let was_accepted = rows.iter().any(|(_, accepted)| *accepted > 0);
    let first = rows.into_iter().map(|(first, _)| first).min();
    first.map(|first| Ok(Earlier { first_at: instant(first)?, was_accepted })).transpose()
}

/// Makes `wanted` the callers of a day. The transaction must hold [`super::super::Lock::Usage`].
pub fn replace(
    conn: &mut Conn,
    day: DateTime<Utc>,
    stored: &[CallerEntry],
    wanted: &[CallerEntry],
) -> Result<(), StoreError> {
    for entry in stored.iter().filter(|entry| !wanted.contains(entry)) {
        let [token, address, agent] = key(&entry.caller);
        diesel::delete(callers::table.find((address, agent, token, seconds(day)))).execute(conn)?;
    }
    for entry in wanted.iter().filter(|entry| !stored.contains(entry)) {
        diesel::insert_into(callers::table).values(Row::new(day, entry)).execute(conn)?;
    }
    Ok(())
}

/// What every source has sent since the day of `since`, and whether some of it was refused on a day on
/// which it still called at `lately` or after.
pub fn summaries(
    conn: &mut Conn,
    since: DateTime<Utc>,
    lately: DateTime<Utc>,
) -> Result<Vec<CallerSummary>, StoreError> {
    type Summary = (String, String, i64, i64, i64, i64, i64);
    let refused_lately = sql::<BigInt>("CAST(SUM(CASE WHEN last_at >= ")
        .bind::<BigInt, _>(seconds(lately))
        .sql(" THEN refused ELSE 0 END) AS BIGINT)");
    let rows: Vec<Summary> = callers::table
        .filter(callers::day.ge(seconds(day(since))))
        .group_by((callers::address, callers::agent))
        .select((
            callers::address,
            callers::agent,
            sql::<BigInt>("CAST(SUM(accepted) AS BIGINT)"),
            sql::<BigInt>("CAST(SUM(refused) AS BIGINT)"),
            sql::<BigInt>("MIN(first_at)"),
            sql::<BigInt>("MAX(last_at)"),
            refused_lately,
        ))
        .load(conn)?;
    let summary = |(address, agent, accepted, refused, first, last, lately): Summary| {
        let count = CallerCount {
            accepted: u64::try_from(accepted).unwrap_or_default(),
            refused: u64::try_from(refused).unwrap_or_default(),
            first_at: instant(first)?,
            last_at: instant(last)?,
        };
        Ok(CallerSummary { source: source(address, agent)?, count, refused_lately: lately > 0 })
    };
    rows.into_iter().map(summary).collect()
}

/// The addresses from which a request was accepted since the day of `since`.
pub fn accepted_addresses(
    conn: &mut Conn,
    since: DateTime<Utc>,
) -> Result<BTreeSet<IpAddr>, StoreError> {
    let addresses: Vec<String> = callers::table
        .filter(callers::day.ge(seconds(day(since))))
        .filter(callers::accepted.gt(0).and(callers::address.ne("")))
        .select(callers::address)
        .distinct()
        .load(conn)?;
    addresses.iter().map(|address| parse_address(address)).collect()
}

/// Removes the callers of the days before `cutoff`; returns how many. A day has few, so they are not
/// limited.
pub fn purge(conn: &mut Conn, cutoff: DateTime<Utc>, _limit: i64) -> Result<usize, StoreError> {
    Ok(diesel::delete(callers::table.filter(callers::day.lt(seconds(cutoff)))).execute(conn)?)
}

/// Token, address and agent as they are stored.
fn key(caller: &Caller) -> [String; 3] {
    let token = caller.token.as_ref().map(ToString::to_string);
    let source = &caller.source;
    [token, source.address_text(), source.agent.clone()].map(Option::unwrap_or_default)
}

/// A source from its columns.
fn source(address: String, agent: String) -> Result<Source, StoreError> {
    let address = known(address).map(|address| parse_address(&address)).transpose()?;
    Ok(Source { address, agent: known(agent), request_id: None })
}

fn known(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

impl Row {
    fn new(day: DateTime<Utc>, CallerEntry { caller, count }: &CallerEntry) -> Self {
        let [token_id, address, agent] = key(caller);
        Self {
            day: seconds(day),
            token_id,
            address,
            agent,
            accepted: i64::try_from(count.accepted).unwrap_or(i64::MAX),
            refused: i64::try_from(count.refused).unwrap_or(i64::MAX),
            first_at: seconds(count.first_at),
            last_at: seconds(count.last_at),
        }
    }
}

impl TryFrom<Row> for CallerEntry {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let token = known(row.token_id).map(|id| parse_token_id(&id)).transpose()?;
        let caller = Caller { token, source: source(row.address, row.agent)? };
        let count = CallerCount {
            accepted: u64::try_from(row.accepted).unwrap_or_default(),
            refused: u64::try_from(row.refused).unwrap_or_default(),
            first_at: instant(row.first_at)?,
            last_at: instant(row.last_at)?,
        };
        Ok(Self { caller, count })
    }
}
