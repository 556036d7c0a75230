//! The activity list.

use chrono::{DateTime, Utc};
use diesel::dsl::{AsSelect, IntoBoxed, Select};
use diesel::prelude::*;

use super::database::connection::{Conn, MultiBackend};
use super::error::StoreError;
use super::row::{actor_or_key, corrupt, instant, parse_address, parse_token_id, seconds};
use super::schema::activity;
use super::transaction::Transaction;
use crate::domain::activity::timeline::Cursor;
use crate::domain::activity::{Event, Kind, Recorded};
use crate::domain::admin::person::AdminId;
use crate::domain::keys::secret::KeyId;
use crate::domain::network::source::Source;
use crate::domain::token::secret::TokenId;

#[derive(Insertable)]
#[diesel(table_name = activity)]
struct NewRow<'a> {
    at: i64,
    kind: &'a str,
    actor_id: Option<i64>,
    actor: &'a str,
    actor_email: Option<&'a str>,
    address: Option<String>,
    agent: Option<&'a str>,
    token_id: Option<&'a str>,
    subject: Option<&'a str>,
    detail: Option<&'a str>,
    count: i64,
    actor_key: Option<&'a str>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = activity)]
struct Row {
    id: i64,
    at: i64,
    kind: String,
    actor_id: Option<i64>,
    actor: String,
    actor_email: Option<String>,
    address: Option<String>,
    agent: Option<String>,
    token_id: Option<String>,
    subject: Option<String>,
    detail: Option<String>,
    count: i64,
    actor_key: Option<String>,
}

/// Adds an entry, and logs it once it is stored.
pub fn record(transaction: &mut Transaction, event: &Event) -> Result<(), StoreError> {
    add_entry(transaction, event).map(drop)
}

/// The same; returns the entry's key.
pub fn add_entry(transaction: &mut Transaction, event: &Event) -> Result<i64, StoreError> {
    let id = insert(transaction, event)?;
    transaction.will_log(event);
    Ok(id)
}

fn insert(conn: &mut Conn, event: &Event) -> Result<i64, StoreError> {
    let row = diesel::insert_into(activity::table).values(NewRow::from(event));
    Ok(row.returning(activity::id).get_result(conn)?)
}

/// The entry with this key.
pub fn by_id(conn: &mut Conn, id: i64) -> Result<Option<Recorded>, StoreError> {
    let row = activity::table.find(id).select(Row::as_select()).first::<Row>(conn);
    row.optional()?.map(Recorded::try_from).transpose()
}

/// Counts what has happened again in the entry with this key, which then is about the subject of the
/// event, or adds an entry if there is none; returns the key for the next time. It is logged when it
/// happens.
pub fn count(conn: &mut Conn, entry: Option<i64>, event: &Event) -> Result<i64, StoreError> {
    let row = NewRow::from(event);
    if let Some(id) = entry {
        let same = activity::table.find(id).filter(activity::kind.eq(row.kind));
        let counted = diesel::update(same)
            .set((
                activity::at.eq(row.at),
                activity::subject.eq(row.subject),
                activity::count.eq(activity::count + row.count),
            ))
            .execute(conn)?;
        if counted == 1 {
            return Ok(id);
        }
    }
    insert(conn, event)
}

impl<'a> From<&'a Event> for NewRow<'a> {
    fn from(event: &'a Event) -> Self {
        Self {
            at: seconds(event.at),
            kind: event.kind.as_str(),
            actor_id: event.actor.admin_id().map(|id| id.0),
            actor: event.actor.name(),
            actor_email: event.actor.email(),
            address: event.source.address_text(),
            agent: event.source.agent.as_deref(),
            token_id: event.token.as_ref().map(TokenId::as_str),
            subject: event.subject.as_deref(),
            detail: event.detail.as_deref(),
            count: i64::try_from(event.count).unwrap_or(i64::MAX),
            actor_key: event.actor.key_id().map(KeyId::as_str),
        }
    }
}

/// At most `limit` entries, newest first: those older than `before`, and of these kinds only unless
/// `kinds` is empty.
///
/// Every page costs the same, however many entries there are: each query is one range of an index
/// that has the order of the list. So each kind is asked for by itself, and the entries that share
/// the second of `before` apart from the others.
pub fn page(
    conn: &mut Conn,
    before: Option<Cursor>,
    kinds: &[Kind],
    limit: usize,
) -> Result<Vec<Recorded>, StoreError> {
    let mut rows = Vec::new();
    for kind in each(kinds) {
        let entries = || of_kind(kind).order((activity::at.desc(), activity::id.desc()));
        let mut found = Vec::new();
        if let Some(Cursor { at, id }) = before {
            let same_second = entries().filter(activity::at.eq(seconds(at)));
            add(conn, same_second.filter(activity::id.lt(id)), limit, &mut found)?;
        }
        let others = match before {
            Some(before) => entries().filter(activity::at.lt(seconds(before.at))),
            None => entries(),
        };
        add(conn, others, limit, &mut found)?;
        rows.append(&mut found);
    }
    rows.sort_unstable_by_key(|row| std::cmp::Reverse((row.at, row.id)));
    rows.into_iter().take(limit).map(Recorded::try_from).collect()
}

