//! The command line: the only layer that prints.

mod admin;
mod config;
mod demo;
mod mail;
mod notify;
mod output;
mod secret_input;
mod serve;
mod token;
mod token_text;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing::Level;

use crate::config::{self as configuration, ConfigError, Flags, Settings};
use crate::server::app::{App, Platform};
use crate::service::Failure;
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
    /// Generate, describe, verify or revoke the SCIM token
    #[command(subcommand)]
    Token(token::Command),
    /// Add and list Server Admins, keep them out, set passwords
    #[command(subcommand)]
    Admin(admin::Command),
    /// Send the mails that are due now, or list them
    Notify(notify::Command),
    /// Find out whether mails arrive
    #[command(subcommand)]
    Mail(mail::Command),
    /// Look at the configuration
    #[command(subcommand)]
    Config(config::Command),
    /// Look around in a server with made-up data, which is thrown away at the end
    Demo,
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

impl From<ConfigError> for Complaint {
    fn from(error: ConfigError) -> Self {
        Self { text: error.to_string(), code: 2 }
    }
}

impl From<Failure> for Complaint {
    fn from(failure: Failure) -> Self {
        failure.to_string().into()
    }
}

/// Opens the application once a command needs it.
struct Start<'a> {
    flags: &'a Flags,
}

impl Start<'_> {
    /// Reads the configuration, starts the log and opens the database, for a command. A command
    /// says itself what it did, so only a log level below `info` shows more.
    async fn open(self) -> Result<App, Complaint> {
        let mut settings = configuration::load(self.flags)?;
        if settings.log.level <= Level::INFO {
            settings.log.level = Level::ERROR;
        }
        build(settings, Platform::command()).await
    }

    /// The same for the server.
    async fn open_server(self) -> Result<App, Complaint> {
        build(configuration::load(self.flags)?, Platform::server()).await
    }
}

async fn build(settings: Settings, platform: Platform) -> Result<App, Complaint> {
    telemetry::start(&settings.log)?;
    Ok(App::build(settings, platform).await?)
}

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    match actix_web::rt::System::new().block_on(dispatch(cli)) {
        Ok(code) => code,
        Err(complaint) => {
            for line in complaint.text.lines() {
                output::note(&format!("scimward: {line}"));
            }
            ExitCode::from(complaint.code)
        }
    }
}

async fn dispatch(cli: Cli) -> Result<ExitCode, Complaint> {
    let start = Start { flags: &cli.flags };
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => Box::pin(serve::run(start.open_server().await?)).await,
        Command::Token(command) => Box::pin(token::run(command, start)).await,
        Command::Admin(command) => Box::pin(admin::run(command, start)).await,
        Command::Notify(command) => Box::pin(notify::run(command, start)).await,
        Command::Mail(command) => Box::pin(mail::run(command, start)).await,
        Command::Config(command) => config::run(&command, &cli.flags),
        Command::Demo => Box::pin(demo::run(&cli.flags)).await,
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
