//! A database for one test: made empty, dropped afterwards.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio_postgres::config::Host;
use tokio_postgres::{Config, NoTls, SimpleQueryMessage};

/// Which database a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    /// A file of its own; not `:memory:`, so that the pools are real.
    Sqlite,
    /// A database of its own in the cluster that `TEST_POSTGRES_URL` names.
    Postgres,
}

/// A fresh database, and a folder for whatever else a test writes.
pub(crate) struct Database {
    url: String,
    folder: PathBuf,
    name: String,
    engine: Engine,
}

/// A connection whose transaction is open.
pub(crate) struct Held {
    _client: tokio_postgres::Client,
    _runtime: tokio::runtime::Runtime,
}

static COUNTER: AtomicU32 = AtomicU32::new(0);

impl Database {
    /// Makes an empty database.
    pub(crate) fn fresh(engine: Engine) -> Self {
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let name = format!("scimward_test_{}_{number}", std::process::id());
        let folder = std::env::temp_dir().join(&name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder for temporary files");
        let url = match engine {
            Engine::Sqlite => format!("sqlite:{}", folder.join("scimward.db").display()),
            Engine::Postgres => {
                execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
                execute(&format!("CREATE DATABASE {name}"));
                let cluster = cluster();
                let (server, _) = cluster.rsplit_once('/').expect("postgres://USER@HOST/DATABASE");
                format!("{server}/{name}")
            }
        };
        Self { url, folder, name, engine }
    }

    /// Makes an empty PostgreSQL database whose texts are stored in another encoding.
    pub(crate) fn encoded(encoding: &str) -> Self {
        let made = Self::fresh(Engine::Postgres);
        execute(&format!("DROP DATABASE {}", made.name));
        execute(&format!(
            "CREATE DATABASE {} TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'",
            made.name
        ));
        made
    }

    /// The URL as it is configured.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The address of this PostgreSQL database's server.
    pub(crate) fn address(&self) -> SocketAddr {
        let config: Config = self.url.parse().expect("a PostgreSQL URL");
        let [Host::Tcp(host)] = config.get_hosts() else { panic!("one host in {}", self.url) };
        let mut addresses = (host.as_str(), config.get_ports()[0]).to_socket_addrs().unwrap();
        addresses.next().expect("an address")
    }

    /// The URL of this PostgreSQL database as it is reached through another address.
    pub(crate) fn url_at(&self, address: SocketAddr) -> String {
        let (scheme, rest) = self.url.split_once("://").expect("a URL");
        let (server, name) = rest.rsplit_once('/').expect("postgres://USER@HOST/DATABASE");
        let (user, _) = server.rsplit_once('@').expect("postgres://USER@HOST/DATABASE");
        format!("{scheme}://{user}@{address}/{name}")
    }

    /// A folder that is removed with the database.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs a statement on this PostgreSQL database and keeps what it locked until the result is
    /// dropped.
    pub(crate) fn hold(&self, statement: &str) -> Held {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let client = runtime.block_on(async {
            let config: Config = self.url.parse().expect("a PostgreSQL URL");
            let (client, connection) = config.connect(NoTls).await.expect("PostgreSQL answers");
            tokio::spawn(connection);
            client.batch_execute(statement).await.expect("the statement runs");
            client
        });
        Held { _client: client, _runtime: runtime }
    }

    /// Runs statements on this PostgreSQL database, one after the other, and returns the first
    /// column of the last one's rows.
    pub(crate) fn rows(&self, statements: &[&str]) -> Vec<String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let config: Config = self.url.parse().expect("a PostgreSQL URL");
            let (client, connection) = config.connect(NoTls).await.expect("PostgreSQL answers");
            tokio::spawn(connection);
            let mut messages = Vec::new();
            for statement in statements {
                messages = client.simple_query(statement).await.expect(statement);
            }
            let rows = messages.iter().filter_map(|message| match message {
                SimpleQueryMessage::Row(row) => row.get(0).map(ToOwned::to_owned),
                _ => None,
            });
            rows.collect()
        })
    }

    /// The first column of what a statement finds. It waits for the locks of others.
    pub(crate) fn ask(&self, statement: &str) -> Vec<String> {
        match self.engine {
            Engine::Sqlite => self.ask_sqlite(statement),
            Engine::Postgres => self.rows(&[statement]),
        }
    }

    fn ask_sqlite(&self, statement: &str) -> Vec<String> {
        let mut sqlite3 = Command::new("sqlite3");
        sqlite3.args(["-cmd", ".timeout 20000", "scimward.db", statement]);
        let output = sqlite3.current_dir(&self.folder).output().expect("sqlite3 is installed");
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        text.lines().map(str::to_owned).collect()
    }

    /// Which kind it is.
    pub(crate) const fn engine(&self) -> Engine {
        self.engine
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if self.engine == Engine::Postgres {
            execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[expect(clippy::disallowed_methods, reason = "says where the tests find PostgreSQL")]
fn cluster() -> String {
    std::env::var("TEST_POSTGRES_URL").expect(
        "TEST_POSTGRES_URL is not set: start the tests with tests/run, or those that need no \
         PostgreSQL with tests/run quick",
    )
}

/// Runs a statement on the cluster, outside the database of any test.
fn execute(statement: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let config: Config = cluster().parse().expect("TEST_POSTGRES_URL is a PostgreSQL URL");
        let (client, connection) = config.connect(NoTls).await.expect("PostgreSQL answers");
        let connection = tokio::spawn(connection);
        client.batch_execute(statement).await.expect("the statement runs");
        drop(client);
        let _ = connection.await;
    });
}
