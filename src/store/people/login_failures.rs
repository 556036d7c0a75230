//! Failed logins per account and per source.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::store::database::connection::Conn;
use crate::store::error::StoreError;
use crate::store::row::{instant, seconds};
use crate::store::schema::login_failures as failures;

/// How often in a row a login failed, and when last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    /// Consecutive failures.
    pub count: u64,
    /// The latest of them.
    pub last_at: DateTime<Utc>,
}

/// The failures of a subject (an account or a source).
pub fn of(conn: &mut Conn, subject: &str) -> Result<Option<Failures>, StoreError> {
    let row: Option<(i64, i64)> = failures::table
        .find(subject)
        .select((failures::failures, failures::last_at))
        .first(conn)
        .optional()?;
    row.map(|(count, last_at)| {
        let count = u64::try_from(count).unwrap_or_default();
        Ok(Failures { count, last_at: instant(last_at)? })
    })
    .transpose()
}

/// Counts a failure.
pub fn add(conn: &mut Conn, subject: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    let updated = diesel::update(failures::table.find(subject))
        .set((failures::failures.eq(failures::failures + 1), failures::last_at.eq(seconds(now))))
        .execute(conn)?;
    if updated == 0 {
        diesel::insert_into(failures::table)
            .values((
                failures::subject.eq(subject),
                failures::failures.eq(1),
                failures::last_at.eq(seconds(now)),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Forgets the failures of a subject.
pub fn clear(conn: &mut Conn, subject: &str) -> Result<(), StoreError> {
    diesel::delete(failures::table.find(subject)).execute(conn)?;
    Ok(())
}
