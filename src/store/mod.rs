//! The database: the only layer that knows Diesel.
//!
//! [`Store`] lends connections and runs closures on the blocking pool; the query functions in the
//! files below are plain, take a connection and compose inside one transaction. There is one file
//! per table or pair of tables.

pub mod activity;
pub mod admins;
mod connection;
mod error;
pub mod links;
mod locks;
pub mod logins;
pub mod mails;
mod migrate;
mod pool;
mod postgres;
mod schema;
pub mod sessions;
pub mod settings;
mod time;
pub mod tokens;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use diesel::connection::TransactionManager;
use scheduled_thread_pool::ScheduledThreadPool;

pub use self::connection::{Conn, DatabaseUrl, InvalidDatabaseUrl};
pub use self::error::StoreError;
pub use self::locks::Lock;
use self::pool::{Connections, Loan, Member, Pools};

/// A read waits this long for a connection or a lock: machines get an answer within two seconds.
const READ_PATIENCE: Duration = Duration::from_secs(1);
/// A change waits longer: other processes may be committing.
const WRITE_PATIENCE: Duration = Duration::from_secs(8);
/// A dead connection is noticed by its failure; the next one is tried at once.
const ATTEMPTS: u32 = 3;

/// A handle to the database; cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    url: DatabaseUrl,
    /// For validating tokens: never waits behind a page.
    lookups: Connections,
    reads: Connections,
    writes: Connections,
    losses: Arc<AtomicU64>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

impl Store {
    /// Prepares the pools; no connection is opened before the first query. The folder of an
    /// embedded database is made if it is missing.
    ///
    /// # Errors
    /// A sentence, when the folder cannot be made.
    pub fn new(url: DatabaseUrl) -> Result<Self, String> {
        let write_limit = match &url {
            DatabaseUrl::Sqlite(path) => {
                make_folder(path)?;
                1
            }
            DatabaseUrl::Postgres(_) => 8,
        };
        let losses = Arc::new(AtomicU64::new(0));
        let threads = Arc::new(ScheduledThreadPool::builder().num_threads(2).build());
        let pools = Pools { url: url.clone(), losses: Arc::clone(&losses), threads };
        let lookups = pools.open(4, READ_PATIENCE);
        let reads = pools.open(4, READ_PATIENCE);
        let writes = pools.open(write_limit, WRITE_PATIENCE);
        Ok(Self { inner: Arc::new(Inner { url, lookups, reads, writes, losses }) })
    }

    /// Brings the schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the database cannot be opened or changed.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        self.blocking(|inner| {
            // Not from a pool: a pool goes on trying and hides why it failed.
            let mut conn = Conn::open(&inner.url, WRITE_PATIENCE)
                .map_err(|error| StoreError::Unavailable(error.to_string()))?;
            migrate::run(&mut conn).map_err(StoreError::Unavailable)
        })
        .await
    }

    /// Runs a query that changes nothing, for pages and commands. It may run again when the
    /// connection turns out to be dead.
    ///
    /// # Errors
    /// Those of `query`, and [`StoreError::Unavailable`].
    pub async fn read<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<T, StoreError> + Send + 'static,
    {
        self.blocking(move |inner| inner.read(&inner.reads, query)).await
    }

    /// As [`Store::read`], for validating tokens.
    ///
    /// # Errors
    /// Those of `query`, and [`StoreError::Unavailable`].
    pub async fn look_up<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<T, StoreError> + Send + 'static,
    {
        self.blocking(move |inner| inner.read(&inner.lookups, query)).await
    }

    /// Runs `change` in a transaction that no other transaction with the same lock overlaps, in
    /// this process or another. An error rolls everything back.
    ///
    /// # Errors
    /// Those of `change`; [`StoreError::OutcomeUnknown`] if the connection broke while committing.
    pub async fn write<T, E, F>(&self, lock: Lock, change: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    {
        self.blocking(move |inner| inner.write(lock, change)).await
    }

    async fn blocking<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Inner) -> Result<T, E> + Send + 'static,
    {
        let inner = Arc::clone(&self.inner);
        let work = tokio::task::spawn_blocking(move || work(&inner)).await;
        work.unwrap_or_else(|error| Err(StoreError::Corrupt(error.to_string()).into()))
    }
}

impl Inner {
    fn read<T>(
        &self,
        pool: &Connections,
        query: impl Fn(&mut Conn) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut attempt = 1;
        loop {
            let mut loan = pool::borrow(pool)?;
            let result = query(&mut loan.conn);
            match result {
                Err(StoreError::Unavailable(_)) if matches!(loan.conn, Conn::Postgres(_)) => {
                    self.lose(&mut loan);
                    attempt += 1;
                    if attempt > ATTEMPTS {
                        return result;
                    }
                }
                _ => return result,
            }
        }
    }

    fn write<T, E: From<StoreError>>(
        &self,
        lock: Lock,
        change: impl FnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut loan = self.begin(lock)?;
        match change(&mut loan.conn) {
            Ok(value) => {
                self.commit(&mut loan)?;
                Ok(value)
            }
            Err(error) => {
                self.roll_back(&mut loan);
                Err(error)
            }
        }
    }

    /// A connection with an open transaction that holds the lock. Until then nothing has happened,
    /// so a dead connection is simply replaced.
    fn begin(&self, lock: Lock) -> Result<Loan, StoreError> {
        let mut attempt = 1;
        loop {
            let mut loan = pool::borrow(&self.writes)?;
            let begun = Conn::begin_transaction(&mut loan.conn)
                .and_then(|()| locks::take(&mut loan.conn, lock));
            let Err(error) = begun else { return Ok(loan) };
            self.roll_back(&mut loan);
            if !error::is_lost(&error) || attempt == ATTEMPTS {
                return Err(error.into());
            }
            attempt += 1;
        }
    }

    fn commit(&self, loan: &mut Loan) -> Result<(), StoreError> {
        let Err(error) = Conn::commit_transaction(&mut loan.conn) else { return Ok(()) };
        let unknown = error::is_lost(&error);
        self.roll_back(loan);
        if unknown { Err(StoreError::OutcomeUnknown(error.to_string())) } else { Err(error.into()) }
    }

    fn roll_back(&self, loan: &mut Loan) {
        if Conn::rollback_transaction(&mut loan.conn).is_err() {
            self.lose(loan);
        }
    }

    fn lose(&self, member: &mut Member) {
        member.discard();
        self.losses.fetch_add(1, Ordering::SeqCst);
    }
}

fn make_folder(file: &Path) -> Result<(), String> {
    let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) else {
        return Ok(());
    };
    std::fs::create_dir_all(folder).map_err(|error| {
        format!(
            "the folder {} cannot be made: {error}; choose another one with SCIMWARD_DATABASE_URL",
            folder.display()
        )
    })
}
