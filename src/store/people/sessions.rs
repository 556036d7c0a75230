//! Sessions of signed-in Server Admins.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::admins::AdminRow;
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::code::Digest;
use crate::domain::admin::passkey::{PasskeyId, Proof};
use crate::domain::admin::person::AdminId;
use crate::domain::network::source::Source;
use crate::store::database::connection::Conn;
use crate::store::error::StoreError;
use crate::store::row::{corrupt, instant, parse_address, seconds};
use crate::store::schema::{server_admins, sessions};

/// A session as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The stored form of its id.
    pub digest: Digest,
    /// Whose it is.
    pub admin: AdminId,
    /// What the pages keep in it, as JSON; never a token.
    pub state: String,
    /// The login.
    pub created_at: DateTime<Utc>,
    /// The latest request, to the minute.
    pub last_seen_at: DateTime<Utc>,
    /// When the person behind it has last proved who they are; the login is a proof.
    pub proven_at: DateTime<Utc>,
    /// Where the login came from.
    pub address: Option<IpAddr>,
    /// The browser's name for itself.
    pub agent: Option<String>,
    /// How the login was proved.
    pub proof: Proof,
    /// How they have last proved who they are.
    pub proven_by: Proof,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions)]
struct SessionRow {
    id_hash: String,
    admin_id: i64,
    state: String,
    created_at: i64,
    last_seen_at: i64,
    address: Option<String>,
    agent: Option<String>,
    proven_at: i64,
    proof: String,
    passkey_id: Option<i64>,
    proven_by: String,
    proven_passkey_id: Option<i64>,
}

/// Stores a new session.
pub fn insert(
    conn: &mut Conn,
    digest: &Digest,
    admin: AdminId,
    state: &str,
    source: &Source,
    proof: Proof,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    diesel::insert_into(sessions::table)
        .values((
            sessions::id_hash.eq(digest.as_str()),
            sessions::admin_id.eq(admin.0),
            sessions::state.eq(state),
            sessions::created_at.eq(seconds(now)),
            sessions::last_seen_at.eq(seconds(now)),
            sessions::address.eq(source.address_text()),
            sessions::agent.eq(source.agent.as_deref()),
            sessions::proven_at.eq(seconds(now)),
            sessions::proof.eq(proof.as_str()),
            sessions::passkey_id.eq(proof.passkey().map(|id| id.0)),
            sessions::proven_by.eq(proof.as_str()),
            sessions::proven_passkey_id.eq(proof.passkey().map(|id| id.0)),
        ))
        .execute(conn)?;
    Ok(())
}

/// The session with this digest.
pub fn by_digest(conn: &mut Conn, digest: &Digest) -> Result<Option<Session>, StoreError> {
    let row = sessions::table
        .find(digest.as_str())
        .select(SessionRow::as_select())
        .first::<SessionRow>(conn);
    row.optional()?.map(Session::try_from).transpose()
}

/// The session with this digest and the admin whose it is.
pub fn with_admin(
    conn: &mut Conn,
    digest: &Digest,
) -> Result<Option<(Session, ServerAdmin)>, StoreError> {
    let rows = sessions::table
        .inner_join(server_admins::table.on(server_admins::id.eq(sessions::admin_id)))
        .filter(sessions::id_hash.eq(digest.as_str()))
        .select((SessionRow::as_select(), AdminRow::as_select()))
        .first::<(SessionRow, AdminRow)>(conn)
        .optional()?;
    rows.map(|(session, admin)| Ok((session.try_into()?, admin.try_into()?))).transpose()
}

/// Every session and the admin whose it is, ended or not: old ones are removed every hour.
pub fn all_with_admins(conn: &mut Conn) -> Result<Vec<(Session, ServerAdmin)>, StoreError> {
    let rows: Vec<(SessionRow, AdminRow)> = sessions::table
        .inner_join(server_admins::table.on(server_admins::id.eq(sessions::admin_id)))
        .select((SessionRow::as_select(), AdminRow::as_select()))
        .load(conn)?;
    let both =
        |(session, admin): (SessionRow, AdminRow)| Ok((session.try_into()?, admin.try_into()?));
    rows.into_iter().map(both).collect()
}

/// The sessions of an admin, the most recently used first.
pub fn of_admin(conn: &mut Conn, admin: AdminId) -> Result<Vec<Session>, StoreError> {
    let rows: Vec<SessionRow> = sessions::table
        .filter(sessions::admin_id.eq(admin.0))
        .select(SessionRow::as_select())
        .order((sessions::last_seen_at.desc(), sessions::id_hash.asc()))
        .load(conn)?;
    rows.into_iter().map(Session::try_from).collect()
}

