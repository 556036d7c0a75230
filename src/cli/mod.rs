//! The command line: the only layer that prints.

mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::app::{App, Outside};
use crate::config::{self, Flags, LogFormat};
use crate::telemetry;

/// Manages the bearer token with which an identity provider syncs users and groups over SCIM.
#[derive(Debug, Parser)]
#[command(version, about, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server (the default)
    Serve,
}

/// Something went wrong: what to print on standard error, and the exit code.
#[derive(Debug)]
struct Complaint {
    text: String,
    code: u8,
}

impl From<String> for Complaint {
    fn from(text: String) -> Self {
        Self { text, code: 1 }
    }
}

impl From<config::ConfigError> for Complaint {
    fn from(error: config::ConfigError) -> Self {
        Self { text: error.to_string(), code: 2 }
    }
}

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    match actix_web::rt::System::new().block_on(dispatch(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(complaint) => {
            complain(&complaint.text);
            ExitCode::from(complaint.code)
        }
    }
}

async fn dispatch(cli: Cli) -> Result<(), Complaint> {
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => Box::pin(serve::run(start(&cli.flags).await?)).await,
    }
}

/// Reads the configuration, starts the log and opens the database.
async fn start(flags: &Flags) -> Result<App, Complaint> {
    let settings = config::load(flags)?;
    telemetry::start(&settings.log, settings.log_format == LogFormat::Json)?;
    Ok(App::build(settings, Outside::real()).await?)
}

#[expect(clippy::print_stderr, reason = "this is the command line")]
fn complain(text: &str) {
    for line in text.lines() {
        eprintln!("scimward: {line}");
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_commands_are_consistent() {
        super::Cli::command().debug_assert();
    }
}
