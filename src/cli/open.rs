//! What a command needs before it can work: configuration, log and database.

use tracing::Level;

use super::error::CommandError;
use crate::config::{self, Flags, Settings};
use crate::server::app::{App, Platform};
use crate::telemetry;

/// Opens the application for a command. A command says itself what it did, so only a log level
/// below `info` shows more.
pub(super) async fn open(flags: &Flags) -> Result<App, CommandError> {
    let mut settings = config::load(flags)?;
    if settings.log.level <= Level::INFO {
        settings.log.level = Level::ERROR;
    }
    build(settings, Platform::command()).await
}

/// Opens the application for the server.
pub(super) async fn open_server(flags: &Flags) -> Result<App, CommandError> {
    build(config::load(flags)?, Platform::server()).await
}

async fn build(settings: Settings, platform: Platform) -> Result<App, CommandError> {
    telemetry::start(&settings.log)?;
    Ok(App::build(settings, platform).await?)
}
