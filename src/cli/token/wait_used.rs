//! `scimward token wait-used`.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::cli::duration::Duration;
use crate::cli::error::CommandError;
use crate::cli::open::open;
use crate::cli::output::OutputFormat;
use crate::config::Flags;
use crate::domain::calendar::rfc3339;
use crate::domain::token::secret::TokenId;
use crate::service::tokens::WaitError;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// How long to wait at most, such as 90m, 36h or 2d
    #[arg(long, value_name = "DURATION")]
    timeout: Duration,
    #[command(flatten)]
    format: OutputFormat,
}

pub(super) async fn run(arguments: &Arguments, flags: &Flags) -> Result<ExitCode, CommandError> {
    let services = open(flags).await?.services;
    let Arguments { timeout: Duration(timeout), format } = arguments;
    let token = match services.tokens.wait_until_used(*timeout).await {
        Ok(token) => token,
        Err(WaitError::Failed(failure)) => return Err(failure.into()),
        Err(error) => {
            let why = match &error {
                WaitError::Ended(_) => "ended",
                WaitError::TimedOut(_) => "timed_out",
                WaitError::NoToken | WaitError::Failed(_) => "no_token",
            };
            let id = match &error {
                WaitError::Ended(id) | WaitError::TimedOut(id) => Some(id.as_str()),
                WaitError::NoToken | WaitError::Failed(_) => None,
            };
            // People read the reason as an error.
            format
                .print(|| json!({ "used": false, "reason": why, "token_id": id }), String::new)?;
            return Err(error.to_string().into());
        }
    };
    let used_at = token.first_used_at.or_else(|| token.last_use.as_ref().map(|last| last.at));
    let (id, used_at) = (TokenId::as_str(&token.id), used_at.map(rfc3339));
    let json = || json!({ "used": true, "token_id": id, "first_used_at": used_at });
    let since = used_at.as_deref().unwrap_or_default();
    format.print(json, || format!("Token {id} is in use since {since}."))?;
    Ok(ExitCode::SUCCESS)
}
