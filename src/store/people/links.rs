//! One-time links: set-up, invitations and those for a new password.

use chrono::{DateTime, Utc};
use diesel::dsl::auto_type;
use diesel::prelude::*;

use crate::domain::admin::code::Digest;
use crate::domain::admin::link::{LinkPurpose, OneTimeLink};
use crate::domain::admin::person::AdminId;
use crate::store::database::connection::Conn;
use crate::store::error::StoreError;
use crate::store::row::{instant, seconds};
use crate::store::schema::one_time_links as links;

#[derive(Queryable, Selectable)]
#[diesel(table_name = links)]
struct LinkRow {
    code_hash: String,
    name: Option<String>,
    email: Option<String>,
    created_at: i64,
    expires_at: i64,
    admin_id: Option<i64>,
    undelivered: Option<String>,
}

/// Stores a link.
pub fn insert(
    conn: &mut Conn,
    purpose: LinkPurpose,
    link: &OneTimeLink,
    created_by: Option<AdminId>,
) -> Result<(), StoreError> {
    diesel::insert_into(links::table)
        .values((
            links::code_hash.eq(link.digest.as_str()),
            links::purpose.eq(text(purpose)),
            links::name.eq(&link.name),
            links::email.eq(&link.email),
            links::created_by.eq(created_by.map(|id| id.0)),
            links::created_at.eq(seconds(link.created_at)),
            links::expires_at.eq(seconds(link.expires_at)),
            links::admin_id.eq(link.admin.map(|id| id.0)),
            links::undelivered.eq(&link.undelivered),
        ))
        .execute(conn)?;
    Ok(())
}

/// The link with this digest, unless it was used or has expired.
pub fn usable(
    conn: &mut Conn,
    purpose: LinkPurpose,
    digest: &Digest,
    now: DateTime<Utc>,
) -> Result<Option<OneTimeLink>, StoreError> {
    let row = open(text(purpose), seconds(now))
        .filter(links::code_hash.eq(digest.as_str()))
        .select(LinkRow::as_select())
        .first::<LinkRow>(conn);
    row.optional()?.map(OneTimeLink::try_from).transpose()
}

/// Who made a link, if it was a Server Admin.
pub fn creator(conn: &mut Conn, digest: &Digest) -> Result<Option<AdminId>, StoreError> {
    let found = links::table.find(digest.as_str()).select(links::created_by);
    let creator: Option<Option<i64>> = found.first(conn).optional()?;
    Ok(creator.flatten().map(AdminId))
}

/// Invitations that may still be used, the newest first.
pub fn open_invitations(
    conn: &mut Conn,
    now: DateTime<Utc>,
) -> Result<Vec<OneTimeLink>, StoreError> {
    let rows: Vec<LinkRow> = open(text(LinkPurpose::Invitation), seconds(now))
        .order((links::created_at.desc(), links::code_hash.asc()))
        .select(LinkRow::as_select())
        .load(conn)?;
    rows.into_iter().map(OneTimeLink::try_from).collect()
}

#[auto_type(no_type_alias)]
fn open(purpose: &'static str, now: i64) -> _ {
    links::table
        .filter(links::purpose.eq(purpose))
        .filter(links::used_at.is_null())
        .filter(links::expires_at.gt(now))
}

/// Marks a link as used.
pub fn consume(conn: &mut Conn, digest: &Digest, now: DateTime<Utc>) -> Result<(), StoreError> {
    diesel::update(links::table)
        .filter(links::code_hash.eq(digest.as_str()))
        .filter(links::used_at.is_null())
        .set(links::used_at.eq(Some(seconds(now))))
        .execute(conn)?;
    Ok(())
}

/// Marks every link as used, also one that would be usable by another clock; returns how many still
/// worked.
pub fn consume_all(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize, StoreError> {
    let unused = links::table.filter(links::used_at.is_null());
    let open: i64 = unused.filter(links::expires_at.gt(seconds(now))).count().get_result(conn)?;
    diesel::update(unused).set(links::used_at.eq(Some(seconds(now)))).execute(conn)?;
    Ok(usize::try_from(open).unwrap_or_default())
}

/// Marks all links as used that an admin has made, and those for their password.
pub fn consume_all_of(
    conn: &mut Conn,
    admin: AdminId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let theirs = links::created_by.eq(admin.0).or(links::admin_id.eq(admin.0));
    diesel::update(links::table.filter(theirs))
        .filter(links::used_at.is_null())
        .set(links::used_at.eq(Some(seconds(now))))
        .execute(conn)?;
    Ok(())
}

/// Marks the links for an admin's password as used.
pub fn consume_password_links(
    conn: &mut Conn,
    admin: AdminId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    diesel::update(links::table.filter(links::admin_id.eq(admin.0)))
        .filter(links::used_at.is_null())
        .set(links::used_at.eq(Some(seconds(now))))
        .execute(conn)?;
    Ok(())
}

/// Notes why no mail has brought a link, or that one has.
pub fn set_undelivered(
    conn: &mut Conn,
    digest: &Digest,
    why: Option<&str>,
) -> Result<(), StoreError> {
    diesel::update(links::table.find(digest.as_str()))
        .set(links::undelivered.eq(why))
        .execute(conn)?;
    Ok(())
}

const fn text(purpose: LinkPurpose) -> &'static str {
    match purpose {
        LinkPurpose::Setup => "setup",
        LinkPurpose::Invitation => "invitation",
        LinkPurpose::Password => "password",
    }
}

impl TryFrom<LinkRow> for OneTimeLink {
    type Error = StoreError;

    fn try_from(row: LinkRow) -> Result<Self, StoreError> {
        Ok(Self {
            digest: Digest::new(row.code_hash),
            name: row.name,
            email: row.email,
            admin: row.admin_id.map(AdminId),
            created_at: instant(row.created_at)?,
            expires_at: instant(row.expires_at)?,
            undelivered: row.undelivered,
        })
    }
}
