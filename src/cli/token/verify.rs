//! `scimward token verify`.

use std::net::Ipv4Addr;
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::{text, traces};
use crate::cli::error::CommandError;
use crate::cli::open::open;
use crate::cli::output::OutputFormat;
use crate::cli::secret_input;
use crate::config::Flags;
use crate::domain::token::Token;
use crate::domain::token::refusal::Refusal;
use crate::domain::token::secret::PresentedToken;
use crate::service::report;
use crate::service::validation::Decision;

pub(super) async fn run(format: &OutputFormat, flags: &Flags) -> Result<ExitCode, CommandError> {
    // Read before the database is opened: a mistyped token needs none.
    let entered = secret_input::token()?;
    let entered = entered.expose_secret().trim();
    let presented = match PresentedToken::parse(entered) {
        Ok(presented) => presented,
        Err(error) => {
            let text = traces::of(entered)
                .map_or_else(|| format!("not a SCIM token: {error}"), str::to_owned);
            return answer(format, "malformed", None, &text);
        }
    };
    let services = open(flags).await?.services;
    let validator = services.validation.validator().patient();
    let decision = validator.validate(&presented, Ipv4Addr::LOCALHOST.into()).await?;
    let now = services.now();
    let id = match decision {
        Decision::Valid(valid) => valid.id,
        Decision::Refused {
            reason: Refusal::Expired | Refusal::Replaced | Refusal::Revoked,
            known: Some(id),
        } => id,
        Decision::Refused { .. } => {
            return answer(format, "unknown", None, "no such token was generated here");
        }
    };
    let token = services.tokens.by_id(id).await?.ok_or_else(text::no_token)?;
    let history = services.tokens.history().await?;
    if let (Some(old), Some(newer)) = (history.old(now), &history.newest)
        && old.id == token.id
    {
        let latest = old.latest_end().unwrap_or(old.expires_at);
        let json = || json!({ "valid": true, "status": "valid", "token": report::token(old, now) });
        format.print(json, || text::verdict_on_old(latest, &newer.id))?;
        return Ok(ExitCode::SUCCESS);
    }
    answer(format, report::status(&token, now), Some((&token, now)), &text::verdict(&token, now))
}

/// Prints what a presented token is; succeeds only if it is valid.
fn answer(
    format: &OutputFormat,
    status: &str,
    token: Option<(&Token, DateTime<Utc>)>,
    text: &str,
) -> Result<ExitCode, CommandError> {
    let valid = status == "active";
    let status = if valid { "valid" } else { status };
    let token = || token.map_or(Value::Null, |(token, now)| report::token(token, now));
    let json = || json!({ "valid": valid, "status": status, "token": token() });
    format.print(json, || format!("{status}: {text}"))?;
    Ok(if valid { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
