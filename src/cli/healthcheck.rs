//! `scimward healthcheck`: whether the server of this configuration runs, for containers.

use std::process::ExitCode;

use clap::Args;

use super::error::CommandError;
use crate::config::{self, Flags};
use crate::web::healthcheck;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Ask whether it reaches its database too
    #[arg(long)]
    ready: bool,
}

/// Succeeds if the server says that it is well. Every failure is exit code 1: Docker knows no other.
pub(super) fn run(arguments: &Arguments, flags: &Flags) -> Result<ExitCode, CommandError> {
    let settings = config::load(flags).map_err(|error| error.to_string())?;
    let path = if arguments.ready { "/readyz" } else { "/healthz" };
    let (listen, is_tls) = (settings.listen, settings.tls.is_some());
    match healthcheck::status(listen, is_tls, path) {
        Ok(200) => Ok(ExitCode::SUCCESS),
        Ok(status) => Err(format!("{path} on {listen} answers with {status}").into()),
        Err(error) => Err(format!("{path} on {listen} does not answer: {error}").into()),
    }
}
