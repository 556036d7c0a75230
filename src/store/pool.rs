//! Connections that wait for work.
//!
//! A connection that failed is thrown away when it comes back. When one turns out to be dead, all
//! that were opened before it are thrown away too, without asking the server about each: after a
//! restart of the server the first failure clears the pool.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use r2d2::{ManageConnection, Pool, PooledConnection};
use scheduled_thread_pool::ScheduledThreadPool;

use super::connection::{Conn, DatabaseUrl};
use super::error::StoreError;

/// A pool of connections for one purpose.
pub(super) type Connections = Pool<Manager>;
/// A connection on loan.
pub(super) type Loan = PooledConnection<Manager>;

/// Opens connections and recognises broken ones.
pub(super) struct Manager {
    url: DatabaseUrl,
    patience: Duration,
    /// Counts the times the server was lost; shared by all pools of a store.
    losses: Arc<AtomicU64>,
}

/// A connection and what the pool knows of it.
pub(super) struct Member {
    pub(super) conn: Conn,
    /// How often the server had been lost when this connection was opened.
    opened_after: u64,
    broken: bool,
}

impl Member {
    /// Has the pool drop this connection when it comes back.
    pub(super) const fn discard(&mut self) {
        self.broken = true;
    }
}

/// The connection was opened before the server was lost.
#[derive(Debug, thiserror::Error)]
pub(super) enum PoolError {
    #[error(transparent)]
    Open(#[from] diesel::ConnectionError),
    #[error("the connection is older than the last loss of the server")]
    Outdated,
}

impl ManageConnection for Manager {
    type Connection = Member;
    type Error = PoolError;

    fn connect(&self) -> Result<Member, PoolError> {
        let opened_after = self.losses.load(Ordering::SeqCst);
        let conn = Conn::open(&self.url, self.patience)?;
        Ok(Member { conn, opened_after, broken: false })
    }

    fn is_valid(&self, member: &mut Member) -> Result<(), PoolError> {
        if member.opened_after == self.losses.load(Ordering::SeqCst) {
            Ok(())
        } else {
            Err(PoolError::Outdated)
        }
    }

    fn has_broken(&self, member: &mut Member) -> bool {
        member.broken
    }
}

/// What the pools of one store have in common.
pub(super) struct Pools {
    pub(super) url: DatabaseUrl,
    pub(super) losses: Arc<AtomicU64>,
    pub(super) threads: Arc<ScheduledThreadPool>,
}

impl Pools {
    /// A pool of at most `size` connections, opened when they are needed. `patience` is how long to
    /// wait for a connection, and how long a statement may wait for a lock.
    pub(super) fn open(&self, size: u32, patience: Duration) -> Connections {
        let manager = Manager { url: self.url.clone(), patience, losses: Arc::clone(&self.losses) };
        Pool::builder()
            .max_size(size)
            .min_idle(Some(0))
            .max_lifetime(None)
            .idle_timeout(Some(Duration::from_mins(10)))
            .connection_timeout(patience)
            .thread_pool(Arc::clone(&self.threads))
            .error_handler(Box::new(LogFailures))
            .build_unchecked(manager)
    }
}

#[derive(Debug)]
struct LogFailures;

impl r2d2::HandleError<PoolError> for LogFailures {
    fn handle_error(&self, error: PoolError) {
        if !matches!(error, PoolError::Outdated) {
            tracing::warn!(database.error = %error, "the database cannot be reached");
        }
    }
}

/// Borrows a connection.
pub(super) fn borrow(pool: &Connections) -> Result<Loan, StoreError> {
    pool.get().map_err(|error| StoreError::Unavailable(error.to_string()))
}
