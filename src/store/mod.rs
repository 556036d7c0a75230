//! The database: the only layer that knows Diesel.
//!
//! [`Store`] lends connections and runs closures on blocking threads. Queries are plain functions
//! that take a connection, so that several fit into one transaction; there is one file per table or
//! pair of tables. Each fails with [`StoreError`] when the database does; only further errors are
//! documented.

pub mod activity;
pub mod backup;
mod database;
mod error;
pub mod identity_provider;
pub mod keys;
pub mod mails;
pub mod people;
pub mod purge;
pub mod requests;
mod row;
mod schema;
pub mod settings;
pub mod sync;
pub mod tokens;
mod transaction;

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use diesel::connection::TransactionManager;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};

use self::database::connection::Condition;
pub use self::database::connection::Conn;
use self::database::files;
use self::database::in_use::InUse;
pub use self::database::locks::{Lock, taken};
pub use self::database::migrate::MigrateError;
use self::database::pool::Pool;
use self::database::recovery::ReaderLocks;
pub use self::database::url::{DatabaseUrl, InvalidDatabaseUrl};
pub use self::error::StoreError;
pub use self::transaction::Transaction;

/// A read waits this long for a permit or a lock.
const READ_PATIENCE: Duration = Duration::from_millis(800);
/// With everything that may delay it, a read ends by then: callers expect an answer within two
/// seconds.
const READ_DEADLINE: Duration = Duration::from_millis(1700);
/// A dead connection shows by a failure, and a new one is tried at once. A server that is slow or
/// silent is not asked again.
const ATTEMPTS: u32 = 2;

/// A handle to the database; cheap to clone.
#[derive(Clone)]
pub struct Store {
    pools: Arc<Pools>,
}

struct Pools {
    url: DatabaseUrl,
    reads: Pool,
    writes: Pool,
    /// Of an embedded database, from the first read of a token on.
    reader_locks: OnceLock<ReaderLocks>,
    _in_use: Option<InUse>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

impl Store {
    /// Prepares the pools and makes the folder and file of an embedded database; no connection is
    /// opened before the first query. A change waits up to `patience` for others.
    ///
    /// # Errors
    /// A sentence, if the files cannot be made or the database is being restored.
    pub fn new(url: DatabaseUrl, patience: Duration) -> Result<Self, String> {
        let (write_limit, in_use) = match &url {
            DatabaseUrl::Sqlite(path) => {
                files::make_folder(path)?;
                let in_use = InUse::shared(&files::real(path))?;
                files::prepare(path)?;
                (1, Some(in_use))
            }
            DatabaseUrl::Postgres(_) => (8, None),
        };
        let losses = Arc::new(AtomicU64::new(0));
        let pool = |size, patience| Pool::new(url.clone(), size, patience, Arc::clone(&losses));
        let (reads, writes) = (pool(4, READ_PATIENCE), pool(write_limit, patience));
        Ok(Self {
            pools: Arc::new(Pools {
                url,
                reads,
                writes,
                reader_locks: OnceLock::new(),
                _in_use: in_use,
            }),
        })
    }

    /// Brings the schema up to date.
    ///
    /// # Errors
    /// Says whether it may help to wait.
    pub async fn migrate(&self) -> Result<(), MigrateError> {
        let url = self.pools.url.clone();
        let work = spawn_blocking(move || {
            let patience = database::migrate::patience(&url);
            let mut conn = Conn::open(&url, patience)
                .map_err(|error| MigrateError::Unreachable(error.to_string()))?;
            let done = conn.check_pooler(&url, patience);
            done.and_then(|()| database::migrate::run(&mut conn)).map_err(|error| {
                match conn.condition() {
                    Condition::Sound => MigrateError::Unusable(error),
                    Condition::Closed | Condition::Silent => MigrateError::Unreachable(error),
                }
            })
        });
        work.await.unwrap_or_else(|panic| Err(MigrateError::Unusable(panic.to_string())))
    }

