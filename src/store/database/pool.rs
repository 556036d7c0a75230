//! Idle connections, and the limit of how many work at once.
//!
//! A connection that failed is thrown away. When one is dead, all that were opened before then are
//! thrown away too, without trying each: after a restart of the server the first failure clears the
//! pool.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::connection::Conn;
use super::url::DatabaseUrl;
use crate::store::error::StoreError;

/// Connections for one purpose.
pub(crate) struct Pool {
    url: DatabaseUrl,
    patience: Duration,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<PooledConn>>,
    /// How often the server was lost; shared by all pools of a store.
    losses: Arc<AtomicU64>,
}

/// A connection on loan.
pub(crate) struct PooledConn {
    pub(crate) conn: Conn,
    /// How often the server had been lost when this connection was opened.
    opened_after: u64,
}

impl PooledConn {
    /// A connection that belongs to no pool.
    pub(crate) const fn alone(conn: Conn) -> Self {
        Self { conn, opened_after: 0 }
    }
}

impl Pool {
    /// At most `size` connections, opened when they are needed. `patience` is how long to wait for
    /// a permit, and how long a statement may wait for a lock.
    pub(crate) fn new(
        url: DatabaseUrl,
        size: usize,
        patience: Duration,
        losses: Arc<AtomicU64>,
    ) -> Self {
        let permits = Arc::new(Semaphore::new(size));
        Self { url, patience, permits, idle: Mutex::default(), losses }
    }

    /// How long a statement may wait for a lock.
    pub(crate) const fn patience(&self) -> Duration {
        self.patience
    }

    /// The right to borrow one connection; hold it until the connection is given back. So a slow
    /// database does not pile up waiting threads.
    pub(crate) async fn permit(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        let permit = Arc::clone(&self.permits).acquire_owned();
        match tokio::time::timeout(self.patience, permit).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(StoreError::Unavailable("it is too busy".to_owned())),
        }
    }

    /// Takes an idle connection or opens one, which may block.
    pub(crate) fn borrow(&self) -> Result<PooledConn, StoreError> {
        let opened_after = self.losses.load(Ordering::SeqCst);
        let idle = {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.retain(|pooled| pooled.opened_after == opened_after);
            idle.pop()
        };
        match idle {
            Some(pooled) => Ok(pooled),
            None => Ok(PooledConn { conn: Conn::open(&self.url, self.patience)?, opened_after }),
        }
    }

    /// Keeps a connection for the next loan.
    pub(crate) fn give_back(&self, pooled: PooledConn) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(pooled);
    }

    /// Drops a dead connection, and with it all that were opened before now.
    pub(crate) fn lose(&self, pooled: PooledConn) {
        self.losses.fetch_add(1, Ordering::SeqCst);
        drop(pooled);
    }
}
