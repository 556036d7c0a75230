//! The log: sentences with dotted fields on standard error, as text or JSON.
//!
//! The level is scimward's own. Libraries are heard from `warn` on only: at finer levels some of
//! them print what passes through them, secrets included.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

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
        // An error for every request that cannot be read would let anybody fill the disk: what is
        // wrong with an answer of a passkey is in our own line, which is counted.
        .with_target("actix_http", LevelFilter::OFF)
        .with_target("webauthn_rs", LevelFilter::OFF)
        .with_target("webauthn_rs_core", LevelFilter::OFF)
        .with_target(env!("CARGO_CRATE_NAME"), level)
        .with_target("scimward::audit", audit);
    let lines = fmt::layer().with_writer(|| OneLine);
    let lines = match format {
        LogFormat::Json => lines.json().boxed(),
        LogFormat::Text if io::stderr().is_terminal() => lines.compact().boxed(),
        LogFormat::Text => lines.compact().with_ansi(false).boxed(),
    };
    let log = tracing_subscriber::registry().with(lines.with_filter(filter));
    log.try_init().map_err(|error| error.to_string())
}

/// Standard error, on which every event is one line: a line break in a value would look like the
/// beginning of another event.
struct OneLine;

impl Write for OneLine {
    /// Writes a whole event: the log hands it over in one piece. When nobody reads the log any more,
    /// what it tells about goes on all the same; reporting the error would be a panic.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let _ = io::stderr().write_all(&in_one_line(event));
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn in_one_line(event: &[u8]) -> Cow<'_, [u8]> {
    let text = event.strip_suffix(b"\n").unwrap_or(event);
    if !text.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
        return Cow::Borrowed(event);
    }
    let escaped = text.iter().flat_map(|byte| match byte {
        b'\n' => b"\\n".as_slice(),
        b'\r' => b"\\r",
        other => std::slice::from_ref(other),
    });
    Cow::Owned(escaped.chain(b"\n").copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line() {
        for (event, line) in [
            ("ERROR a page failed\n", "ERROR a page failed\n"),
            ("ERROR a\r\nINFO b\nc\n", "ERROR a\\r\\nINFO b\\nc\n"),
            ("", ""),
        ] {
            assert_eq!(&*in_one_line(event.as_bytes()), line.as_bytes());
        }
    }
}
