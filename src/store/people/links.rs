//! One-time links: set-up and invitations.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::domain::admin::code::Digest;
use crate::domain::admin::person::AdminId;
use crate::store::database::connection::Conn;
use crate::store::error::StoreError;
use crate::store::row::{instant, seconds};
use crate::store::schema::one_time_links as links;

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Creating the first Server Admin.
    Setup,
    /// Joining as a further Server Admin.
    Invitation,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Invitation => "invitation",
        }
    }
}

/// A link that may still be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The stored form of its code.
    pub digest: Digest,
    /// The name that was entered for the invited person.
    pub name: Option<String>,
    /// The address the invitation went to.
    pub email: Option<String>,
    /// The first instant at which it no longer works.
    pub expires_at: DateTime<Utc>,
}

type Row = (String, Option<String>, Option<String>, i64);

/// Stores a link.
///
/// # Errors
/// When the database fails.
pub fn insert(
    conn: &mut Conn,
    purpose: Purpose,
    link: &Link,
    created_by: Option<AdminId>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    diesel::insert_into(links::table)
        .values((
            links::code_hash.eq(link.digest.as_str()),
            links::purpose.eq(purpose.as_str()),
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
///
/// # Errors
/// When the database fails.
pub fn usable(
    conn: &mut Conn,
    purpose: Purpose,
    digest: &Digest,
    now: DateTime<Utc>,
) -> Result<Option<Link>, StoreError> {
    let row: Option<Row> = links::table
        .filter(links::code_hash.eq(digest.as_str()))
        .filter(links::purpose.eq(purpose.as_str()))
        .filter(links::used_at.is_null())
        .filter(links::expires_at.gt(seconds(now)))
        .select((links::code_hash, links::name, links::email, links::expires_at))
        .first(conn)
        .optional()?;
    row.map(link).transpose()
}

/// Links of this purpose that may still be used, the newest first.
///
/// # Errors
/// When the database fails.
pub fn open(
    conn: &mut Conn,
    purpose: Purpose,
    now: DateTime<Utc>,
) -> Result<Vec<Link>, StoreError> {
    let rows: Vec<Row> = links::table
        .filter(links::purpose.eq(purpose.as_str()))
        .filter(links::used_at.is_null())
        .filter(links::expires_at.gt(seconds(now)))
        .order((links::created_at.desc(), links::code_hash.asc()))
        .select((links::code_hash, links::name, links::email, links::expires_at))
        .load(conn)?;
    rows.into_iter().map(link).collect()
}

/// Marks a link as used; says whether this call was the one that did.
///
/// # Errors
/// When the database fails.
pub fn consume(conn: &mut Conn, digest: &Digest, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let rows = diesel::update(links::table)
        .filter(links::code_hash.eq(digest.as_str()))
        .filter(links::used_at.is_null())
        .set(links::used_at.eq(Some(seconds(now))))
        .execute(conn)?;
    Ok(rows == 1)
}

/// Marks all links that an admin has made as used.
///
/// # Errors
/// When the database fails.
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

fn link((digest, name, email, expires_at): Row) -> Result<Link, StoreError> {
    Ok(Link { digest: Digest::new(digest), name, email, expires_at: instant(expires_at)? })
}
