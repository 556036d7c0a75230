//! Connecting to a server as its URL asks for.

use std::time::Duration;

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use tokio_postgres::config::SslMode;
use tokio_postgres::{Config, NoTls};

use super::connect_error::{error, explained, is_about_encryption};
use super::tls;
use super::url::PgUrl;

/// No transaction of ours pauses. One that does belongs to a process that hangs or a machine that is
/// gone, and would keep all others from replacing the token: the server ends it well before they
/// give up.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Connects on the current runtime. `patience` is how long a statement may run or wait for a lock.
/// A server that is starting, stopping or a standby is an error too.
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
        Err(_) => Err(error("it did not answer in time")),
    }
}

/// With `sslmode=prefer`, without encryption if the server does not offer it.
async fn connect_as_asked(url: &PgUrl) -> ConnectionResult<AsyncPgConnection> {
    let (config, mode) = (&*url.config, url.encryption.mode);
    if mode == SslMode::Disable {
        return connect_plain(config).await;
    }
    let tls = tls::connector(&url.encryption).map_err(|text| error(&text))?;
    match config.connect(tls).await {
        Ok((client, conn)) => AsyncPgConnection::try_from_client_and_connection(client, conn).await,
        Err(cause) if mode == SslMode::Prefer && is_about_encryption(&cause) => {
            let mut config = config.clone();
            connect_plain(config.ssl_mode(SslMode::Disable)).await
        }
        Err(cause) => Err(explained(&cause, mode)),
    }
}

async fn connect_plain(config: &Config) -> ConnectionResult<AsyncPgConnection> {
    let connected = config.connect(NoTls).await;
    let (client, conn) = connected.map_err(|cause| explained(&cause, SslMode::Disable))?;
    AsyncPgConnection::try_from_client_and_connection(client, conn).await
}
