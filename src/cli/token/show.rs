//! `scimward token show`.

use std::process::ExitCode;

use serde_json::json;

use super::text;
use crate::cli::error::CommandError;
use crate::cli::open::open;
use crate::cli::output::OutputFormat;
use crate::config::Flags;

const NONE: &str = "There is no SCIM token. Generate one with `scimward token generate`.";

pub(super) async fn run(format: &OutputFormat, flags: &Flags) -> Result<ExitCode, CommandError> {
    let services = open(flags).await?.services;
    let history = services.tokens.history().await?;
    let now = services.now();
    match &history.newest {
        Some(token) => format.print(|| text::json(token, now), || text::description(token, now))?,
        None => format.print(|| json!({ "status": "none" }), || NONE.to_owned())?,
    }
    Ok(ExitCode::SUCCESS)
}
