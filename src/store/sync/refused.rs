//! Refused requests in groups, since the last accepted one.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::domain::network::source::address_text;
use crate::domain::network::source_network;
use crate::domain::sync::outage::OutageId;
use crate::domain::sync::refused::RefusedGroup;
use crate::domain::token::refusal::Refusal;
use crate::domain::token::secret::TokenId;
use crate::store::database::connection::Conn;
use crate::store::error::StoreError;
use crate::store::row::{corrupt, instant, parse_address, parse_token_id, seconds};
use crate::store::schema::refused_groups as groups;

/// Groups that are kept apart until a request is accepted; further ones are counted together.
const LIMIT: usize = 200;

/// A group and what the store knows besides.
#[derive(Debug, Clone)]
pub struct StoredGroup {
    /// When the state of the tokens began in which the requests were refused.
    pub period: DateTime<Utc>,
    /// The group.
    pub group: RefusedGroup,
    /// When a request was accepted after it.
    pub ended_at: Option<DateTime<Utc>>,
    id: i64,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = groups)]
struct Row {
    id: i64,
    period: i64,
    reason: String,
    token_id: Option<String>,
    address: Option<String>,
    agent: Option<String>,
    looks_like_ours: bool,
    count: i64,
    first_at: i64,
    last_at: i64,
    ended_at: Option<i64>,
}

/// The groups that no accepted request has ended, and those that one has ended since `since`.
pub fn open(conn: &mut Conn, since: DateTime<Utc>) -> Result<Vec<StoredGroup>, StoreError> {
    let open: Vec<Row> = groups::table
        .filter(groups::ended_at.is_null())
        .order(groups::id.asc())
        .select(Row::as_select())
        .load(conn)?;
    let ended: Vec<Row> = groups::table
        .filter(groups::ended_at.gt(seconds(since)).and(groups::last_at.gt(seconds(since))))
        .order(groups::id.asc())
        .select(Row::as_select())
        .load(conn)?;
    open.into_iter().chain(ended).map(StoredGroup::try_from).collect()
}

/// The groups of an outage, the most frequent first.
pub fn of_outage(conn: &mut Conn, outage: OutageId) -> Result<Vec<RefusedGroup>, StoreError> {
    let rows: Vec<Row> = groups::table
        .filter(groups::outage_id.eq(outage.0))
        .order((groups::count.desc(), groups::id.asc()))
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(|row| Ok(StoredGroup::try_from(row)?.group)).collect()
}

/// Adds refused requests of a group to `stored`, the open groups, and to the table. The transaction
/// must hold [`crate::store::Lock::Usage`].
pub fn add(
    conn: &mut Conn,
    stored: &mut Vec<StoredGroup>,
    period: DateTime<Utc>,
    group: &RefusedGroup,
) -> Result<(), StoreError> {
    let mut group = group.clone();
    let is_same = |known: &StoredGroup, group: &RefusedGroup| {
        known.ended_at.is_none() && known.period == period && key(&known.group) == key(group)
    };
    if stored.len() >= LIMIT && !stored.iter().any(|known| is_same(known, &group)) {
        (group.from, group.agent) = (None, None);
    }
    if let Some(known) = stored.iter_mut().find(|known| is_same(known, &group)) {
        let sum = &mut known.group;
        sum.count = sum.count.saturating_add(group.count);
        (sum.first_at, sum.last_at) =
            (sum.first_at.min(group.first_at), sum.last_at.max(group.last_at));
        diesel::update(groups::table.find(known.id))
            .set((
                groups::count.eq(i64::try_from(sum.count).unwrap_or(i64::MAX)),
                groups::first_at.eq(seconds(sum.first_at)),
                groups::last_at.eq(seconds(sum.last_at)),
            ))
            .execute(conn)?;
        return Ok(());
    }
    let id = insert(conn, period, &group)?;
    stored.push(StoredGroup { period, group, ended_at: None, id });
    Ok(())
}

fn insert(conn: &mut Conn, period: DateTime<Utc>, group: &RefusedGroup) -> Result<i64, StoreError> {
    let inserted = diesel::insert_into(groups::table).values((
        groups::period.eq(seconds(period)),
        groups::reason.eq(group.reason.code()),
        groups::token_id.eq(group.token.as_ref().map(TokenId::as_str)),
        groups::address.eq(group.from.map(address_text)),
        groups::agent.eq(group.agent.as_deref()),
        groups::looks_like_ours.eq(group.looks_like_ours),
        groups::count.eq(i64::try_from(group.count).unwrap_or(i64::MAX)),
        groups::first_at.eq(seconds(group.first_at)),
        groups::last_at.eq(seconds(group.last_at)),
    ));
    Ok(inserted.returning(groups::id).get_result(conn)?)
}

/// Ends the open groups: a request was accepted. They stay if they belong to an outage.
pub fn end(conn: &mut Conn, at: DateTime<Utc>, outage: Option<OutageId>) -> Result<(), StoreError> {
    diesel::update(groups::table.filter(groups::ended_at.is_null()))
        .set((groups::ended_at.eq(seconds(at)), groups::outage_id.eq(outage.map(|id| id.0))))
        .execute(conn)?;
    Ok(())
}

/// Forgets groups that were ended before `cutoff` and belong to no outage.
pub fn forget(conn: &mut Conn, cutoff: DateTime<Utc>) -> Result<(), StoreError> {
    let old = groups::table.filter(groups::ended_at.lt(seconds(cutoff)));
    diesel::delete(old.filter(groups::outage_id.is_null())).execute(conn)?;
    Ok(())
}

/// Removes at most `limit` groups of outages from before `cutoff`; returns how many.
pub fn purge(conn: &mut Conn, cutoff: DateTime<Utc>, limit: i64) -> Result<usize, StoreError> {
    let old: Vec<i64> = groups::table
        .filter(groups::ended_at.lt(seconds(cutoff)))
        .select(groups::id)
        .limit(limit)
        .load(conn)?;
    Ok(diesel::delete(groups::table.filter(groups::id.eq_any(old))).execute(conn)?)
}

/// What groups have in common.
fn key(group: &RefusedGroup) -> (Refusal, Option<&TokenId>, Option<IpAddr>, bool) {
    let network = group.from.map(source_network);
    (group.reason, group.token.as_ref(), network, group.looks_like_ours)
}

impl TryFrom<Row> for StoredGroup {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let group = RefusedGroup {
            reason: row.reason.parse().map_err(|_unknown| corrupt("reason", &row.reason))?,
            token: row.token_id.as_deref().map(parse_token_id).transpose()?,
            from: row.address.as_deref().map(parse_address).transpose()?,
            agent: row.agent,
            looks_like_ours: row.looks_like_ours,
            is_known_source: false,
            count: u64::try_from(row.count).unwrap_or_default(),
            first_at: instant(row.first_at)?,
            last_at: instant(row.last_at)?,
        };
        Ok(Self {
            period: instant(row.period)?,
            group,
            ended_at: row.ended_at.map(instant).transpose()?,
            id: row.id,
        })
    }
}
