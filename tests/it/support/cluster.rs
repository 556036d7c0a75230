//! A PostgreSQL server that belongs to one test or measurement, so that the test may break it.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use tokio_postgres::{Config, NoTls, SimpleQueryMessage};

/// A running server; stopped and removed with the test.
pub(crate) struct Cluster {
    folder: PathBuf,
    port: u16,
    options: String,
}

/// What no error and no log may show.
pub(crate) const SECRET: &str = "hunter2";

static COUNTER: AtomicU16 = AtomicU16::new(0);

impl Cluster {
    /// Makes and starts a server that asks for no password.
    pub(crate) fn start() -> Self {
        Self::prepared(|_data| "")
    }

    /// The same; `prepare` may write into the folder of the data and returns further options.
    pub(crate) fn prepared(prepare: impl FnOnce(&Path) -> &'static str) -> Self {
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let name = format!("scimward_cluster_{}_{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("a folder for the cluster");
        give_to_server(&folder);
        let mut cluster = Self { folder, port: 0, options: String::new() };
        let data = cluster.data();
        run(as_server("initdb").arg("-D").arg(&data).args(INITDB));
        cluster.options = format!("{OPTIONS} {}", prepare(&data));
        give_to_server(&data);
        cluster.port = free_port(number);
        cluster.start_again();
        cluster
    }

    /// How scimward reaches it.
    pub(crate) fn url(&self) -> String {
        format!("postgres://scimward:{SECRET}@127.0.0.1:{}/postgres", self.port)
    }

    /// A folder for whatever else a test writes.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts it after it was stopped, and waits until it answers.
    pub(crate) fn start_again(&self) {
        let options = format!("-p {} {}", self.port, self.options);
        let log = self.folder.join("log");
        run(self.pg_ctl().arg("-l").arg(log).args(["-w", "-o", &options, "start"]));
    }

    /// Ends it as a crash does, and waits until it is gone.
    pub(crate) fn stop(&self) {
        run(self.pg_ctl().args(["-m", "immediate", "-w", "stop"]));
    }

    /// Ends its life as a standby, and waits until it takes changes.
    pub(crate) fn promote(&self) {
        run(self.pg_ctl().args(["-w", "promote"]));
    }

    /// From now on it accepts connections and answers nothing.
    pub(crate) fn freeze(&self) {
        loop {
            let awake: Vec<_> = self.processes().into_iter().filter(is_awake).collect();
            if awake.is_empty() {
                return;
            }
            signal("STOP", &awake);
        }
    }

    /// It goes on where it was frozen.
    pub(crate) fn thaw(&self) {
        signal("CONT", &self.processes());
    }

    /// The first column of what a query in a database of this server finds.
    pub(crate) fn ask(&self, database: &str, query: &str) -> Vec<String> {
        let mut config: Config = self.url().parse().expect("a PostgreSQL URL");
        config.dbname(database);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let rows = runtime.expect("a runtime").block_on(async {
            let (client, connection) = config.connect(NoTls).await.expect("PostgreSQL answers");
            tokio::spawn(connection);
            client.simple_query(query).await.expect("the query runs")
        });
        let first = |row| match row {
            SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
            _ => None,
        };
        rows.into_iter().filter_map(first).collect()
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn pg_ctl(&self) -> Command {
        let mut command = as_server("pg_ctl");
        // Besides English it speaks the languages that a test puts there.
        command.arg("-D").arg(self.data()).env("LOCPATH", &self.folder);
        command
    }

    /// Its processes by their ids. The first one, which starts all others, comes first: once it is
    /// frozen there are no further ones.
    pub(crate) fn processes(&self) -> Vec<String> {
        let file = std::fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        let Some(first) = file.lines().next() else { return Vec::new() };
        let children = std::fs::read_to_string(format!("/proc/{first}/task/{first}/children"));
        let children = children.unwrap_or_default();
        std::iter::once(first).chain(children.split_whitespace()).map(str::to_owned).collect()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let processes = self.processes();
        if !processes.is_empty() {
            signal("CONT", &processes);
            let _ = self.pg_ctl().args(["-m", "immediate", "stop"]).stdout(Stdio::null()).status();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

const INITDB: [&str; 8] =
    ["-U", "scimward", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"];

/// Its processes may die but not the machine, so it need not wait for the disk. What it has
/// acknowledged is in its log all the same.
const OPTIONS: &str = "-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off \
                       -c full_page_writes=off -c lc_messages=C";

/// Below those that the system gives away, so that nobody takes it while the server is stopped.
fn free_port(number: u16) -> u16 {
    let seed = u16::try_from(std::process::id() % 500).expect("it is small") * 20;
    let ports = (0..10_000).map(|step| 10_000 + (seed + number * 7 + step) % 10_000);
    let mut free = ports.filter(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    free.next().expect("a free port")
}

/// Stopped, or a zombie that nobody has collected yet, is not awake.
fn is_awake(pid: &String) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    state.is_some_and(|state| !matches!(state, 'T' | 'Z' | 'X'))
}

fn signal(name: &str, pids: &[String]) {
    // One of them may have ended by itself.
    let _ = Command::new("kill").args(["-s", name]).args(pids).stderr(Stdio::null()).status();
}

fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    status.lines().any(|line| line.split_whitespace().take(3).eq(["Uid:", "0", "0"]))
}

/// Lets the server's user write there.
pub(crate) fn give_to_server(path: &Path) {
    if is_root() {
        run(Command::new("chown").args(["-R", "postgres"]).arg(path));
    }
}

/// A program of the server, as a user that it accepts: it refuses to run as root.
pub(crate) fn as_server(program: &str) -> Command {
    let folders = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = folders.map(|folder| folder.path().join("bin").join(program));
    let newest = newest.filter(|program| program.exists()).max();
    let program = newest.unwrap_or_else(|| program.into());
    if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program).current_dir("/");
        command
    } else {
        Command::new(program)
    }
}

fn run(command: &mut Command) {
    let output = command.stdout(Stdio::null()).status();
    let status = output.unwrap_or_else(|error| panic!("{command:?}: {error}; is it installed?"));
    assert!(status.success(), "{command:?}: {status}");
}
