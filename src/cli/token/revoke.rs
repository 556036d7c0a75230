//! `scimward token revoke`.

use std::process::ExitCode;

use serde_json::json;

use super::text;
use crate::cli::error::CommandError;
use crate::cli::open::open;
use crate::cli::output::OutputFormat;
use crate::config::Flags;
use crate::domain::admin::actor::Author;
use crate::service::tokens::RevokeError;

pub(super) async fn run(format: &OutputFormat, flags: &Flags) -> Result<ExitCode, CommandError> {
    let services = open(flags).await?.services;
    let revoked = services.tokens.revoke(None, Author::CommandLine).await;
    let id = revoked.map_err(|error| not_revoked(&error))?.token;
    let text = format!("Token {id} was revoked. SCIM sync stops until a new token is generated.");
    let printed = format.print(|| json!({ "revoked": id.as_str() }), || text.clone());
    printed.map_err(|error| format!("{}; all the same: {text}", error.text))?;
    Ok(ExitCode::SUCCESS)
}

fn not_revoked(error: &RevokeError) -> CommandError {
    match error {
        RevokeError::NoToken => text::no_token(),
        RevokeError::Failed(failure) if !failure.nothing_changed() => format!(
            "it is not certain whether the token was revoked: {failure}; see `scimward token show`"
        )
        .into(),
        other => format!("the token was not revoked: {other}").into(),
    }
}
