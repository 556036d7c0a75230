//! One-time links: set-up and invitations.

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

type LinkRow = (String, Option<String>, Option<String>, i64);

/// Stores a link.
pub fn insert(
    conn: &mut Conn,
    purpose: LinkPurpose,
    link: &OneTimeLink,
    created_by: Option<AdminId>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    diesel::insert_into(links::table)
        .values((
            links::code_hash.eq(link.digest.as_str()),
            links::purpose.eq(text(purpose)),
            links::name.eq(&link.name),
            links::email.eq(&link.email),
            links::created_by.eq(created_by.map(|id| id.0)),
            links::created_at.eq(seconds(now)),
            links::expires_at.eq(seconds(link.expires_at)),
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
    let row: Option<LinkRow> = open(text(purpose), seconds(now))
        .filter(links::code_hash.eq(digest.as_str()))
        .first(conn)
        .optional()?;
    row.map(link).transpose()
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
        .load(conn)?;
    rows.into_iter().map(link).collect()
}

#[auto_type(no_type_alias)]
fn open(purpose: &'static str, now: i64) -> _ {
    links::table
        .filter(links::purpose.eq(purpose))
        .filter(links::used_at.is_null())
        .filter(links::expires_at.gt(now))
        .select((links::code_hash, links::name, links::email, links::expires_at))
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

/// Marks every link as used; returns how many still worked.
pub fn consume_all(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize, StoreError> {
    let open =
        links::table.filter(links::used_at.is_null()).filter(links::expires_at.gt(seconds(now)));
    Ok(diesel::update(open).set(links::used_at.eq(Some(seconds(now)))).execute(conn)?)
}

/// Marks all links that an admin has made as used.
pub fn consume_all_of(
    conn: &mut Conn,
    creator: AdminId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    diesel::update(links::table)
        .filter(links::created_by.eq(creator.0))
        .filter(links::used_at.is_null())
        .set(links::used_at.eq(Some(seconds(now))))
        .execute(conn)?;
    Ok(())
}

const fn text(purpose: LinkPurpose) -> &'static str {
    match purpose {
        LinkPurpose::Setup => "setup",
        LinkPurpose::Invitation => "invitation",
    }
}

fn link((digest, name, email, expires_at): LinkRow) -> Result<OneTimeLink, StoreError> {
    Ok(OneTimeLink { digest: Digest::new(digest), name, email, expires_at: instant(expires_at)? })
}
