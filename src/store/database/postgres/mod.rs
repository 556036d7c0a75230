//! PostgreSQL over tokio-postgres, as a synchronous Diesel connection.
//!
//! tokio-postgres is pure Rust, so scimward builds with a C compiler alone and speaks TLS through
//! rustls; libpq allows neither. Each connection owns a small runtime that runs only while a query
//! waits, so a query wakes no other thread. Diesel derives the two-database enum for its own kind of
//! connections; this adapter makes diesel-async's connection one of them.

mod connect;
mod connect_error;
mod encryption;
pub(crate) mod pooler;
mod tls;
mod url;

use std::any::Any;
use std::time::Duration;

use diesel::connection::{
    AnsiTransactionManager, CacheSize, Connection, ConnectionSealed, Instrumentation,
    LoadConnection, MultiConnectionHelper, SimpleConnection,
};
use diesel::migration::{CREATE_MIGRATIONS_TABLE, MigrationConnection};
use diesel::pg::{Pg, PgMetadataLookup, PgTypeMetadata};
use diesel::query_builder::{Query, QueryFragment, QueryId};
use diesel::result::{DatabaseErrorKind, Error};
use diesel::{ConnectionError, ConnectionResult, QueryResult};
use diesel_async::{
    AsyncConnection, AsyncConnectionCore, AsyncPgConnection, SimpleAsyncConnection,
};
use futures_util::TryStreamExt;
use tokio::runtime::{Builder, Runtime};

pub(crate) use self::connect::connect;
use self::url::CONNECT_TIMEOUT;
pub(crate) use self::url::PgUrl;

/// How much longer to wait for an answer than the server may work on it.
const ANSWER_MARGIN: Duration = Duration::from_millis(300);

/// A connection to a PostgreSQL server.
pub struct PgConnection {
    inner: AsyncPgConnection,
    runtime: BlockingRuntime,
    transaction: AnsiTransactionManager,
}

impl PgConnection {
    /// Connects. `patience` is how long a statement may run or wait for a lock.
    pub(crate) fn open(url: &PgUrl, patience: Duration) -> ConnectionResult<Self> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| connect_error::error(&error.to_string()))?;
        let inner = runtime.block_on(connect(url, patience))?;
        let patience = patience.saturating_add(ANSWER_MARGIN);
        let runtime = BlockingRuntime { inner: Some(runtime), patience };
        Ok(Self { inner, runtime, transaction: AnsiTransactionManager::default() })
    }

    /// From now on a statement is given up when it takes longer than `patience`.
    pub(crate) const fn set_patience(&mut self, patience: Duration) {
        self.runtime.patience = patience.saturating_add(ANSWER_MARGIN);
    }

    /// Asks the server: an empty query is answered even in a transaction that has failed.
    pub(crate) fn answers(&mut self) -> bool {
        self.batch_execute("").is_ok()
    }

    /// Whether the server did not answer in time.
    pub(crate) const fn was_given_up(&self) -> bool {
        self.runtime.inner.is_none()
    }
}

/// Runs the queries of one connection, only while a caller waits for them.
struct BlockingRuntime {
    /// Present until the server is given up.
    inner: Option<Runtime>,
    /// After that, a statement is given up together with the connection: the server's own limit does
    /// not help when the network swallows its answer.
    patience: Duration,
}

impl BlockingRuntime {
    fn wait<T>(&mut self, query: impl Future<Output = QueryResult<T>>) -> QueryResult<T> {
        let closed = |text: &str| {
            let text = Box::new(text.to_owned());
            Err(Error::DatabaseError(DatabaseErrorKind::ClosedConnection, text))
        };
        let Some(runtime) = &self.inner else { return closed("the server was given up") };
        let patience = self.patience;
        runtime.block_on(async { tokio::time::timeout(patience, query).await }).unwrap_or_else(
            |_elapsed| {
                self.give_up();
                closed("the server did not answer in time")
            },
        )
    }

    /// A runtime must not wait for its end inside another one.
    fn give_up(&mut self) {
        self.inner.take().into_iter().for_each(Runtime::shutdown_background);
    }
}

impl Drop for BlockingRuntime {
    fn drop(&mut self) {
        self.give_up();
    }
}

impl SimpleConnection for PgConnection {
    fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        self.runtime.wait(self.inner.batch_execute(query))
    }
}

impl ConnectionSealed for PgConnection {}

impl Connection for PgConnection {
    type Backend = Pg;
    type TransactionManager = AnsiTransactionManager;

    /// Diesel asks for this; scimward opens connections with limits instead.
    fn establish(url: &str) -> ConnectionResult<Self> {
        let url = PgUrl::parse(url).map_err(ConnectionError::InvalidConnectionUrl)?;
        Self::open(&url, CONNECT_TIMEOUT)
    }

    fn execute_returning_count<T>(&mut self, source: &T) -> QueryResult<usize>
    where
        T: QueryFragment<Pg> + QueryId,
    {
        self.runtime.wait(self.inner.execute_returning_count(source))
    }

    fn transaction_state(&mut self) -> &mut AnsiTransactionManager {
        &mut self.transaction
    }

    fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        self.inner.instrumentation()
    }

    fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
        self.inner.set_instrumentation(instrumentation);
    }

    fn set_prepared_statement_cache_size(&mut self, size: CacheSize) {
        self.inner.set_prepared_statement_cache_size(size);
    }
}

type PgRow = <AsyncPgConnection as AsyncConnectionCore>::Row<'static, 'static>;

impl LoadConnection for PgConnection {
    type Cursor<'conn, 'query> = Rows;
    type Row<'conn, 'query> = PgRow;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> QueryResult<Rows>
    where
        T: Query + QueryFragment<Pg> + QueryId + 'query,
        Pg: diesel::expression::QueryMetadata<T::SqlType>,
    {
        let query = async { self.inner.load(source).await?.try_collect::<Vec<_>>().await };
        self.runtime.wait(query).map(|rows| Rows(rows.into_iter()))
    }
}

/// The rows of a complete answer.
pub struct Rows(std::vec::IntoIter<PgRow>);

impl Iterator for Rows {
    type Item = QueryResult<PgRow>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(Ok)
    }
}

impl MigrationConnection for PgConnection {
    fn setup(&mut self) -> QueryResult<usize> {
        self.batch_execute(CREATE_MIGRATIONS_TABLE).map(|()| 0)
    }
}

/// The schema uses built-in types only, and Diesel knows those without asking the server.
struct BuiltInTypes;

impl PgMetadataLookup for BuiltInTypes {
    fn lookup_type(&mut self, _: &str, _: Option<&str>) -> PgTypeMetadata {
        PgTypeMetadata::new(0, 0)
    }
}

impl MultiConnectionHelper for PgConnection {
    fn to_any<'a>(_: &mut (dyn PgMetadataLookup + 'static)) -> &'a mut (dyn Any + 'a) {
        // A value without size: the box allocates nothing, so nothing leaks.
        Box::leak(Box::new(BuiltInTypes))
    }

    fn from_any(lookup: &mut dyn Any) -> Option<&mut (dyn PgMetadataLookup + 'static)> {
        let lookup = lookup.downcast_mut::<BuiltInTypes>()?;
        Some(lookup)
    }
}
