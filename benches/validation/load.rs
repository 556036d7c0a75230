//! Load by `wrk`.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::cluster::Cluster;
use super::server::{Server, cpu_seconds};

/// A kind of request to send as fast as possible.
pub(crate) struct Load<'a> {
    server: &'a Server,
    path: String,
    token: String,
    /// Chooses another token for every request.
    script: Option<PathBuf>,
}

/// What a slice of load showed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sample {
    /// Requests in a second.
    pub(crate) rate: f64,
    /// Microseconds of the server's CPU for each request.
    pub(crate) cpu: f64,
    /// Microseconds of the database's CPU for each request.
    pub(crate) database_cpu: f64,
    /// Latency in milliseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

/// Load in the background.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn wait(mut self) {
        self.0.wait().expect("wrk ends");
    }
}

impl<'a> Load<'a> {
    pub(crate) fn new(server: &'a Server, path: &str, token: &str) -> Self {
        Self { server, path: path.to_owned(), token: token.to_owned(), script: None }
    }

    /// Well-formed tokens with the id of `token` and other secrets.
    pub(crate) fn forged(folder: &Path, server: &'a Server, path: &str, token: &str) -> Self {
        let mut script = String::from("local tokens = {\n");
        for number in 0..20_000_u32 {
            let body = format!("{}{number:0>43}", token.get(..14).expect("a token"));
            let sum = six_digits(crc32fast::hash(body.as_bytes()));
            let _ = writeln!(script, "\"Bearer {body}{sum}\",");
        }
        script.push_str(
            "}\nlocal place = 0\nfunction request()\n  place = place % #tokens + 1\n  \
             wrk.headers['Authorization'] = tokens[place]\n  return wrk.format('GET')\nend\n",
        );
        let file = folder.join("forged.lua");
        std::fs::write(&file, script).expect("room for the tokens");
        Self { script: Some(file), ..Self::new(server, path, token) }
    }

    /// Starts the load.
    pub(crate) fn spawn(&self, connections: u32, time: Duration) -> Running {
        let command = &mut self.command(connections, time);
        Running(command.stdout(Stdio::null()).spawn().expect("wrk; is it installed?"))
    }

    /// Runs the load to its end.
    pub(crate) fn run(
        &self,
        connections: u32,
        time: Duration,
        cluster: Option<&Cluster>,
    ) -> Sample {
        // Without the first process, which answers nobody.
        let processes = |cluster: &Cluster| cluster.processes().into_iter().skip(1);
        let cpu_of = |pid: String| cpu_seconds(pid.parse().expect("a process id"));
        let database = || cluster.map_or(0.0, |cluster| processes(cluster).map(cpu_of).sum());
        let (cpu, database_cpu) = (self.server.cpu_seconds(), database());
        let output = self.command(connections, time).output().expect("wrk; is it installed?");
        let (cpu, database_cpu) = (self.server.cpu_seconds() - cpu, database() - database_cpu);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(!text.contains("Non-2xx"), "{text}");
        let word = |before: &str, place: usize| {
            let line =
                text.lines().find(|line| line.contains(before)).unwrap_or_else(|| panic!("{text}"));
            line.split_whitespace().nth(place).expect("a word").to_owned()
        };
        let requests: f64 = word(" requests in ", 0).parse().expect("a number");
        Sample {
            rate: word("Requests/sec:", 1).parse().expect("a number"),
            cpu: cpu * 1e6 / requests,
            database_cpu: database_cpu * 1e6 / requests,
            p50: milliseconds(&word("50%", 1)),
            p99: milliseconds(&word("99%", 1)),
        }
    }

    fn command(&self, connections: u32, time: Duration) -> Command {
        let mut command = Command::new("wrk");
        command.args(["--latency", "-t1"]);
        command.arg(format!("-c{connections}")).arg(format!("-d{}s", time.as_secs()));
        command.arg("-H").arg(format!("Authorization: Bearer {}", self.token));
        command.args(self.script.iter().flat_map(|file| ["-s".as_ref(), file.as_os_str()]));
        command.arg(format!("http://{}{}", self.server.address, self.path));
        command
    }
}

fn milliseconds(text: &str) -> f64 {
    let (number, factor) = if let Some(number) = text.strip_suffix("us") {
        (number, 0.001)
    } else if let Some(number) = text.strip_suffix("ms") {
        (number, 1.0)
    } else {
        (text.trim_end_matches('s'), 1000.0)
    };
    number.parse::<f64>().expect("a time") * factor
}

fn six_digits(mut value: u32) -> String {
    let digits: Vec<char> = ('0'..='9').chain('A'..='Z').chain('a'..='z').collect();
    let mut text = ['0'; 6];
    for place in text.iter_mut().rev() {
        *place = *digits.get(usize::try_from(value % 62).expect("small")).expect("a digit");
        value /= 62;
    }
    text.iter().collect()
}
