//! The log: sentences with dotted fields on standard error, as text or JSON.
//!
//! The level is scimward's own. Libraries are heard from `warn` on only: at finer levels some of
//! them print what passes through them, secrets included.

use std::io::{self, IsTerminal};

use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// What is configured about the log.
#[derive(Debug, Clone)]
pub struct LogSettings {
    /// The finest level that is written.
    pub level: Level,
    /// How lines are written.
    pub format: LogFormat,
}

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object on each line.
    Json,
}

/// Starts the log of a server, once for a process.
pub fn start(settings: &LogSettings) -> Result<(), String> {
    start_with(settings.format, settings.level, settings.level)
}

/// Starts the log of a command. A command says itself what it did, so only a level below `info` shows
/// more. Its line in the security log is left out only where a person reads.
pub fn start_for_command(settings: &LogSettings) -> Result<(), String> {
    let level = if settings.level <= Level::INFO { Level::ERROR } else { settings.level };
    let audit = if io::stderr().is_terminal() { level } else { settings.level };
    start_with(settings.format, level, audit)
}

fn start_with(format: LogFormat, level: Level, audit: Level) -> Result<(), String> {
    let filter = Targets::new()
        .with_default(level.min(Level::WARN))
        // An error for every request that cannot be read would let anybody fill the disk.
        .with_target("actix_http", LevelFilter::OFF)
        .with_target(env!("CARGO_CRATE_NAME"), level)
        .with_target("scimward::audit", audit);
    let lines = fmt::layer().with_writer(io::stderr);
    let lines = match format {
        LogFormat::Json => lines.json().boxed(),
        LogFormat::Text if io::stderr().is_terminal() => lines.compact().boxed(),
        LogFormat::Text => lines.compact().with_ansi(false).boxed(),
    };
    let log = tracing_subscriber::registry().with(lines.with_filter(filter));
    log.try_init().map_err(|error| error.to_string())
}
