//! The figures as Markdown.

use super::load::Sample;
use super::server::{Scimward, Server};

/// The samples of one target.
pub(crate) struct Row {
    name: String,
    samples: Vec<Sample>,
}

impl Row {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), samples: Vec::new() }
    }

    pub(crate) fn add(&mut self, sample: Sample) {
        self.samples.push(sample);
    }

    fn median(&self, figure: impl Fn(&Sample) -> f64) -> f64 {
        median(&mut self.samples.iter().map(figure).collect::<Vec<_>>())
    }

    /// The median of the ratios to `other` within each round.
    fn ratio(&self, other: &Self, figure: impl Fn(&Sample) -> f64) -> f64 {
        let pairs = self.samples.iter().zip(&other.samples);
        median(&mut pairs.map(|(one, two)| figure(one) / figure(two)).collect::<Vec<_>>())
    }
}

/// The middle value.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    *values.get(values.len() / 2).expect("a value")
}

/// How the servers start.
pub(crate) fn start(sqlite: &Scimward, postgres: &Scimward) {
    println!("| | SQLite | PostgreSQL |\n| --- | --- | --- |");
    let line = |name: &str, figure: &dyn Fn(&Scimward) -> f64, unit: &str| {
        println!("| {name} | {:.1} {unit} | {:.1} {unit} |", figure(sqlite), figure(postgres));
    };
    line("start to first answer", &|s| s.server.started_in.as_secs_f64() * 1e3, "ms");
    line("memory before the first request", &|s| s.idle_memory, "MiB");
    line("first validation of a token", &|s| s.first_validation.as_secs_f64() * 1e3, "ms");
    let binary = std::fs::metadata(env!("CARGO_BIN_EXE_scimward")).expect("the binary").len();
    println!("\nBinary: {:.1} MiB", binary as f64 / 1024.0 / 1024.0);
}

/// Targets beside the first one.
pub(crate) fn table(title: &str, rows: &[Row]) {
    println!("\n### {title}\n");
    println!(
        "| | requests/s | ratio | p50 ms | p99 ms | server CPU µs | ratio | database CPU µs |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    let first = rows.first().expect("a target");
    for row in rows {
        println!(
            "| {} | {:.0} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} |",
            row.name,
            row.median(|sample| sample.rate),
            row.ratio(first, |sample| sample.rate),
            row.median(|sample| sample.p50),
            row.median(|sample| sample.p99),
            row.median(|sample| sample.cpu),
            row.ratio(first, |sample| sample.cpu),
            row.median(|sample| sample.database_cpu),
        );
    }
}

/// A page over an empty and over a full database, in milliseconds.
pub(crate) fn pages(page: &str, sqlite: [f64; 2], postgres: [f64; 2]) {
    println!("\n### GET {page}, median ms\n");
    println!("| | SQLite | PostgreSQL |\n| --- | --- | --- |");
    println!("| empty database | {:.2} | {:.2} |", sqlite[0], postgres[0]);
    println!("| 1,000,000 entries, 10,000 past tokens | {:.2} | {:.2} |", sqlite[1], postgres[1]);
    println!("| ratio | {:.2} | {:.2} |", sqlite[1] / sqlite[0], postgres[1] / postgres[0]);
}

/// What a flood of forged tokens does to a client with the real one.
pub(crate) fn flood(calm: f64, flooded: f64, server: &Server) {
    println!("\n### 64 connections try forged secrets for the live token\n");
    println!("| | |\n| --- | --- |");
    println!("| p99 of a client with the real token, alone | {calm:.2} ms |");
    println!("| the same during the flood | {flooded:.2} ms ({:.1} times) |", flooded / calm);
    println!("| most memory so far | {:.1} MiB |", server.memory("VmHWM"));
    println!("| memory afterwards | {:.1} MiB |", server.memory("VmRSS"));
}