/// Changes what a session holds, if it has not ended.
pub fn set_state(conn: &mut Conn, digest: &Digest, state: &str) -> Result<(), StoreError> {
    diesel::update(sessions::table.find(digest.as_str()))
        .set(sessions::state.eq(state))
        .execute(conn)?;
    Ok(())
}

/// Remembers that a session is in use, and by the present clock when it began and was proven.
pub fn touch(
    conn: &mut Conn,
    digest: &Digest,
    (began_at, proven_at): (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    diesel::update(sessions::table.find(digest.as_str()))
        .set((
            sessions::created_at.eq(seconds(began_at)),
            sessions::proven_at.eq(seconds(proven_at)),
            sessions::last_seen_at.eq(seconds(now)),
        ))
        .execute(conn)?;
    Ok(())
}

/// Remembers when and how the person behind a session has proved who they are.
pub fn set_proven(
    conn: &mut Conn,
    digest: &Digest,
    proof: Proof,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    diesel::update(sessions::table.find(digest.as_str()))
        .set((
            sessions::proven_at.eq(seconds(at)),
            sessions::proven_by.eq(proof.as_str()),
            sessions::proven_passkey_id.eq(proof.passkey().map(|id| id.0)),
        ))
        .execute(conn)?;
    Ok(())
}

/// Ends a session.
pub fn delete(conn: &mut Conn, digest: &Digest) -> Result<(), StoreError> {
    diesel::delete(sessions::table.find(digest.as_str())).execute(conn)?;
    Ok(())
}

/// Ends every session; returns how many.
pub fn delete_all(conn: &mut Conn) -> Result<usize, StoreError> {
    Ok(diesel::delete(sessions::table).execute(conn)?)
}

/// Ends all sessions of an admin.
pub fn delete_of_admin(conn: &mut Conn, admin: AdminId) -> Result<(), StoreError> {
    diesel::delete(sessions::table.filter(sessions::admin_id.eq(admin.0))).execute(conn)?;
    Ok(())
}

/// Ends the sessions of an admin but for the one with this digest.
pub fn delete_others(conn: &mut Conn, admin: AdminId, kept: &Digest) -> Result<(), StoreError> {
    let of_admin = sessions::admin_id.eq(admin.0).and(sessions::id_hash.ne(kept.as_str()));
    diesel::delete(sessions::table.filter(of_admin)).execute(conn)?;
    Ok(())
}

/// Ends the sessions that a passkey has begun; in those that others have begun, what was proved with
/// it counts no longer. The session with this digest only forgets it.
pub fn forget_passkey(conn: &mut Conn, id: PasskeyId, kept: &Digest) -> Result<(), StoreError> {
    let is_other = sessions::id_hash.ne(kept.as_str());
    let (begun, proven) = (sessions::passkey_id.eq(id.0), sessions::proven_passkey_id.eq(id.0));
    diesel::delete(sessions::table.filter(begun.and(is_other))).execute(conn)?;
    diesel::update(sessions::table.filter(begun))
        .set(sessions::passkey_id.eq(None::<i64>))
        .execute(conn)?;
    diesel::update(sessions::table.filter(proven.and(is_other)))
        .set((
            sessions::proven_at.eq(sessions::created_at),
            sessions::proven_by.eq(sessions::proof),
            sessions::proven_passkey_id.eq(sessions::passkey_id),
        ))
        .execute(conn)?;
    diesel::update(sessions::table.filter(proven))
        .set(sessions::proven_passkey_id.eq(None::<i64>))
        .execute(conn)?;
    Ok(())
}

impl TryFrom<SessionRow> for Session {
    type Error = StoreError;

    fn try_from(row: SessionRow) -> Result<Self, StoreError> {
        let stored = |proof: &str, passkey: Option<i64>| {
            let stored = Proof::stored(proof, passkey.map(PasskeyId));
            stored.ok_or_else(|| corrupt("proof", proof))
        };
        Ok(Self {
            proof: stored(&row.proof, row.passkey_id)?,
            proven_by: stored(&row.proven_by, row.proven_passkey_id)?,
            digest: Digest::new(row.id_hash),
            admin: AdminId(row.admin_id),
            state: row.state,
            created_at: instant(row.created_at)?,
            last_seen_at: instant(row.last_seen_at)?,
            address: row.address.as_deref().map(parse_address).transpose()?,
            agent: row.agent,
            proven_at: instant(row.proven_at)?,
        })
    }
}
