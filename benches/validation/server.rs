//! The processes that are measured.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const SCIMWARD: &str = env!("CARGO_BIN_EXE_scimward");
/// The kernel's unit of CPU time, which Linux fixes for programs.
const TICKS_PER_SECOND: f64 = 100.0;

/// A process that answers; ends when dropped.
pub(crate) struct Server {
    process: Child,
    pub(crate) address: SocketAddr,
    /// From the start of the process to its first answer that it is ready.
    pub(crate) started_in: Duration,
}

impl Server {
    /// The handler to compare with.
    pub(crate) fn bare(folder: &Path, answer: &str) -> Self {
        let file = folder.join("answer");
        std::fs::write(&file, answer).expect("room for the answer");
        let port = free_port();
        let this = std::env::current_exe().expect("this program");
        let mut command = Command::new(this);
        command.arg("--bare").arg(port.to_string()).arg(file);
        Self::start(&mut command, port)
    }

    fn start(command: &mut Command, port: u16) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let start = Instant::now();
        let process = command.stdout(Stdio::null()).spawn().expect("a process");
        let is_ready = || {
            TcpStream::connect(address).is_ok()
                && !get(address, "/readyz", "-").starts_with("HTTP/1.1 503 ")
        };
        while !is_ready() {
            assert!(start.elapsed() < Duration::from_secs(20), "{command:?} does not answer");
            std::thread::sleep(Duration::from_millis(1));
        }
        Self { process, address, started_in: start.elapsed() }
    }

    pub(crate) fn cpu_seconds(&self) -> f64 {
        cpu_seconds(self.process.id())
    }

    /// A line of `/proc/PID/status` in MiB, such as `VmRSS`.
    pub(crate) fn memory(&self, name: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()));
        let status = status.expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a known line");
        let kib = line.split_whitespace().nth(1).and_then(|text| text.parse::<f64>().ok());
        kib.expect("a number") / 1024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A scimward with a token.
pub(crate) struct Scimward {
    pub(crate) server: Server,
    folder: PathBuf,
    database: String,
    pub(crate) token: String,
    /// Memory before the first request, in MiB.
    pub(crate) idle_memory: f64,
    /// The one validation that runs Argon2id.
    pub(crate) first_validation: Duration,
}

impl Scimward {
    /// Generates a token by the command line, then starts the server.
    pub(crate) fn start(folder: &Path, name: &str, database: &str) -> Self {
        let (folder, port) = (folder.join(name), free_port());
        std::fs::create_dir_all(&folder).expect("a folder");
        let output = command(&folder, database, &["token", "generate"]).output().expect("scimward");
        let token = String::from_utf8(output.stdout).expect("a token").trim().to_owned();
        let mut serve = command(&folder, database, &["serve"]);
        let server = Server::start(serve.env("SCIMWARD_LISTEN", format!("127.0.0.1:{port}")), port);
        let idle_memory = server.memory("VmRSS");
        let start = Instant::now();
        let answer = get(server.address, super::VALIDATE, &token);
        let first_validation = start.elapsed();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        let database = database.to_owned();
        Self { server, folder, database, token, idle_memory, first_validation }
    }

    /// Runs a command beside the server, with this on its standard input.
    pub(crate) fn run(&self, arguments: &[&str], input: &str) {
        let mut command = command(&self.folder, &self.database, arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        let mut process = command.spawn().expect("scimward");
        let mut stdin = process.stdin.take().expect("its standard input");
        writeln!(stdin, "{input}").expect("it reads");
        drop(stdin);
        assert!(process.wait().expect("it ends").success(), "{command:?}");
    }

    /// A whole answer, as it stands on the wire.
    pub(crate) fn answer(&self, path: &str) -> String {
        get(self.server.address, path, &self.token)
    }
}

fn command(folder: &Path, database: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(SCIMWARD);
    command.args(arguments).current_dir(folder);
    command.env("SCIMWARD_DATABASE_URL", database).env("SCIMWARD_LOG", "warn");
    command
}

fn get(address: SocketAddr, path: &str, token: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
         Connection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer.replace("connection: close\r\n", "")
}

/// CPU time of a process, in seconds; none if it has ended.
pub(crate) fn cpu_seconds(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name in parentheses may hold blanks; after it, user and system time are 12th and 13th.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks = fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / TICKS_PER_SECOND
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}
