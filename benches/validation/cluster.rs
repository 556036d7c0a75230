//! A PostgreSQL server for one measurement.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::server::{cpu_seconds, free_port};

/// A running cluster; removed when dropped.
pub(crate) struct Cluster {
    data: PathBuf,
    /// How to reach it.
    pub(crate) url: String,
}

impl Cluster {
    /// Makes and starts a cluster with the settings of Debian's package.
    pub(crate) fn start(data: &Path) -> Self {
        let (port, data) = (free_port(), data.to_owned());
        std::fs::create_dir_all(&data).expect("a folder for the cluster");
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(&data));
        }
        run(as_server("initdb").arg("-D").arg(&data).args(["-U", "scimward", "-A", "trust"]));
        let options =
            format!("-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=");
        let log = data.join("log");
        run(as_server("pg_ctl")
            .arg("-D")
            .arg(&data)
            .arg("-l")
            .arg(&log)
            .args(["-w", "-o", &options, "start"]));
        Self { data, url: format!("postgres://scimward@127.0.0.1:{port}/postgres") }
    }

    /// What all its processes have used.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        let file = std::fs::read_to_string(self.data.join("postmaster.pid")).expect("it runs");
        let first: u32 = file.lines().next().and_then(|line| line.parse().ok()).expect("a pid");
        let children = std::fs::read_to_string(format!("/proc/{first}/task/{first}/children"));
        let children = children.expect("its processes");
        children.split_whitespace().filter_map(|pid| pid.parse().ok()).map(cpu_seconds).sum()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        run(as_server("pg_ctl").arg("-D").arg(&self.data).args(["-m", "immediate", "stop"]));
    }
}

fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    status.lines().any(|line| line.split_whitespace().take(3).eq(["Uid:", "0", "0"]))
}

/// A program of the server, as a user that it accepts: it refuses to run as root.
fn as_server(program: &str) -> Command {
    let folders = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = folders.map(|folder| folder.path().join("bin").join(program)).max();
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
    let output = command.stdout(std::process::Stdio::null()).status();
    let status = output.unwrap_or_else(|error| panic!("{command:?}: {error}; is it installed?"));
    assert!(status.success(), "{command:?}: {status}");
}
