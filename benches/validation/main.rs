//! What a validation costs, as ratios to a bare actix handler that returns the same bytes.
//!
//! `cargo bench` starts the bare handler and scimward, on `SQLite` and on a throw-away PostgreSQL,
//! drives them in turns with the same load and prints a table. Needs `wrk` and PostgreSQL's server
//! programs (on Debian `apt-get install wrk postgresql`), and takes less than four minutes.

#![expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement that cannot go on has failed"
)]

mod bare;
#[path = "../../tests/it/support/cluster.rs"]
#[expect(dead_code, reason = "tests break it in ways that a measurement does not")]
mod cluster;
mod load;
mod pages;
mod report;
mod server;

use std::path::PathBuf;
use std::time::Duration;

use self::cluster::Cluster;
use self::load::Load;
use self::report::{Row, median};
use self::server::{Scimward, Server};

/// Connections of the load.
const CONNECTIONS: u32 = 32;
/// More than the servers can answer at once.
const MANY_CONNECTIONS: u32 = 128;
/// How long each target is driven in each round.
const SLICE: Duration = Duration::from_secs(3);
const ROUNDS: usize = 5;
const VALIDATE: &str = "/v1/token/validate";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, port, answer] = arguments.as_slice()
        && flag == "--bare"
    {
        return bare::serve(port.parse().expect("a port"), answer.as_ref());
    }
    let folder = Folder::new();
    if arguments.iter().any(|argument| argument == "pages") {
        return pages::compare(&folder.0);
    }
    let sqlite = Scimward::start(&folder.0, "sqlite", "sqlite:scimward.db");
    let cluster = durable_cluster();
    let postgres = Scimward::start(&folder.0, "pg", &cluster.url());
    let bare = Server::bare(&folder.0, &sqlite.answer(VALIDATE));

    report::start(&sqlite, &postgres);
    compare(CONNECTIONS, &bare, &sqlite, &postgres, &cluster);
    compare(MANY_CONNECTIONS, &bare, &sqlite, &postgres, &cluster);
    endpoints(&sqlite, "SQLite");
    endpoints(&postgres, "PostgreSQL");
    flood(&folder.0, &sqlite);
    pages::compare(&folder.0);
}

/// A PostgreSQL that waits for the disk, as it does for users.
fn durable_cluster() -> Cluster {
    Cluster::prepared(|_data| "-c fsync=on -c full_page_writes=on")
}

/// A folder that goes when the measurement ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("scimward-bench-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder for the databases");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Validation beside the bare handler.
fn compare(
    connections: u32,
    bare: &Server,
    sqlite: &Scimward,
    postgres: &Scimward,
    cluster: &Cluster,
) {
    let targets = [
        ("bare handler", bare, "-", None),
        ("SQLite", &sqlite.server, sqlite.token.as_str(), None),
        ("PostgreSQL", &postgres.server, postgres.token.as_str(), Some(cluster)),
    ];
    let mut rows: Vec<Row> = targets.iter().map(|(name, ..)| Row::new(name)).collect();
    for _ in 0..ROUNDS {
        for ((_, server, token, cluster), row) in targets.iter().zip(&mut rows) {
            row.add(Load::new(server, VALIDATE, token).run(connections, SLICE, *cluster));
        }
    }
    report::table(&format!("GET {VALIDATE}, {connections} connections"), &rows);
}

/// The other endpoints beside the validation endpoint.
fn endpoints(scimward: &Scimward, database: &str) {
    let paths = [VALIDATE, "/forward-auth", "/scim/v2/Users"];
    let mut rows: Vec<Row> = paths.iter().map(|path| Row::new(path)).collect();
    for _ in 0..3 {
        for (path, row) in paths.iter().zip(&mut rows) {
            let load = Load::new(&scimward.server, path, &scimward.token);
            row.add(load.run(CONNECTIONS, SLICE, None));
        }
    }
    report::table(&format!("Endpoints on {database}, {CONNECTIONS} connections"), &rows);
}

/// A client with the real token, without and with others that try forged secrets for its id.
fn flood(folder: &std::path::Path, scimward: &Scimward) {
    let real = Load::new(&scimward.server, VALIDATE, &scimward.token);
    let forged = Load::forged(folder, &scimward.server, VALIDATE, &scimward.token);
    let (mut calm, mut flooded) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        calm.push(real.run(1, SLICE, None).p99);
        let flood = forged.spawn(64, SLICE + Duration::from_secs(2));
        std::thread::sleep(Duration::from_secs(1));
        flooded.push(real.run(1, SLICE, None).p99);
        flood.wait();
    }
    report::flood(median(&mut calm), median(&mut flooded), &scimward.server);
}
