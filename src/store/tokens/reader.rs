//! Reading tokens on the thread that answers requests.
//!
//! Handing a query to another thread and its result back costs more than the query. The embedded
//! database answers from memory in microseconds and its readers do not wait for writers, so the
//! thread itself asks it; only if a lock is in the way does a blocking thread wait. A server is
//! asked asynchronously, over a connection that belongs to the thread.

use std::time::Duration;

use diesel::ConnectionResult;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, timeout};

use super::record::{self, RecordRow, TokenRecord};
use crate::domain::token::secret::TokenId;
use crate::store::database::connection::Conn;
use crate::store::database::files;
use crate::store::database::postgres::{self, PgUrl};
use crate::store::database::recovery::ReaderLocks;
use crate::store::database::url::DatabaseUrl;
use crate::store::error::StoreError;
use crate::store::{READ_PATIENCE, Store};

/// A server that refused a connection is left alone for this long.
const PAUSE: Duration = Duration::from_millis(100);

/// Reads tokens for one thread; belongs to that thread's runtime.
pub(crate) struct TokenReader {
    store: Store,
    conn: ReaderConn,
}

enum ReaderConn {
    /// A connection that never waits for a lock.
    Sqlite(Option<Box<Conn>>),
    Postgres(Box<PgReader>),
}

impl TokenReader {
    pub(crate) fn new(store: Store) -> Self {
        let conn = match &store.pools.url {
            DatabaseUrl::Sqlite(_) => ReaderConn::Sqlite(None),
            DatabaseUrl::Postgres(url) => {
                ReaderConn::Postgres(Box::new(PgReader::new(url.clone())))
            }
        };
        Self { store, conn }
    }

    /// The records of the tokens with these ids; ids that do not exist are left out. The database is
    /// read after the call, and answers or fails within a second.
    pub(crate) async fn records(
        &mut self,
        ids: &[TokenId],
    ) -> Result<Vec<TokenRecord>, StoreError> {
        match &mut self.conn {
            ReaderConn::Sqlite(conn) => match read_here(conn, &self.store, ids).await {
                Err(StoreError::Unavailable(_)) => {
                    let ids = ids.to_vec();
                    self.store.read(move |conn| record::read(conn, &ids)).await
                }
                result => result,
            },
            ReaderConn::Postgres(reader) => reader.records(ids).await,
        }
    }
}

/// Reads on this thread, unless that would hold it up.
async fn read_here(
    conn: &mut Option<Box<Conn>>,
    store: &Store,
    ids: &[TokenId],
) -> Result<Vec<TokenRecord>, StoreError> {
    let locks = &store.pools.reader_locks;
    if locks.get().is_some_and(ReaderLocks::are_held) {
        return Err(StoreError::Unavailable("another process keeps readers waiting".to_owned()));
    }
    let conn = match conn {
        Some(conn) => conn,
        None => conn.insert(open_elsewhere(&store.pools.url).await?),
    };
    if locks.get().is_none()
        && let DatabaseUrl::Sqlite(path) = &store.pools.url
        && let Some(found) = ReaderLocks::of(&files::real(path))
    {
        locks.get_or_init(|| found);
    }
    record::read(conn, ids)
}

/// Opening reads the file, and so may be held up.
async fn open_elsewhere(url: &DatabaseUrl) -> Result<Box<Conn>, StoreError> {
    let url = url.clone();
    let opening = spawn_blocking(move || Conn::open(&url, Duration::ZERO).map(Box::new));
    match timeout(READ_PATIENCE, opening).await {
        Ok(Ok(opened)) => Ok(opened?),
        Ok(Err(panic)) => Err(StoreError::Corrupt(panic.to_string())),
        Err(_elapsed) => Err(StoreError::Unavailable("it could not be opened in time".to_owned())),
    }
}

/// A connection to a server, renewed when it breaks.
struct PgReader {
    url: PgUrl,
    conn: Option<AsyncPgConnection>,
    /// In progress: trying several hosts may take longer than a request can wait.
    connecting: Option<JoinHandle<ConnectionResult<AsyncPgConnection>>>,
    /// When the server refused a connection, and how.
    refused: Option<(Instant, String)>,
}

impl PgReader {
    const fn new(url: PgUrl) -> Self {
        Self { url, conn: None, connecting: None, refused: None }
    }

    async fn records(&mut self, ids: &[TokenId]) -> Result<Vec<TokenRecord>, StoreError> {
        if let Ok(result) = timeout(READ_PATIENCE, self.read(ids)).await {
            return result;
        }
        // The next read tries a new connection.
        self.conn = None;
        Err(StoreError::Unavailable("it did not answer in time".to_owned()))
    }

    /// A connection that was idle, or was made for a request that gave up, may have died unnoticed:
    /// then a new one is tried once.
    async fn read(&mut self, ids: &[TokenId]) -> Result<Vec<TokenRecord>, StoreError> {
        let was_idle = self.conn.is_some() || self.connecting.is_some();
        match self.query(ids).await {
            Err(StoreError::Unavailable(_)) if was_idle => self.query(ids).await,
            result => result,
        }
    }

    async fn query(&mut self, ids: &[TokenId]) -> Result<Vec<TokenRecord>, StoreError> {
        let conn = self.connection().await?;
        let rows: Result<Vec<RecordRow>, _> = match ids {
            [id] => record::by_id(id.as_str()).load(conn).await,
            ids => {
                let ids = ids.iter().map(TokenId::as_str).collect();
                record::by_ids(ids).load(conn).await
            }
        };
        match rows {
            Ok(rows) => rows.into_iter().map(TokenRecord::try_from).collect(),
            Err(error) => {
                self.conn = None;
                Err(error.into())
            }
        }
    }

    async fn connection(&mut self) -> Result<&mut AsyncPgConnection, StoreError> {
        if self.conn.is_none() {
            self.conn = Some(self.connect().await?);
        }
        self.conn.as_mut().ok_or_else(|| StoreError::Unavailable("not connected".to_owned()))
    }

    /// Waits for a connection; if the request gives up, connecting goes on for the next one.
    async fn connect(&mut self) -> Result<AsyncPgConnection, StoreError> {
        if let Some((_, error)) = self.refused.as_ref().filter(|(at, _)| at.elapsed() < PAUSE) {
            return Err(StoreError::Unavailable(error.clone()));
        }
        let url = self.url.clone();
        let connecting = self.connecting.get_or_insert_with(|| {
            tokio::spawn(async move { postgres::connect(&url, READ_PATIENCE).await })
        });
        let result = connecting.await;
        self.connecting = None;
        match result {
            Ok(Ok(conn)) => {
                self.refused = None;
                Ok(conn)
            }
            Ok(Err(error)) => {
                let error = StoreError::from(error);
                self.refused = Some((Instant::now(), error.to_string()));
                Err(error)
            }
            Err(error) => Err(StoreError::Corrupt(error.to_string())),
        }
    }
}