    /// Runs a query that changes nothing, for pages and commands; runs it again if the connection is
    /// dead.
    ///
    /// # Errors
    /// Those of `query`, and [`StoreError::Unavailable`].
    pub async fn read<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> Result<T, StoreError> + Send + 'static,
    {
        let deadline = Instant::now() + READ_DEADLINE;
        let permit = self.pools.reads.permit().await?;
        let pools = Arc::clone(&self.pools);
        let work = spawn_blocking(move || {
            let _permit = permit;
            pools.read(query)
        });
        match timeout_at(deadline, finish(work)).await {
            Ok(result) => result,
            Err(_) => Err(StoreError::Unavailable("it did not answer in time".to_owned())),
        }
    }

    /// Runs `change` in a transaction that overlaps no other with the same lock, in this process or
    /// another. An error rolls everything back. What it adds to the activity list is logged after the
    /// commit.
    ///
    /// # Errors
    /// Those of `change`; [`StoreError::OutcomeUnknown`] if the connection broke while committing.
    pub async fn write<T, E, F>(&self, lock: Lock, change: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut Transaction) -> Result<T, E> + Send + 'static,
    {
        let permit = self.pools.writes.permit().await?;
        let pools = Arc::clone(&self.pools);
        finish(spawn_blocking(move || {
            let _permit = permit;
            pools.write(lock, change)
        }))
        .await
    }
}

/// A panic on a blocking thread becomes an error of its caller.
async fn finish<T, E: From<StoreError>>(
    work: tokio::task::JoinHandle<Result<T, E>>,
) -> Result<T, E> {
    work.await.unwrap_or_else(|error| Err(StoreError::Corrupt(error.to_string()).into()))
}

impl Pools {
    fn read<T>(&self, query: impl Fn(&mut Conn) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut attempt = 1;
        loop {
            let mut pooled = self.reads.borrow()?;
            let result = query(&mut pooled.conn);
            let condition = match result {
                Err(StoreError::Unavailable(_)) => pooled.conn.condition(),
                _ => Condition::Sound,
            };
            if condition == Condition::Sound {
                self.reads.give_back(pooled);
                return result;
            }
            self.reads.lose(pooled);
            if condition == Condition::Silent || attempt == ATTEMPTS {
                return result;
            }
            attempt += 1;
        }
    }

    fn write<T, E: From<StoreError>>(
        &self,
        lock: Lock,
        change: impl FnOnce(&mut Transaction) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut transaction = self.begin(lock)?;
        match change(&mut transaction) {
            Ok(value) => {
                self.commit(transaction)?;
                Ok(value)
            }
            Err(error) => {
                self.roll_back(transaction);
                Err(error)
            }
        }
    }

    /// An open transaction that holds the lock. Until then nothing has happened,
    /// so a dead connection is simply replaced.
    fn begin(&self, lock: Lock) -> Result<Transaction, StoreError> {
        let mut attempt = 1;
        loop {
            let mut transaction = Transaction::new(self.writes.borrow()?);
            // Beginning waits for no lock: a server that does not answer soon is silent.
            transaction.set_patience(READ_PATIENCE);
            let begun = Conn::begin_transaction(&mut transaction).and_then(|()| {
                transaction.set_patience(self.writes.patience());
                database::locks::take(&mut transaction, lock)
            });
            let Err(error) = begun else { return Ok(transaction) };
            let condition = transaction.condition();
            self.roll_back(transaction);
            if condition != Condition::Closed || attempt == ATTEMPTS {
                return Err(error.into());
            }
            attempt += 1;
        }
    }

    fn commit(&self, mut transaction: Transaction) -> Result<(), StoreError> {
        let Err(error) = Conn::commit_transaction(&mut transaction) else {
            transaction.log(true);
            self.writes.give_back(transaction.pooled);
            return Ok(());
        };
        let condition = transaction.condition();
        if condition == Condition::Sound {
            self.roll_back(transaction);
            return Err(error.into());
        }
        transaction.log(false);
        self.roll_back(transaction);
        Err(StoreError::OutcomeUnknown(error.to_string()))
    }

    fn roll_back(&self, mut transaction: Transaction) {
        match Conn::rollback_transaction(&mut transaction) {
            Ok(()) => self.writes.give_back(transaction.pooled),
            Err(_) => self.writes.lose(transaction.pooled),
        }
    }
}
