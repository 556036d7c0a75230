//! Passkeys of Server Admins.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::domain::admin::passkey::{Credential, Passkey, PasskeyId, PasskeyName};
use crate::domain::admin::person::AdminId;
use crate::store::database::connection::Conn;
use crate::store::error::StoreError;
use crate::store::row::{instant, seconds};
use crate::store::schema::passkeys;

#[derive(Queryable, Selectable)]
#[diesel(table_name = passkeys)]
struct PasskeyRow {
    id: i64,
    admin_id: i64,
    credential_id: String,
    credential: String,
    name: String,
    created_at: i64,
    agent: Option<String>,
    last_used_at: Option<i64>,
}

/// Stores a new passkey, whose credential nobody has.
pub fn insert(
    conn: &mut Conn,
    admin: AdminId,
    name: &PasskeyName,
    credential: &Credential,
    agent: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    diesel::insert_into(passkeys::table)
        .values((
            passkeys::admin_id.eq(admin.0),
            passkeys::credential_id.eq(&credential.id),
            passkeys::credential.eq(&credential.text),
            passkeys::name.eq(name.as_str()),
            passkeys::created_at.eq(seconds(now)),
            passkeys::agent.eq(agent),
        ))
        .execute(conn)?;
    Ok(())
}

/// The passkeys of an admin, the oldest first.
pub fn of_admin(conn: &mut Conn, admin: AdminId) -> Result<Vec<Passkey>, StoreError> {
    let rows: Vec<PasskeyRow> = passkeys::table
        .filter(passkeys::admin_id.eq(admin.0))
        .select(PasskeyRow::as_select())
        .order(passkeys::id.asc())
        .load(conn)?;
    rows.into_iter().map(Passkey::try_from).collect()
}

/// Who has any.
pub fn holders(conn: &mut Conn) -> Result<Vec<AdminId>, StoreError> {
    let ids: Vec<i64> = passkeys::table.select(passkeys::admin_id).distinct().load(conn)?;
    Ok(ids.into_iter().map(AdminId).collect())
}

/// Whether an admin has any.
pub fn any_of(conn: &mut Conn, admin: AdminId) -> Result<bool, StoreError> {
    let first: Option<i64> = passkeys::table
        .filter(passkeys::admin_id.eq(admin.0))
        .select(passkeys::id)
        .limit(1)
        .first(conn)
        .optional()?;
    Ok(first.is_some())
}

/// The passkey that browsers know by this name.
pub fn by_credential(conn: &mut Conn, id: &str) -> Result<Option<Passkey>, StoreError> {
    let row = passkeys::table
        .filter(passkeys::credential_id.eq(id))
        .select(PasskeyRow::as_select())
        .first::<PasskeyRow>(conn);
    row.optional()?.map(Passkey::try_from).transpose()
}

/// Gives a passkey another name.
pub fn rename(conn: &mut Conn, id: PasskeyId, name: &PasskeyName) -> Result<(), StoreError> {
    diesel::update(passkeys::table.find(id.0))
        .set(passkeys::name.eq(name.as_str()))
        .execute(conn)?;
    Ok(())
}

/// Remembers a login with a passkey, if its credential is still `verified`; says whether it is.
pub fn note_use(
    conn: &mut Conn,
    id: PasskeyId,
    verified: &Credential,
    updated: &Credential,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let same = passkeys::credential.eq(&verified.text);
    let noted = diesel::update(passkeys::table.find(id.0).filter(same))
        .set((
            passkeys::credential.eq(&updated.text),
            passkeys::last_used_at.eq(Some(seconds(now))),
        ))
        .execute(conn)?;
    Ok(noted == 1)
}

/// Removes a passkey.
pub fn delete(conn: &mut Conn, id: PasskeyId) -> Result<(), StoreError> {
    diesel::delete(passkeys::table.find(id.0)).execute(conn)?;
    Ok(())
}

/// Removes all passkeys of an admin; returns how many.
pub fn delete_of_admin(conn: &mut Conn, admin: AdminId) -> Result<usize, StoreError> {
    Ok(diesel::delete(passkeys::table.filter(passkeys::admin_id.eq(admin.0))).execute(conn)?)
}

impl TryFrom<PasskeyRow> for Passkey {
    type Error = StoreError;

    fn try_from(row: PasskeyRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: PasskeyId(row.id),
            admin: AdminId(row.admin_id),
            name: PasskeyName::stored(row.name),
            credential: Credential { id: row.credential_id, text: row.credential },
            created_at: instant(row.created_at)?,
            agent: row.agent,
            last_used_at: row.last_used_at.map(instant).transpose()?,
        })
    }
}
