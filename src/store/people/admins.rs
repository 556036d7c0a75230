//! Server Admins.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::domain::admin::ServerAdmin;
use crate::domain::admin::password::HashedPassword;
use crate::domain::admin::person::{AdminId, EmailAddress, PersonName};
use crate::domain::token::secret::PhcString;
use crate::store::database::connection::{Conn, MultiBackend};
use crate::store::error::StoreError;
use crate::store::row::{instant, seconds};
use crate::store::schema::server_admins;

#[derive(Queryable, Selectable)]
#[diesel(table_name = server_admins)]
pub(super) struct AdminRow {
    id: i64,
    name: String,
    email: String,
    password_hash: String,
    password_generation: String,
    active: bool,
    created_at: i64,
    last_login_at: Option<i64>,
}

/// Adds an active Server Admin. The address must be free.
pub fn insert(
    conn: &mut Conn,
    name: &PersonName,
    email: &EmailAddress,
    password: &HashedPassword,
    now: DateTime<Utc>,
) -> Result<ServerAdmin, StoreError> {
    let row: AdminRow = diesel::insert_into(server_admins::table)
        .values((
            server_admins::name.eq(name.as_str()),
            server_admins::email.eq(email.as_str()),
            server_admins::email_key.eq(email.key()),
            server_admins::password_hash.eq(password.hash.as_str()),
            server_admins::password_generation.eq(&password.generation),
            server_admins::active.eq(true),
            server_admins::created_at.eq(seconds(now)),
        ))
        .returning(<AdminRow as Selectable<MultiBackend>>::construct_selection())
        .get_result(conn)?;
    row.try_into()
}

/// Whether there is any Server Admin, active or not.
pub fn any(conn: &mut Conn) -> Result<bool, StoreError> {
    let first: Option<i64> =
        server_admins::table.select(server_admins::id).limit(1).first(conn).optional()?;
    Ok(first.is_some())
}

/// All Server Admins, by name.
pub fn list(conn: &mut Conn) -> Result<Vec<ServerAdmin>, StoreError> {
    let rows: Vec<AdminRow> = server_admins::table
        .select(AdminRow::as_select())
        .order((server_admins::name.asc(), server_admins::id.asc()))
        .load(conn)?;
    rows.into_iter().map(ServerAdmin::try_from).collect()
}

/// The Server Admin with this key.
pub fn by_id(conn: &mut Conn, id: AdminId) -> Result<Option<ServerAdmin>, StoreError> {
    let row = server_admins::table.find(id.0).select(AdminRow::as_select()).first::<AdminRow>(conn);
    row.optional()?.map(ServerAdmin::try_from).transpose()
}

/// The Server Admin with this address, however it is spelled.
pub fn by_email(conn: &mut Conn, email: &EmailAddress) -> Result<Option<ServerAdmin>, StoreError> {
    let row = server_admins::table
        .filter(server_admins::email_key.eq(email.key()))
        .select(AdminRow::as_select())
        .first::<AdminRow>(conn);
    row.optional()?.map(ServerAdmin::try_from).transpose()
}

/// How many Server Admins are active.
pub fn count_active(conn: &mut Conn) -> Result<i64, StoreError> {
    Ok(server_admins::table.filter(server_admins::active.eq(true)).count().get_result(conn)?)
}

/// Activates or deactivates.
pub fn set_active(conn: &mut Conn, id: AdminId, active: bool) -> Result<(), StoreError> {
    diesel::update(server_admins::table.find(id.0))
        .set(server_admins::active.eq(active))
        .execute(conn)?;
    Ok(())
}

/// Changes name and address. The address must be free or theirs.
pub fn set_profile(
    conn: &mut Conn,
    id: AdminId,
    name: &PersonName,
    email: &EmailAddress,
) -> Result<(), StoreError> {
    diesel::update(server_admins::table.find(id.0))
        .set((
            server_admins::name.eq(name.as_str()),
            server_admins::email.eq(email.as_str()),
            server_admins::email_key.eq(email.key()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Changes the password.
pub fn set_password(
    conn: &mut Conn,
    id: AdminId,
    password: &HashedPassword,
) -> Result<(), StoreError> {
    diesel::update(server_admins::table.find(id.0))
        .set((
            server_admins::password_hash.eq(password.hash.as_str()),
            server_admins::password_generation.eq(&password.generation),
        ))
        .execute(conn)?;
    Ok(())
}

/// Replaces the hash of a password by another one of the same password, if it is still the stored one.
pub fn renew_hash(
    conn: &mut Conn,
    id: AdminId,
    stored: &PhcString,
    renewed: &PhcString,
) -> Result<(), StoreError> {
    let same = server_admins::password_hash.eq(stored.as_str());
    diesel::update(server_admins::table.find(id.0).filter(same))
        .set(server_admins::password_hash.eq(renewed.as_str()))
        .execute(conn)?;
    Ok(())
}

/// Remembers a login.
pub fn set_last_login(conn: &mut Conn, id: AdminId, now: DateTime<Utc>) -> Result<(), StoreError> {
    diesel::update(server_admins::table.find(id.0))
        .set(server_admins::last_login_at.eq(Some(seconds(now))))
        .execute(conn)?;
    Ok(())
}

impl TryFrom<AdminRow> for ServerAdmin {
    type Error = StoreError;

    fn try_from(row: AdminRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: AdminId(row.id),
            name: PersonName::stored(row.name),
            email: EmailAddress::stored(row.email),
            password: HashedPassword {
                hash: PhcString::new(row.password_hash),
                generation: row.password_generation,
            },
            active: row.active,
            created_at: instant(row.created_at)?,
            last_login_at: row.last_login_at.map(instant).transpose()?,
        })
    }
}
