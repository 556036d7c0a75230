//! What a command needs before it can work: configuration, log and database.

use super::error::CommandError;
use crate::config::{self, Flags, Settings};
use crate::server::app::{App, Platform};
use crate::telemetry;

/// The settings of a command, whose log is on from now.
pub(super) fn settings(flags: &Flags) -> Result<Settings, CommandError> {
    let settings = config::load(flags)?;
    telemetry::start_for_command(&settings.log)?;
    name_ignored(&settings);
    Ok(settings)
}

fn name_ignored(settings: &Settings) {
    if !settings.ignored.is_empty() {
        let variables = settings.ignored.join(", ");
        tracing::debug!(variables, "these are no settings: Kubernetes sets them for a Service");
    }
}

/// Opens the application for a command.
pub(super) async fn open(flags: &Flags) -> Result<App, CommandError> {
    Ok(App::build(settings(flags)?, Platform::command()).await?)
}

/// Wires the application for the server, which waits for its database itself.
pub(super) fn open_server(flags: &Flags) -> Result<App, CommandError> {
    let settings = config::load(flags)?;
    telemetry::start(&settings.log)?;
    name_ignored(&settings);
    for warning in &settings.warnings {
        tracing::warn!("{warning}");
    }
    Ok(App::wire(settings, Platform::server())?)
}
