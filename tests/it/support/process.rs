//! The built binary as a process: what scripts and service managers see.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread::JoinHandle;

use super::actors::PASSWORD;
use super::database::Database;

const BINARY: &str = env!("CARGO_BIN_EXE_scimward");

/// Starts `scimward` with nothing but its settings in the environment.
#[derive(Clone)]
pub(crate) struct Scimward {
    folder: PathBuf,
    settings: Vec<(String, String)>,
    /// What starts the program, with its arguments.
    launcher: Vec<String>,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The exit code.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Scimward {
    /// Works on `database`, in its folder.
    pub(crate) fn on(database: &Database) -> Self {
        Self::at(database.url(), database.folder())
    }

    /// Works on the database with this URL, in a folder.
    pub(crate) fn at(url: &str, folder: &Path) -> Self {
        Self::bare(folder).with("SCIMWARD_DATABASE_URL", url)
    }

    /// Works in a folder, with no setting at all.
    pub(crate) fn bare(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), settings: Vec::new(), launcher: Vec::new() }
    }

    /// Adds or replaces a setting.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.settings.retain(|(other, _)| other != name);
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Is started by another program, which gets its own arguments before ours.
    #[must_use]
    pub(crate) fn through(mut self, launcher: &[&str]) -> Self {
        self.launcher = launcher.iter().map(|&part| part.to_owned()).collect();
        self
    }

    /// Is started by a line of shell, in which `"$0" "$@"` stand for the command.
    #[must_use]
    pub(crate) fn through_shell(self, line: &str) -> Self {
        self.through(&["/bin/sh", "-c", line])
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.run_with_input(arguments, "")
    }

    /// Adds a Server Admin of this name, with the password of all of them.
    pub(crate) fn add_admin(&self, name: &str) {
        let email = format!("{name}@example.com");
        let add = ["admin", "add", "--email", &email, "--name", name, "--password-stdin"];
        let added = self.run_with_input(&add, PASSWORD);
        assert_eq!(added.code, 0, "{added:?}");
    }

    /// Runs a command that reads standard input.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Ended {
        // A command that does not end by itself fails with 124, instead of stopping all tests.
        let mut child = self.spawn_by(&["timeout", "120"], arguments);
        // The command may end without reading.
        let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
        let output = child.wait_with_output().expect("the command ends");
        Ended {
            code: output.status.code().expect("an exit code"),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// Starts a command and does not wait.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        self.spawn_by(&[], arguments)
    }

    fn spawn_by(&self, outer: &[&str], arguments: &[&str]) -> Child {
        let launcher = self.launcher.iter().map(String::as_str);
        let mut words = outer.iter().copied().chain(launcher).chain([BINARY]);
        Command::new(words.next().expect("a program"))
            .args(words)
            .args(arguments)
            .env_clear()
            .envs(self.settings.clone())
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary is built")
    }

    /// Starts the server on a free port and waits until it listens.
    pub(crate) fn serve(&self) -> ServerProcess {
        self.serve_until("listening")
    }

    /// Starts the server on a free port and waits for a line of its log that names the address.
    pub(crate) fn serve_until(&self, message: &str) -> ServerProcess {
        let settings = self.clone().with("SCIMWARD_LISTEN", "127.0.0.1:0");
        let settings = settings.with("SCIMWARD_LOG_FORMAT", "json");
        let mut child = settings.spawn(&["serve"]);
        let mut log = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut seen = String::new();
        let address = loop {
            let mut line = String::new();
            let read = log.read_line(&mut line).expect("a line of the log");
            assert_ne!(read, 0, "the server ended: {seen}");
            let entry: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
            seen.push_str(&line);
            if entry["fields"]["message"] == message {
                break entry["fields"]["address"].as_str().expect("an address").parse().unwrap();
            }
        };
        let log = std::thread::spawn(move || read_on(log, seen));
        ServerProcess { child, address, log: Some(log) }
    }

    /// Starts the demo on a free port, waits until it is ready and returns what it has printed.
    pub(crate) fn demo(&self) -> (ServerProcess, String) {
        let mut child = self.spawn(&["demo", "--listen", "127.0.0.1:0"]);
        let log = BufReader::new(child.stderr.take().expect("a pipe"));
        let log = std::thread::spawn(move || read_on(log, String::new()));
        let mut said = String::new();
        let mut lines = BufReader::new(child.stdout.as_mut().expect("a pipe"));
        while !said.contains("Ctrl+C") {
            assert_ne!(lines.read_line(&mut said).expect("a line"), 0, "the demo ended: {said}");
        }
        let address = said.split("http://").nth(1).and_then(|rest| rest.lines().next());
        let address = address.expect("an address").parse().expect("an address");
        (ServerProcess { child, address, log: Some(log) }, said)
    }
}

fn read_on(mut log: BufReader<ChildStderr>, mut seen: String) -> String {
    log.read_to_string(&mut seen).expect("a log in UTF-8");
    seen
}

/// A running server; killed when a test forgets it.
pub(crate) struct ServerProcess {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    log: Option<JoinHandle<String>>,
}

impl ServerProcess {
    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status().expect("kill");
        assert!(sent.success());
    }

    /// Waits for the end.
    pub(crate) fn wait(mut self) -> Ended {
        let status = self.child.wait().expect("the server ends");
        let mut stdout = String::new();
        let mut pipe = self.child.stdout.take().expect("a pipe");
        pipe.read_to_string(&mut stdout).expect("UTF-8");
        let log = self.log.take().expect("the log is read once");
        let stderr = log.join().expect("the log");
        // No exit code: a signal ended it.
        Ended { code: status.code().unwrap_or(-1), stdout, stderr }
    }

    /// Stops it as a service manager does.
    pub(crate) fn stop(self) -> Ended {
        self.signal("TERM");
        self.wait()
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
