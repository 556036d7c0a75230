//! PostgreSQL over tokio-postgres, as a synchronous Diesel connection.
//!
//! tokio-postgres is pure Rust, so the product builds with a C compiler alone and speaks TLS
//! through rustls; libpq offers neither. Each connection owns a small runtime that is driven only
//! while a query waits, so a query wakes no other thread. Diesel derives the two-database enum for
//! its own connection types; this adapter makes diesel-async's connection one of them.

mod refusal;
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
use tokio_postgres::config::SslMode;
use tokio_postgres::{Config, NoTls};

use self::refusal::{failed, is_about_encryption, refused};
use self::url::CONNECT_TIMEOUT;
pub(crate) use self::url::PgUrl;
use super::connection::Condition;

/// How much longer to wait for an answer than the server may work on it.
const ANSWER_MARGIN: Duration = Duration::from_millis(300);

/// A transaction never rests by itself. One that does belongs to a process that hangs or to a machine
/// that is gone, and would keep all others from replacing the token: the server ends it well before
/// they give up.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Connects on the current runtime. `patience` is how long a statement may run or wait for a lock.
///
/// # Errors
/// When the server cannot be reached in time, is starting, stopping or a standby, or refuses the
/// user.
pub(crate) async fn connect(
    url: &PgUrl,
    patience: Duration,
) -> ConnectionResult<AsyncPgConnection> {
    let connect = async {
        let mut conn = connect_as_asked(url).await?;
        // Not a parameter of the connection: connection poolers refuse that.
        let limits = format!(
            "SET statement_timeout = {}; SET idle_in_transaction_session_timeout = {}",
            patience.as_millis(),
            LONGEST_PAUSE.as_millis()
        );
        conn.batch_execute(&limits).await.map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok(conn)
    };
    match tokio::time::timeout(url.patience(), connect).await {
        Ok(result) => result,
        Err(_) => Err(refused("it did not answer in time")),
    }
}

/// libpq's `prefer`: without encryption if the server does not want it.
async fn connect_as_asked(url: &PgUrl) -> ConnectionResult<AsyncPgConnection> {
    let (config, mode) = (&*url.config, url.encryption.mode);
    if mode == SslMode::Disable {
        return connect_plain(config).await;
    }
    let tls = tls::connector(&url.encryption).map_err(|error| refused(&error))?;
    match config.connect(tls).await {
        Ok((client, conn)) => AsyncPgConnection::try_from_client_and_connection(client, conn).await,
        Err(error) if mode == SslMode::Prefer && is_about_encryption(&error) => {
            let mut config = config.clone();
            connect_plain(config.ssl_mode(SslMode::Disable)).await
        }
        Err(error) => Err(failed(&error, mode)),
    }
}

async fn connect_plain(config: &Config) -> ConnectionResult<AsyncPgConnection> {
    let connected = config.connect(NoTls).await;
    let (client, conn) = connected.map_err(|error| failed(&error, SslMode::Disable))?;
    AsyncPgConnection::try_from_client_and_connection(client, conn).await
}

/// A connection to a PostgreSQL server.
pub struct PgConnection {
    inner: AsyncPgConnection,
    driver: Driver,
    transaction: AnsiTransactionManager,
}

impl PgConnection {
    /// Connects. `patience` is how long a statement may run or wait for a lock.
    ///
    /// # Errors
    /// When the server cannot be reached in time or refuses the user.
    pub(crate) fn open(url: &PgUrl, patience: Duration) -> ConnectionResult<Self> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| refused(&error.to_string()))?;
        let inner = runtime.block_on(connect(url, patience))?;
        let driver =
            Driver { runtime: Some(runtime), patience: patience.saturating_add(ANSWER_MARGIN) };
        Ok(Self { inner, driver, transaction: AnsiTransactionManager::default() })
    }

    /// From now on a statement that was to take `patience` at most is given up after that.
    pub(crate) const fn set_patience(&mut self, patience: Duration) {
        self.driver.patience = patience.saturating_add(ANSWER_MARGIN);
    }

    /// Asks the server: an empty query is answered even in a transaction that has failed.
    pub(crate) fn condition(&mut self) -> Condition {
        match self.batch_execute("") {
            Ok(()) => Condition::Sound,
            Err(_) if self.driver.runtime.is_none() => Condition::Silent,
            Err(_) => Condition::Closed,
        }
    }
}

/// Drives one connection, only while a query waits.
struct Driver {
    /// Present until the server is given up.
    runtime: Option<Runtime>,
    /// A statement that has not answered by then is given up together with the connection: the
    /// server's own limit does not help when the network swallows its answer.
    patience: Duration,
}

impl Driver {
    fn wait<T>(&mut self, query: impl Future<Output = QueryResult<T>>) -> QueryResult<T> {
        let closed = |text: &str| {
            let text = Box::new(text.to_owned());
            Err(Error::DatabaseError(DatabaseErrorKind::ClosedConnection, text))
        };
        let Some(runtime) = &self.runtime else { return closed("the server was given up") };
        let patience = self.patience;
        runtime.block_on(async { tokio::time::timeout(patience, query).await }).unwrap_or_else(
            |_elapsed| {
                self.give_up();
                closed("the server did not answer in time")
            },
        )
    }

    /// A runtime must not wait for its end where another one is at work.
    fn give_up(&mut self) {
        self.runtime.take().into_iter().for_each(Runtime::shutdown_background);
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.give_up();
    }
}

impl SimpleConnection for PgConnection {
    fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        self.driver.wait(self.inner.batch_execute(query))
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
        self.driver.wait(self.inner.execute_returning_count(source))
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
        self.driver.wait(query).map(|rows| Rows(rows.into_iter()))
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
