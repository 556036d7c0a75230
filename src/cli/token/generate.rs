//! `scimward token generate`.

use std::fmt;
use std::process::ExitCode;
use std::str::FromStr;

use clap::Args;
use serde_json::json;

use crate::cli::error::CommandError;
use crate::cli::open::open;
use crate::cli::output::{OutputFormat, note};
use crate::cli::stdout;
use crate::config::Flags;
use crate::domain::admin::actor::Author;
use crate::domain::calendar::rfc3339;
use crate::domain::token::lifespan::Lifespan;
use crate::domain::token::secret::TokenId;
use crate::service::tokens::{CurrentToken, Generate, GenerateError, Generated};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Lifespan in calendar months
    #[arg(long, value_name = "1..6", default_value_t = Months(Lifespan::DEFAULT))]
    months: Months,
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
    let wanted =
        Generate { lifespan, current: CurrentToken::Revoke, by: Author::CommandLine, form: None };
    let generated =
        services.tokens.generate(wanted).await.map_err(|error| not_generated(&error))?;
    let (id, expires_at) = (&generated.token.id, rfc3339(generated.token.expires_at));
    let replaced = generated.replaced.as_ref().map(TokenId::as_str);
    let token = generated.plain.expose();
    let json = || {
        json!({
            "token": token,
            "token_id": id.as_str(),
            "expires_at": expires_at,
            "replaced": replaced,
        })
    };
    let printed = arguments.format.print(json, || token.to_owned());
    printed.map_err(|error| lost(&error, &generated))?;
    note(&format!("Token {id} expires at {expires_at}, in {lifespan}."));
    if let Some(replaced) = replaced {
        note(&format!(
            "Token {replaced} was revoked: SCIM sync stops until the new one is entered."
        ));
    }
    note("Enter it in the identity provider now. It is not stored and cannot be shown again.");
    Ok(ExitCode::SUCCESS)
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
        GenerateError::Failed(failure) if !failure.nothing_changed() => {
            "the token may have been replaced all the same; see `scimward token show`"
        }
        _ => "nothing was changed",
    };
    format!("no token was generated: {error}; {state}").into()
}
