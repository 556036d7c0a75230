//! The log: sentences with dotted fields on standard error, as text or JSON.
//!
//! The level is scimward's own. Libraries are heard from `warn` on only: at finer levels some of
//! them print what passes through them, secrets included.

use std::io::{self, IsTerminal};

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging at `level`.
///
/// # Errors
/// A sentence, if a log was started before.
pub fn start(level: Level, json: bool) -> Result<(), String> {
    let filter = Targets::new()
        .with_default(level.min(Level::WARN))
        .with_target(env!("CARGO_CRATE_NAME"), level);
    let lines = fmt::layer().with_writer(io::stderr);
    let lines = if json {
        lines.json().boxed()
    } else if io::stderr().is_terminal() {
        lines.compact().boxed()
    } else {
        lines.compact().with_ansi(false).boxed()
    };
    let log = tracing_subscriber::registry().with(lines.with_filter(filter));
    log.try_init().map_err(|error| error.to_string())
}
