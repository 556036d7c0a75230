//! `scimward token expiry`.

use std::process::ExitCode;

use serde_json::json;

use super::text;
use crate::cli::error::CommandError;
use crate::cli::open::open;
use crate::cli::output::OutputFormat;
use crate::config::Flags;
use crate::domain::calendar::rfc3339;

pub(super) async fn run(format: &OutputFormat, flags: &Flags) -> Result<ExitCode, CommandError> {
    let services = open(flags).await?.services;
    let history = services.tokens.history().await?;
    let token = history.unrevoked().ok_or_else(text::no_token)?;
    let expires_at = rfc3339(token.expires_at);
    let json = || {
        json!({
            "token_id": token.id.as_str(),
            "expires_at": expires_at,
            "expired": services.now() >= token.expires_at,
        })
    };
    format.print(json, || expires_at.clone())?;
    Ok(ExitCode::SUCCESS)
}
