//! `scimward token revoke`.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::text;
use crate::cli::error::CommandError;
use crate::cli::open::open;
use crate::cli::output::OutputFormat;
use crate::config::Flags;
use crate::domain::admin::actor::Author;
use crate::domain::token::secret::TokenId;
use crate::service::tokens::{RevokeError, Revoked, RevokedOld};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Revoke the old token alone, which is kept beside the new one
    #[arg(long)]
    old: bool,
    #[command(flatten)]
    format: OutputFormat,
}

pub(super) async fn run(arguments: &Arguments, flags: &Flags) -> Result<ExitCode, CommandError> {
    let tokens = open(flags).await?.services.tokens;
    let (text, json) = if arguments.old {
        let revoked = tokens.revoke_old(None, Author::CommandLine).await;
        let RevokedOld { old, new } = revoked.map_err(|error| not_revoked(&error))?;
        let stays = if new.was_used() {
            "stays valid."
        } else {
            "stays valid. It has not been used yet: SCIM sync stops until it is entered."
        };
        let text = format!("Revoked the old token {old}. The new token {} {stays}", new.id);
        (text, json!({ "revoked": old.as_str(), "token_id": new.id.as_str() }))
    } else {
        let revoked = tokens.revoke(None, Author::CommandLine).await;
        let Revoked { token, old } = revoked.map_err(|error| not_revoked(&error))?;
        let both = old.as_ref().map(|old| format!(", and so was the old token {old}"));
        let both = both.unwrap_or_default();
        let text = format!(
            "Token {token} was revoked{both}. SCIM sync stops until a new token is generated."
        );
        let old = old.as_ref().map(TokenId::as_str);
        (text, json!({ "revoked": token.as_str(), "old_revoked": old }))
    };
    let printed = arguments.format.print(|| json, || text.clone());
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
