//! API keys.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::database::connection::Conn;
use super::error::StoreError;
use super::row::{actor, corrupt, instant, parse_address, parse_key_id, seconds};
use super::schema::{api_keys, server_admins};
use crate::domain::admin::actor::Actor;
use crate::domain::admin::code::Digest;
use crate::domain::keys::secret::{KeyDigest, KeyId};
use crate::domain::keys::{ApiKey, KeyName, KeyRevocation};
use crate::domain::network::source::address_text;
use crate::domain::token::LastUse;

#[derive(Queryable, Selectable)]
#[diesel(table_name = api_keys)]
struct KeyRow {
    id: String,
    digest: Option<String>,
    name: String,
    scope: String,
    created_at: i64,
    created_by_id: Option<i64>,
    created_by: String,
    expires_at: i64,
    revoked_at: Option<i64>,
    revoked_by_id: Option<i64>,
    revoked_by: Option<String>,
    last_used_at: Option<i64>,
    last_used_from: Option<String>,
    last_used_agent: Option<String>,
}

/// Stores a key that was just made. `request` is the id of its form, if a form asks.
///
/// # Errors
/// [`StoreError::Conflict`] if the form has made a key before.
pub fn insert(conn: &mut Conn, key: &ApiKey, request: Option<&Digest>) -> Result<(), StoreError> {
    diesel::insert_into(api_keys::table)
        .values((
            api_keys::id.eq(key.id.as_str()),
            api_keys::digest.eq(key.digest.as_ref().map(KeyDigest::as_str)),
            api_keys::name.eq(key.name.as_str()),
            api_keys::scope.eq(key.scope.as_str()),
            api_keys::request_hash.eq(request.map(Digest::as_str)),
            api_keys::created_at.eq(seconds(key.created_at)),
            api_keys::created_by_id.eq(key.created_by.admin_id().map(|id| id.0)),
            api_keys::created_by.eq(key.created_by.name()),
            api_keys::expires_at.eq(seconds(key.expires_at)),
            api_keys::expiry_noted.eq(false),
        ))
        .execute(conn)?;
    Ok(())
}

/// Whether a form has made a key.
pub fn is_request_used(conn: &mut Conn, request: &Digest) -> Result<bool, StoreError> {
    let made = api_keys::table.filter(api_keys::request_hash.eq(request.as_str()));
    Ok(made.count().get_result::<i64>(conn)? > 0)
}

/// Every key, the newest first.
pub fn list(conn: &mut Conn) -> Result<Vec<ApiKey>, StoreError> {
    let rows = api_keys::table
        .order((api_keys::created_at.desc(), api_keys::id.asc()))
        .select(KeyRow::as_select())
        .load(conn)?;
    keys(conn, rows)
}

/// The key with this id.
pub fn by_id(conn: &mut Conn, id: &KeyId) -> Result<Option<ApiKey>, StoreError> {
    let row = api_keys::table.find(id.as_str()).select(KeyRow::as_select()).load(conn)?;
    Ok(keys(conn, row)?.pop())
}

/// Revokes a key, and erases its digest. The key must not be revoked.
pub fn revoke(
    conn: &mut Conn,
    id: &KeyId,
    by: &Actor,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    diesel::update(api_keys::table.find(id.as_str()))
        .set((
            api_keys::digest.eq(None::<String>),
            api_keys::revoked_at.eq(Some(seconds(now))),
            api_keys::revoked_by_id.eq(by.admin_id().map(|id| id.0)),
            api_keys::revoked_by.eq(Some(by.name())),
        ))
        .execute(conn)?;
    Ok(())
}

