//! PostgreSQL over tokio-postgres, as a synchronous Diesel connection.
//!
//! tokio-postgres is pure Rust, so the product builds with a C compiler alone and speaks TLS
//! through rustls; libpq offers neither. Each connection owns a small runtime that is driven only
//! while a query waits, so a query wakes no other thread. Diesel derives the two-database enum for
//! its own connection types; this adapter makes diesel-async's connection one of them.

use std::any::Any;
use std::fmt;
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
use tokio_postgres::{Config, NoTls, config::Host};

/// How long a new connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// How to reach a PostgreSQL server.
#[derive(Clone, PartialEq, Eq)]
pub struct PgUrl {
    config: Box<Config>,
}

impl PgUrl {
    /// Reads a `postgres://` URL.
    ///
    /// # Errors
    /// A sentence that says what is wrong, without the URL's password.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut config: Config =
            text.parse().map_err(|error| format!("the PostgreSQL URL cannot be read: {error}"))?;
        config.connect_timeout(CONNECT_TIMEOUT).application_name("scimward");
        Ok(Self { config: Box::new(config) })
    }
}

impl fmt::Display for PgUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts = self.config.get_hosts().iter().map(|host| match host {
            Host::Tcp(name) => name.clone(),
            Host::Unix(path) => path.display().to_string(),
        });
        let user = self.config.get_user().unwrap_or_default();
        let database = self.config.get_dbname().unwrap_or_default();
        write!(f, "postgres://{user}@{}/{database}", hosts.collect::<Vec<_>>().join(","))
    }
}

impl fmt::Debug for PgUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A connection to a PostgreSQL server.
pub struct PgConnection {
    inner: AsyncPgConnection,
    runtime: Driver,
    transaction: AnsiTransactionManager,
    /// A statement that has not answered by then is given up together with the connection: the
    /// server's own limit does not help when the network swallows its answer.
    patience: Duration,
}

impl PgConnection {
    /// Connects. `patience` is how long a statement may run or wait for a lock.
    ///
    /// # Errors
    /// When the server cannot be reached in time or refuses the user.
    pub(super) fn open(url: &PgUrl, patience: Duration) -> ConnectionResult<Self> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| bad_connection(&error))?;
        let mut config = url.config.clone();
        config.options(format!("-c statement_timeout={}", patience.as_millis()));
        let connect = async {
            let (client, connection) =
                config.connect(NoTls).await.map_err(|error| bad_connection(&error))?;
            AsyncPgConnection::try_from_client_and_connection(client, connection).await
        };
        let inner = runtime
            .block_on(async { tokio::time::timeout(CONNECT_TIMEOUT * 2, connect).await })
            .map_err(|error| bad_connection(&error))??;
        let transaction = AnsiTransactionManager::default();
        let runtime = Driver(Some(runtime));
        Ok(Self { inner, runtime, transaction, patience: patience + Duration::from_millis(500) })
    }
}

/// A connection's runtime; unlike a bare one it may be dropped within another runtime, which a pool
/// does when the program ends.
struct Driver(Option<Runtime>);

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

fn bad_connection(error: &dyn std::error::Error) -> ConnectionError {
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    ConnectionError::BadConnection(format!("{error}{cause}"))
}

/// Waits for `query` on this connection's runtime, but not for ever.
fn wait<T>(
    runtime: &Driver,
    patience: Duration,
    query: impl Future<Output = QueryResult<T>>,
) -> QueryResult<T> {
    let runtime = runtime.0.as_ref();
    let answer = runtime
        .map(|runtime| runtime.block_on(async { tokio::time::timeout(patience, query).await }));
    answer.and_then(Result::ok).unwrap_or_else(|| {
        Err(Error::DatabaseError(
            DatabaseErrorKind::ClosedConnection,
            Box::new("the server did not answer in time".to_owned()),
        ))
    })
}

impl SimpleConnection for PgConnection {
    fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        wait(&self.runtime, self.patience, self.inner.batch_execute(query))
    }
}

impl ConnectionSealed for PgConnection {}

impl Connection for PgConnection {
    type Backend = Pg;
    type TransactionManager = AnsiTransactionManager;

    /// Diesel's way in; the product opens connections with limits instead.
    fn establish(url: &str) -> ConnectionResult<Self> {
        let url = PgUrl::parse(url).map_err(ConnectionError::InvalidConnectionUrl)?;
        Self::open(&url, CONNECT_TIMEOUT)
    }

    fn execute_returning_count<T>(&mut self, source: &T) -> QueryResult<usize>
    where
        T: QueryFragment<Pg> + QueryId,
    {
        wait(&self.runtime, self.patience, self.inner.execute_returning_count(source))
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

type Row = <AsyncPgConnection as AsyncConnectionCore>::Row<'static, 'static>;

impl LoadConnection for PgConnection {
    type Cursor<'conn, 'query> = Rows;
    type Row<'conn, 'query> = Row;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> QueryResult<Rows>
    where
        T: Query + QueryFragment<Pg> + QueryId + 'query,
        Pg: diesel::expression::QueryMetadata<T::SqlType>,
    {
        let query = async { self.inner.load(source).await?.try_collect::<Vec<_>>().await };
        wait(&self.runtime, self.patience, query).map(|rows| Rows(rows.into_iter()))
    }
}

/// The rows of an answer that has arrived whole.
pub struct Rows(std::vec::IntoIter<Row>);

impl Iterator for Rows {
    type Item = QueryResult<Row>;

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
