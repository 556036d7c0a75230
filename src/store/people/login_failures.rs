//! Failed logins per account and per source.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::store::database::connection::Conn;
use crate::store::error::StoreError;
use crate::store::row::{instant, seconds};
use crate::store::schema::login_failures as failures;

/// So many subjects are kept. Strangers choose them, and can fill the table.
const MOST: i64 = 10_000;
/// So many go at a time when it is full.
const TOO_MANY: i64 = 1_000;

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

/// Counts a failure. When there are too many subjects, those with the fewest failures are forgotten,
/// the oldest first: to be forgotten early takes more attempts than the delay keeps off.
pub fn add(conn: &mut Conn, subject: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    let updated = diesel::update(failures::table.find(subject))
        .set((failures::failures.eq(failures::failures + 1), failures::last_at.eq(seconds(now))))
        .execute(conn)?;
    if updated == 0 {
        make_room(conn)?;
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

fn make_room(conn: &mut Conn) -> Result<(), StoreError> {
    let count: i64 = failures::table.count().get_result(conn)?;
    if count < MOST {
        return Ok(());
    }
    let least: Vec<String> = failures::table
        .order((failures::failures.asc(), failures::last_at.asc()))
        .select(failures::subject)
        .limit(count - MOST + TOO_MANY)
        .load(conn)?;
    for some in least.chunks(500) {
        diesel::delete(failures::table.filter(failures::subject.eq_any(some))).execute(conn)?;
    }
    Ok(())
}

/// Undoes the failure that was counted at `at`, when there was `before`.
pub fn take_back(
    conn: &mut Conn,
    subject: &str,
    at: DateTime<Utc>,
    before: Option<Failures>,
) -> Result<(), StoreError> {
    match (of(conn, subject)?, before) {
        (Some(Failures { count: 0 | 1, .. }), _) => clear(conn, subject),
        (Some(present), before) => {
            // If another one was counted since, its time stays.
            let was =
                before.filter(|_| present.last_at == at).map_or(present.last_at, |b| b.last_at);
            diesel::update(failures::table.find(subject))
                .set((
                    failures::failures.eq(failures::failures - 1),
                    failures::last_at.eq(seconds(was)),
                ))
                .execute(conn)?;
            Ok(())
        }
        // The failures were forgotten meanwhile.
        (None, _) => Ok(()),
    }
}

/// Forgets the failures of a subject.
pub fn clear(conn: &mut Conn, subject: &str) -> Result<(), StoreError> {
    diesel::delete(failures::table.find(subject)).execute(conn)?;
    Ok(())
}
