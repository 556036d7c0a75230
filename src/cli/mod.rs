//! The command line: the only layer that prints.

mod admin;
mod backup;
mod config;
mod demo;
mod duration;
mod error;
mod healthcheck;
mod key;
mod mail;
mod manual;
mod notify;
mod open;
mod output;
mod secret_input;
mod serve;
mod stdout;
mod token;
mod webhook;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use self::error::CommandError;
use crate::config::Flags;

/// Manages the bearer token with which an identity provider syncs users and groups over SCIM.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
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
    /// Ask the running server whether it is well: exit code 0 or 1
    Healthcheck(healthcheck::Arguments),
    /// Generate, describe, verify or revoke the SCIM token
    #[command(subcommand)]
    Token(token::Command),
    /// Make, list and revoke API keys
    #[command(subcommand)]
    Key(key::Command),
    /// Add and list Server Admins, keep them out, set passwords
    #[command(subcommand)]
    Admin(admin::Command),
    /// Send the mails that are due now, or list them
    Notify(notify::Command),
    /// Find out whether mails arrive
    #[command(subcommand)]
    Mail(mail::Command),
    /// Find out whether webhooks work
    #[command(subcommand)]
    Webhook(webhook::Command),
    /// Copy the embedded database to a new file while it is in use
    Backup(backup::Arguments),
    /// Put a backup in the place of the embedded database, and end all sessions
    Restore(backup::Arguments),
    /// Look at the configuration
    #[command(subcommand)]
    Config(config::Command),
    /// Write manual pages, shell completions and a configuration file with all defaults
    Manual(manual::Arguments),
    /// Look around in a server with made-up data, which is thrown away at the end
    Demo,
}

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    match actix_web::rt::System::new().block_on(dispatch(cli)) {
        Ok(code) => code,
        Err(error) => {
            for line in error.text.lines() {
                output::note(&format!("scimward: {line}"));
            }
            ExitCode::from(error.exit_code)
        }
    }
}

async fn dispatch(cli: Cli) -> Result<ExitCode, CommandError> {
    let flags = &cli.flags;
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => Box::pin(serve::run(flags)).await,
        Command::Healthcheck(arguments) => healthcheck::run(&arguments, flags),
        Command::Token(command) => Box::pin(token::run(command, flags)).await,
        Command::Key(command) => Box::pin(key::run(command, flags)).await,
        Command::Admin(command) => Box::pin(admin::run(command, flags)).await,
        Command::Notify(command) => Box::pin(notify::run(command, flags)).await,
        Command::Mail(command) => Box::pin(mail::run(command, flags)).await,
        Command::Webhook(command) => Box::pin(webhook::run(command, flags)).await,
        Command::Backup(arguments) => backup::back_up(&arguments, flags),
        Command::Restore(arguments) => backup::restore(&arguments, flags),
        Command::Config(command) => config::run(&command, flags),
        Command::Manual(arguments) => manual::run(&arguments, &Cli::command()),
        Command::Demo => Box::pin(demo::run(flags)).await,
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
