//! The log: sentences with dotted fields on standard error, as text or JSON.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging at `level`, which is a level or a list of `target=level`.
///
/// # Errors
/// A sentence, if the level cannot be read.
pub fn start(level: &str, json: bool) -> Result<(), String> {
    let filter = EnvFilter::try_new(level)
        .map_err(|error| format!("SCIMWARD_LOG: {level:?} is not a log level: {error}"))?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let started = if json { log.json().try_init() } else { log.compact().try_init() };
    started.map_err(|error| error.to_string())
}