/// Records a use, unless a later one is stored.
pub fn record_use(
    conn: &mut Conn,
    id: &KeyId,
    last: &LastUse,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let at = seconds(last.at.min(now));
    // What a clock that ran ahead has noted gives way to the present.
    let later = api_keys::last_used_at.lt(at).or(api_keys::last_used_at.gt(seconds(now)));
    diesel::update(api_keys::table.find(id.as_str()))
        .filter(api_keys::last_used_at.is_null().or(later))
        .set((
            api_keys::last_used_at.eq(Some(at)),
            api_keys::last_used_from.eq(Some(address_text(last.from))),
            api_keys::last_used_agent.eq(last.agent.as_deref()),
        ))
        .execute(conn)?;
    Ok(())
}

/// The keys that have expired by `now` without having been revoked, and of which nothing says so yet.
pub fn unnoted_expiries(conn: &mut Conn, now: DateTime<Utc>) -> Result<Vec<ApiKey>, StoreError> {
    let rows = api_keys::table
        .filter(api_keys::expires_at.le(seconds(now)))
        .filter(api_keys::revoked_at.is_null())
        .filter(api_keys::expiry_noted.eq(false))
        .order((api_keys::expires_at.asc(), api_keys::id.asc()))
        .select(KeyRow::as_select())
        .load(conn)?;
    keys(conn, rows)
}

/// Says that the expiry of a key was noted.
pub fn note_expiry(conn: &mut Conn, id: &KeyId) -> Result<(), StoreError> {
    diesel::update(api_keys::table.find(id.as_str()))
        .set(api_keys::expiry_noted.eq(true))
        .execute(conn)?;
    Ok(())
}

/// Removes at most `limit` keys that were revoked or have expired before `cutoff`; returns how many.
pub fn purge(conn: &mut Conn, cutoff: DateTime<Utc>, limit: i64) -> Result<usize, StoreError> {
    let was_revoked = api_keys::revoked_at.lt(seconds(cutoff));
    let old: Vec<String> = api_keys::table
        .filter(was_revoked.or(api_keys::expires_at.lt(seconds(cutoff)).nullable()))
        .order(api_keys::expires_at.asc())
        .select(api_keys::id)
        .limit(limit)
        .load(conn)?;
    Ok(diesel::delete(api_keys::table.filter(api_keys::id.eq_any(old))).execute(conn)?)
}

/// The keys of these rows, each with whether its maker is active.
fn keys(conn: &mut Conn, rows: Vec<KeyRow>) -> Result<Vec<ApiKey>, StoreError> {
    let makers: HashSet<i64> = rows.iter().filter_map(|row| row.created_by_id).collect();
    let active: Vec<i64> = server_admins::table
        .filter(server_admins::id.eq_any(makers))
        .filter(server_admins::active.eq(true))
        .select(server_admins::id)
        .load(conn)?;
    rows.into_iter().map(|row| key(row, &active)).collect()
}

fn key(row: KeyRow, active: &[i64]) -> Result<ApiKey, StoreError> {
    Ok(ApiKey {
        id: parse_key_id(&row.id)?,
        scope: row.scope.parse().map_err(|_unknown| corrupt("scope", &row.scope))?,
        created_at: instant(row.created_at)?,
        maker_is_active: row.created_by_id.is_none_or(|maker| active.contains(&maker)),
        expires_at: instant(row.expires_at)?,
        revocation: revocation(&row)?,
        last_use: last_use(&row)?,
        digest: row.digest.map(KeyDigest::stored),
        name: KeyName::stored(row.name),
        created_by: actor(row.created_by_id, row.created_by, None),
    })
}

fn revocation(row: &KeyRow) -> Result<Option<KeyRevocation>, StoreError> {
    let Some(at) = row.revoked_at else { return Ok(None) };
    let by = actor(row.revoked_by_id, row.revoked_by.clone().unwrap_or_default(), None);
    Ok(Some(KeyRevocation { at: instant(at)?, by }))
}

fn last_use(row: &KeyRow) -> Result<Option<LastUse>, StoreError> {
    let (Some(at), Some(from)) = (row.last_used_at, &row.last_used_from) else { return Ok(None) };
    let agent = row.last_used_agent.clone();
    Ok(Some(LastUse { at: instant(at)?, from: parse_address(from)?, agent }))
}