/// As [`page`], in the other direction: the entries next to `after`, oldest first.
pub fn page_after(
    conn: &mut Conn,
    after: Cursor,
    kinds: &[Kind],
    limit: usize,
) -> Result<Vec<Recorded>, StoreError> {
    let mut rows = Vec::new();
    for kind in each(kinds) {
        let entries = || of_kind(kind).order((activity::at.asc(), activity::id.asc()));
        let mut found = Vec::new();
        let same_second = entries().filter(activity::at.eq(seconds(after.at)));
        add(conn, same_second.filter(activity::id.gt(after.id)), limit, &mut found)?;
        add(conn, entries().filter(activity::at.gt(seconds(after.at))), limit, &mut found)?;
        rows.append(&mut found);
    }
    rows.sort_unstable_by_key(|row| (row.at, row.id));
    rows.into_iter().take(limit).map(Recorded::try_from).collect()
}

type Query = IntoBoxed<'static, Select<activity::table, AsSelect<Row, MultiBackend>>, MultiBackend>;

/// Every kind by itself, or nothing for all entries.
fn each(kinds: &[Kind]) -> Vec<Option<Kind>> {
    if kinds.is_empty() { vec![None] } else { kinds.iter().copied().map(Some).collect() }
}

fn of_kind(kind: Option<Kind>) -> Query {
    let entries = activity::table.select(Row::as_select()).into_boxed();
    match kind {
        Some(kind) => entries.filter(activity::kind.eq(kind.as_str())),
        None => entries,
    }
}

/// Adds what `query` finds to `found`, up to `limit` in all.
fn add(
    conn: &mut Conn,
    query: Query,
    limit: usize,
    found: &mut Vec<Row>,
) -> Result<(), StoreError> {
    let missing = i64::try_from(limit.saturating_sub(found.len())).unwrap_or(i64::MAX);
    if missing > 0 {
        found.append(&mut query.limit(missing).load(conn)?);
    }
    Ok(())
}

/// When an admin did what these kinds are about, after `after` and up to `until`.
pub fn times(
    conn: &mut Conn,
    admin: AdminId,
    kinds: &[Kind],
    after: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Vec<DateTime<Utc>>, StoreError> {
    let times: Vec<i64> = activity::table
        .filter(activity::kind.eq_any(kinds.iter().map(|kind| kind.as_str())))
        .filter(activity::at.gt(seconds(after)).and(activity::at.le(seconds(until))))
        .filter(activity::actor_id.eq(admin.0))
        .select(activity::at)
        .load(conn)?;
    times.into_iter().map(instant).collect()
}

/// From where an admin did what these kinds are about, after `after`: each source once.
pub fn sources(
    conn: &mut Conn,
    admin: AdminId,
    kinds: &[Kind],
    after: DateTime<Utc>,
) -> Result<Vec<Source>, StoreError> {
    let rows: Vec<(Option<String>, Option<String>)> = activity::table
        .filter(activity::kind.eq_any(kinds.iter().map(|kind| kind.as_str())))
        .filter(activity::at.gt(seconds(after)).and(activity::actor_id.eq(admin.0)))
        .select((activity::address, activity::agent))
        .distinct()
        .load(conn)?;
    // One that cannot be read keeps nobody from logging in.
    let address = |text: Option<String>| parse_address(&text?).ok();
    let source = |(text, agent)| Source { address: address(text), agent, request_id: None };
    Ok(rows.into_iter().map(source).collect())
}

/// The latest entry of these kinds about what an admin did at an instant.
pub fn done_at(
    conn: &mut Conn,
    admin: AdminId,
    kinds: &[Kind],
    at: DateTime<Utc>,
) -> Result<Option<Recorded>, StoreError> {
    let row = activity::table
        .filter(activity::kind.eq_any(kinds.iter().map(|kind| kind.as_str())))
        .filter(activity::at.eq(seconds(at)).and(activity::actor_id.eq(admin.0)))
        .order(activity::id.desc())
        .select(Row::as_select())
        .first::<Row>(conn);
    row.optional()?.map(Recorded::try_from).transpose()
}

/// Whether there is an entry of this kind about this token, of this instant.
pub fn exists(
    conn: &mut Conn,
    kind: Kind,
    token: &TokenId,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let found: Option<i64> = activity::table
        .filter(activity::kind.eq(kind.as_str()).and(activity::at.eq(seconds(at))))
        .filter(activity::token_id.eq(token.as_str()))
        .select(activity::id)
        .first(conn)
        .optional()?;
    Ok(found.is_some())
}

/// How many entries of this kind there are since `since`.
pub fn count_since(conn: &mut Conn, kind: Kind, since: DateTime<Utc>) -> Result<i64, StoreError> {
    Ok(activity::table
        .filter(activity::kind.eq(kind.as_str()).and(activity::at.ge(seconds(since))))
        .count()
        .get_result(conn)?)
}

impl TryFrom<Row> for Recorded {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let kind = row.kind.parse().map_err(|_malformed| corrupt("kind of activity", &row.kind))?;
        let token = row.token_id.as_deref().map(parse_token_id).transpose()?;
        let address = row.address.as_deref().map(parse_address).transpose()?;
        let event = Event {
            at: instant(row.at)?,
            kind,
            actor: actor_or_key(
                row.actor_key.as_deref(),
                row.actor_id,
                row.actor,
                row.actor_email,
            )?,
            source: Source { address, agent: row.agent, request_id: None },
            token,
            subject: row.subject,
            detail: row.detail,
            count: u64::try_from(row.count).unwrap_or_default(),
        };
        Ok(Self { id: row.id, event })
    }
}
