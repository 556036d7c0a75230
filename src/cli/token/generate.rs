//! `scimward token generate`.

use std::fmt;
use std::process::ExitCode;
use std::str::FromStr;

use clap::Args;
use serde_json::{Value, json};

use crate::cli::error::CommandError;
use crate::cli::open::open;
use crate::cli::output::{OutputFormat, note};
use crate::cli::stdout;
use crate::config::Flags;
use crate::domain::admin::actor::Author;
use crate::domain::calendar::rfc3339;
use crate::domain::token::Token;
use crate::domain::token::lifespan::Lifespan;
use crate::domain::token::secret::TokenId;
use crate::service::tokens::{CurrentToken, Generate, GenerateError, Generated};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Lifespan in calendar months
    #[arg(long, value_name = "1..6", default_value_t = Months(Lifespan::DEFAULT))]
    months: Months,
    /// Keep the current token until the new one is in use, at most 24 hours
    #[arg(long)]
    keep_current: bool,
    #[command(flatten)]
    format: OutputFormat,
}

/// A lifespan as an argument: a bare number.
#[derive(Debug, Clone)]
struct Months(Lifespan);

impl FromStr for Months {
    type Err = <Lifespan as FromStr>::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl fmt::Display for Months {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.months())
    }
}

pub(super) async fn run(arguments: &Arguments, flags: &Flags) -> Result<ExitCode, CommandError> {
    if let Some(obstacle) = stdout::obstacle() {
        return Err(format!(
            "no token was generated: standard output {obstacle}, so the token would be lost; \
             nothing was changed"
        )
        .into());
    }
    let services = open(flags).await?.services;
    let lifespan = arguments.months.0;
    let current = if arguments.keep_current { CurrentToken::Keep } else { CurrentToken::Revoke };
    let wanted = Generate { lifespan, current, by: Author::CommandLine, form: None };
    let generated =
        services.tokens.generate(wanted).await.map_err(|error| not_generated(&error))?;
    let token = generated.plain.expose();
    let printed = arguments.format.print(|| json(&generated), || token.to_owned());
    printed.map_err(|error| lost(&error, &generated))?;
    for line in notes(&generated) {
        note(&line);
    }
    Ok(ExitCode::SUCCESS)
}

fn json(generated: &Generated) -> Value {
    let old = generated.old.as_ref();
    json!({
        "token": generated.plain.expose(),
        "token_id": generated.token.id.as_str(),
        "expires_at": rfc3339(generated.token.expires_at),
        "replaced": generated.replaced.as_ref().map(TokenId::as_str),
        "kept": old.map(|old| old.id.as_str()),
        "kept_until": old.and_then(Token::latest_end).map(rfc3339),
        "old_revoked": generated.ended.as_ref().map(TokenId::as_str),
    })
}

/// What people read beside the token.
fn notes(generated: &Generated) -> Vec<String> {
    let Generated { token, replaced, old, ended, .. } = generated;
    let mut notes =
        vec![format!("Generated token {}. It expires on {}.", token.id, rfc3339(token.expires_at))];
    match (replaced, old) {
        (Some(replaced), Some(_)) => {
            notes.push(format!("Token {replaced} was revoked: it had not been used."));
        }
        (Some(replaced), None) => notes.push(format!(
            "Token {replaced} was revoked: SCIM sync stops until the new one is entered."
        )),
        (None, _) => {}
    }
    notes.extend(ended.as_ref().map(|ended| format!("The old token {ended} was revoked.")));
    if let Some(old) = old {
        let latest = rfc3339(old.latest_end().unwrap_or(old.expires_at));
        notes.push(format!(
            "Token {} stays valid until 60 minutes after its last request, once the new\n\
             one is in use, at the latest until {latest}.",
            old.id
        ));
    }
    let last = "Enter it in the identity provider now. It is not stored and cannot be shown again.";
    notes.push(last.to_owned());
    notes
}

/// The token was generated, and nobody has seen it.
fn lost(error: &CommandError, generated: &Generated) -> CommandError {
    let id = &generated.token.id;
    let before = generated.replaced.as_ref().map_or_else(String::new, |replaced| {
        format!("Token {replaced} is revoked, so SCIM sync has stopped.\n")
    });
    format!(
        "{}\n{before}The new token {id} is lost: it was generated, but is stored as a hash only and \
         cannot be shown again.\nGenerate another one, to an output that can be written: scimward \
         token generate",
        error.text
    )
    .into()
}

fn not_generated(error: &GenerateError) -> CommandError {
    let state = match error {
        GenerateError::NothingToKeep => {
            return "There is no live token that has been used: nothing to keep.".to_owned().into();
        }
        GenerateError::Failed(failure) if !failure.nothing_changed() => {
            "the token may have been replaced all the same; see `scimward token show`"
        }
        _ => "nothing was changed",
    };
    format!("no token was generated: {error}; {state}").into()
}
