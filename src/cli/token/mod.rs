//! `scimward token`: the SCIM token.

mod expiry;
mod generate;
mod revoke;
mod show;
mod text;
mod traces;
mod verify;
mod wait_used;

use std::process::ExitCode;

use clap::Subcommand;

use super::error::CommandError;
use super::output::OutputFormat;
use crate::config::Flags;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Generate a token and revoke the current one at once, or keep it for a while; prints the new token
    Generate(generate::Arguments),
    /// Print when the current token expires, in UTC
    Expiry(OutputFormat),
    /// Describe the current token; its value is not stored and cannot be shown
    Show(OutputFormat),
    /// Read a token from standard input and say whether it is valid
    Verify(OutputFormat),
    /// Wait until the current token is used by the identity provider: exit code 0 once it is, 1 if not
    WaitUsed(wait_used::Arguments),
    /// Revoke the current token without a replacement, or the old one that is kept beside it
    Revoke(revoke::Arguments),
}

/// Runs one of the commands.
pub(super) async fn run(command: Command, flags: &Flags) -> Result<ExitCode, CommandError> {
    match command {
        Command::Generate(arguments) => Box::pin(generate::run(&arguments, flags)).await,
        Command::Expiry(format) => expiry::run(&format, flags).await,
        Command::Show(format) => show::run(&format, flags).await,
        Command::Verify(format) => Box::pin(verify::run(&format, flags)).await,
        Command::WaitUsed(arguments) => wait_used::run(&arguments, flags).await,
        Command::Revoke(arguments) => revoke::run(&arguments, flags).await,
    }
}
