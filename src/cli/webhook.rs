//! `scimward webhook`: whether webhooks work.

use std::process::ExitCode;

use clap::Subcommand;

use super::error::CommandError;
use super::open::open;
use super::output::{note, say_done};
use crate::config::Flags;
use crate::domain::admin::actor::Author;
use crate::service::mails::{Called, WebhookError};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Send a test to the webhooks and print their answers
    Test {
        /// Those on this host alone, as the Notifications page shows it
        host: Option<String>,
    },
}

/// Runs one of the commands.
pub(super) async fn run(command: Command, flags: &Flags) -> Result<ExitCode, CommandError> {
    let Command::Test { host: wanted } = command;
    let app = open(flags).await?;
    let mails = &app.services.mails;
    let is_wanted = |host: &str| {
        wanted.as_deref().is_none_or(|wanted| {
            host.eq_ignore_ascii_case(wanted)
                || host.rsplit_once(':').is_some_and(|(name, _)| name.eq_ignore_ascii_case(wanted))
        })
    };
    let wanted_ids = mails.webhooks().filter(|(_, host)| is_wanted(host));
    let ids: Vec<_> = wanted_ids.map(|(id, _)| id.clone()).collect();
    if ids.is_empty() {
        return Err(CommandError::usage(match &wanted {
            Some(host) => format!("no webhook in SCIMWARD_WEBHOOKS is on the host {host:?}"),
            None => "there is no webhook: set SCIMWARD_WEBHOOKS".to_owned(),
        }));
    }
    let mut is_well = true;
    for id in ids {
        let called = mails.test_webhook(&id, Author::CommandLine).await;
        let Called { host, answer, is_delivered } = called.map_err(failed)?;
        if is_delivered {
            say_done(&format!("Test sent to {host}. It answered: {answer}"))?;
        } else if answer.starts_with(&host) {
            // What kept it from answering names it already.
            note(&format!("scimward: the test was not delivered: {answer}"));
        } else {
            note(&format!("scimward: the test was not delivered to {host}: {answer}"));
        }
        is_well &= is_delivered;
    }
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn failed(error: WebhookError) -> CommandError {
    match error {
        WebhookError::Failed(failure) => failure.into(),
        other => other.to_string().into(),
    }
}
