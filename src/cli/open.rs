//! What a command needs before it can work: configuration, log and database.

use tracing::Level;

use super::error::CommandError;
use crate::config::{self, Flags, Settings};
use crate::server::app::{App, Platform};
use crate::telemetry;

/// The settings of a command, whose log is on from now. A command says itself what it did, so only a
/// log level below `info` shows more.
pub(super) fn settings(flags: &Flags) -> Result<Settings, CommandError> {
    let mut settings = config::load(flags)?;
    if settings.log.level <= Level::INFO {
        settings.log.level = Level::ERROR;
    }
    start_log(&settings)?;
    Ok(settings)
}

fn start_log(settings: &Settings) -> Result<(), String> {
    telemetry::start(&settings.log)?;
    if !settings.ignored.is_empty() {
        let variables = settings.ignored.join(", ");
        tracing::debug!(variables, "these are no settings: Kubernetes sets them for a Service");
    }
    Ok(())
}

/// Opens the application for a command.
pub(super) async fn open(flags: &Flags) -> Result<App, CommandError> {
    Ok(App::build(settings(flags)?, Platform::command()).await?)
}

/// Opens the application for the server.
pub(super) async fn open_server(flags: &Flags) -> Result<App, CommandError> {
    let settings = config::load(flags)?;
    start_log(&settings)?;
    for warning in &settings.warnings {
        tracing::warn!("{warning}");
    }
    Ok(App::build(settings, Platform::server()).await?)
}
