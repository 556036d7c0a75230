//! Write transactions that wait for each other.
//!
//! Incrementing one row as the first statement makes a transaction the only one of its kind on both
//! databases. It must come first: a deferred SQLite transaction that reads before it writes fails
//! with "database is locked" instead of waiting.

use diesel::prelude::*;

use super::connection::Conn;
use crate::store::error::StoreError;
use crate::store::schema::locks;

/// What only one write transaction at a time may change. A transaction that needs several locks
/// takes them in this order, before it changes anything else: so no two wait for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// Server Admins, their links, sessions and login failures.
    Admins,
    /// Generating and revoking tokens.
    Tokens,
    /// Counters and activity that the server writes by itself.
    Usage,
    /// Mails: who gets which, and who sends it.
    Mails,
}

impl Lock {
    const fn name(self) -> &'static str {
        match self {
            Self::Admins => "admins",
            Self::Tokens => "tokens",
            Self::Usage => "usage",
            Self::Mails => "mails",
        }
    }

    /// Waits for the lock in a transaction that holds an earlier one.
    pub fn take(self, conn: &mut Conn) -> Result<(), StoreError> {
        Ok(take(conn, self)?)
    }
}

/// How often locks were taken: this changes with whatever is written under one of them, through any
/// instance.
pub fn taken(conn: &mut Conn, wanted: &[Lock]) -> Result<Vec<i64>, StoreError> {
    let names = wanted.iter().map(|lock| lock.name());
    let taken = locks::table.filter(locks::name.eq_any(names)).order(locks::name);
    Ok(taken.select(locks::taken).load(conn)?)
}

/// Waits until no other transaction holds the lock, and holds it until this one ends.
pub(crate) fn take(conn: &mut Conn, lock: Lock) -> QueryResult<()> {
    diesel::update(locks::table.find(lock.name()))
        .set(locks::taken.eq(locks::taken + 1))
        .execute(conn)
        .and_then(|rows| if rows == 1 { Ok(()) } else { Err(diesel::result::Error::NotFound) })
}
