//! `scimward token generate`.

use std::fmt;
use std::process::ExitCode;
use std::str::FromStr;

use clap::Args;
use serde_json::{Value, json};

use super::text;
use crate::cli::duration::Duration;
use crate::cli::error::CommandError;
use crate::cli::open::open;
use crate::cli::output::{OutputFormat, note};
use crate::cli::stdout;
use crate::config::Flags;
use crate::domain::admin::actor::Author;
use crate::domain::admin::code::SecretCode;
use crate::domain::calendar::rfc3339;
use crate::domain::token::Token;
use crate::domain::token::lifespan::Lifespan;
use crate::domain::token::secret::TokenId;
use crate::service::Services;
use crate::service::tokens::{CurrentToken, Expected, Form, Generate, GenerateError, Generated};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Lifespan in calendar months
    #[arg(long, value_name = "1..6", default_value_t = Months(Lifespan::DEFAULT))]
    months: Months,
    /// Keep the current token until the new one is in use, at most 24 hours
    #[arg(long)]
    keep_current: bool,
    /// Generate only if the current token expires within so long, such as 15d or 36h, or if there is
    /// none; otherwise exit code 3
    #[arg(long, value_name = "DURATION")]
    if_expires_within: Option<Duration>,
    #[command(flatten)]
    format: OutputFormat,
}

/// There was nothing to do.
const NOTHING_TO_DO: u8 = 3;

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
    let form = match arguments.if_expires_within {
        None => None,
        Some(within) => match due(&services, within).await? {
            Due::Now(form) => Some(form),
            Due::Later(token) => return nothing_to_do(&arguments.format, &token),
        },
    };
    let wanted = Generate { lifespan, current, by: Author::CommandLine, form };
    let generated = match services.tokens.generate(wanted).await {
        // Only `due` has expected a token: another run was faster.
        Err(GenerateError::TokenChanged { history }) if history.unrevoked().is_some() => {
            let token = history.unrevoked().ok_or_else(text::no_token)?;
            return nothing_to_do(&arguments.format, token);
        }
        generated => generated.map_err(|error| not_generated(&error))?,
    };
    let token = generated.plain.expose();
    let printed = arguments.format.print(|| json(&generated), || token.to_owned());
    printed.map_err(|error| lost(&error, &generated))?;
    for line in notes(&generated) {
        note(&line);
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether a token is due.
enum Due {
    /// It is, unless another one takes the place of the current one meanwhile.
    Now(Form),
    /// This one lives for longer.
    Later(Box<Token>),
}

async fn due(services: &Services, within: Duration) -> Result<Due, CommandError> {
    let history = services.tokens.history().await?;
    let current = history.unrevoked();
    match current {
        Some(token) if token.expires_at - services.now() > within.0 => {
            Ok(Due::Later(Box::new(token.clone())))
        }
        current => Ok(Due::Now(Form {
            request: SecretCode::presented(&services.random_text()),
            replaces: Expected::Exactly(current.map(|token| token.id.clone())),
            knows_of_use: true,
        })),
    }
}

fn nothing_to_do(format: &OutputFormat, token: &Token) -> Result<ExitCode, CommandError> {
    let (id, expires_at) = (token.id.as_str(), rfc3339(token.expires_at));
    let json = || json!({ "generated": false, "token_id": id, "expires_at": expires_at });
    format.print(json, String::new)?;
    note(&format!("Nothing to do: token {id} expires on {expires_at}."));
    Ok(ExitCode::from(NOTHING_TO_DO))
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
