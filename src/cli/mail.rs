//! `scimward mail`: whether mails arrive.

use std::process::ExitCode;

use clap::Subcommand;

use super::error::CommandError;
use super::open::open;
use super::output::say_done;
use crate::config::Flags;
use crate::domain::admin::person::EmailAddress;
use crate::service::mails::Delivery;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Send a test mail and print the mail server's answer
    Test {
        /// Where to send it
        address: EmailAddress,
    },
}

/// Runs one of the commands.
pub(super) async fn run(command: Command, flags: &Flags) -> Result<ExitCode, CommandError> {
    let Command::Test { address } = command;
    let app = open(flags).await?;
    match app.services.mails.test_address(address.clone()).await? {
        Delivery::Accepted(answer) => {
            say_done(&format!("Test mail sent to {address}. The mail server answered: {answer}"))?;
            Ok(ExitCode::SUCCESS)
        }
        Delivery::WrittenToFile(sentence) => {
            say_done(&format!(
                "No mail server is configured, so nobody got the test mail. {sentence}"
            ))?;
            Ok(ExitCode::SUCCESS)
        }
        Delivery::Refused(answer) => {
            Err(format!("the test mail to {address} was not delivered: {answer}").into())
        }
    }
}
