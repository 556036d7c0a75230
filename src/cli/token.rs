//! `scimward token`: generating, describing, verifying and revoking the SCIM token.

use std::net::Ipv4Addr;
use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::output::{note, say, say_json};
use super::token_text::{self, status};
use super::{Complaint, Start, secret_input};
use crate::domain::admin::actor::Actor;
use crate::domain::calendar::rfc3339;
use crate::domain::network::source::Source;
use crate::domain::token::Token;
use crate::domain::token::lifespan::Lifespan;
use crate::domain::token::refusal::Refusal;
use crate::domain::token::secret::{PresentedToken, TokenId};
use crate::service::Services;
use crate::service::tokens::{Generate, GenerateError, RevokeError};
use crate::service::validation::Decision;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Generate a token and revoke the current one at once; prints the new token
    Generate {
        /// Lifespan in calendar months
        #[arg(long, value_name = "1..6", default_value_t = Months(Lifespan::DEFAULT))]
        months: Months,
        #[command(flatten)]
        format: Format,
    },
    /// Print when the current token expires, in UTC
    Expiry(Format),
    /// Describe the current token; its value is not stored and cannot be shown
    Show(Format),
    /// Read a token from standard input and say whether it is valid
    Verify(Format),
    /// Revoke the current token without a replacement
    Revoke(Format),
}

/// How results are printed.
#[derive(Debug, Args)]
pub(super) struct Format {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A lifespan as an argument: written as a bare number.
#[derive(Debug, Clone)]
pub(super) struct Months(Lifespan);

impl std::str::FromStr for Months {
    type Err = <Lifespan as std::str::FromStr>::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl std::fmt::Display for Months {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.months())
    }
}

/// Runs one of the commands.
pub(super) async fn run(command: Command, start: Start<'_>) -> Result<ExitCode, Complaint> {
    match command {
        Command::Generate { months, format } => {
            generate(&start.open().await?.services, months.0, &format).await
        }
        Command::Expiry(format) => expiry(&start.open().await?.services, &format).await,
        Command::Show(format) => show(&start.open().await?.services, &format).await,
        Command::Verify(format) => {
            // Read before the database is opened: a mistyped token needs none.
            let presented = secret_input::token()?;
            let presented = PresentedToken::parse(secrecy::ExposeSecret::expose_secret(&presented));
            match presented {
                Ok(presented) => verify(&start.open().await?.services, &presented, &format).await,
                Err(error) => answer(&format, "malformed", None, &error.to_string()),
            }
        }
        Command::Revoke(format) => revoke(&start.open().await?.services, &format).await,
    }
}

async fn generate(
    services: &Services,
    lifespan: Lifespan,
    format: &Format,
) -> Result<ExitCode, Complaint> {
    let (by, from) = (Actor::CommandLine, Source::command_line());
    let wanted = Generate { lifespan, by, from, form: None };
    let generated =
        services.tokens.generate(wanted).await.map_err(|error| not_generated(&error))?;
    let (id, expires_at) = (&generated.token.id, rfc3339(generated.token.expires_at));
    let replaced = generated.replaced.as_ref().map(TokenId::as_str);
    if format.json {
        say_json(&json!({
            "token": generated.plain.expose(),
            "token_id": id.as_str(),
            "expires_at": expires_at,
            "replaced": replaced,
        }))?;
    } else {
        say(generated.plain.expose())?;
    }
    note(&format!("Token {id} expires at {expires_at}, in {lifespan}."));
    if let Some(replaced) = replaced {
        note(&format!(
            "Token {replaced} was revoked: SCIM sync stops until the new one is entered."
        ));
    }
    note("Enter it in the identity provider now. It is not stored and cannot be shown again.");
    Ok(ExitCode::SUCCESS)
}

fn not_generated(error: &GenerateError) -> Complaint {
    let certain = match error {
        GenerateError::Failed(failure) => failure.nothing_changed(),
        _ => true,
    };
    let state = if certain {
        "nothing was changed"
    } else {
        "the token may have been replaced all the same; see `scimward token show`"
    };
    format!("no token was generated: {error}; {state}").into()
}

async fn expiry(services: &Services, format: &Format) -> Result<ExitCode, Complaint> {
    let history = services.tokens.history().await?;
    let token = history.unrevoked().ok_or_else(no_token)?;
    if format.json {
        let expired = services.now() >= token.expires_at;
        let id = token.id.as_str();
        say_json(&json!({
            "token_id": id, "expires_at": rfc3339(token.expires_at), "expired": expired,
        }))?;
    } else {
        say(&rfc3339(token.expires_at))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn show(services: &Services, format: &Format) -> Result<ExitCode, Complaint> {
    let history = services.tokens.history().await?;
    let now = services.now();
    if format.json {
        let none = || json!({ "status": "none" });
        say_json(&history.newest.as_ref().map_or_else(none, |t| token_text::json(t, now)))?;
    } else {
        match &history.newest {
            Some(token) => say(&token_text::description(token, now))?,
            None => say("There is no SCIM token. Generate one with `scimward token generate`.")?,
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn verify(
    services: &Services,
    presented: &PresentedToken,
    format: &Format,
) -> Result<ExitCode, Complaint> {
    let verdict =
        services.validation.validator().validate(presented, Ipv4Addr::LOCALHOST.into()).await?;
    let now = services.now();
    let id = match verdict {
        Decision::Valid(valid) => valid.id,
        Decision::Refused { reason: Refusal::Expired | Refusal::Revoked, known: Some(id) } => id,
        Decision::Refused { .. } => {
            return answer(format, "unknown", None, "no such token was generated here");
        }
    };
    let token = services.tokens.by_id(id).await?.ok_or_else(no_token)?;
    let text = token_text::verdict(&token, now);
    answer(format, status(&token, now), Some((&token, now)), &text)
}

/// Prints what a presented token is; succeeds only if it is valid.
fn answer(
    format: &Format,
    status: &str,
    token: Option<(&Token, DateTime<Utc>)>,
    text: &str,
) -> Result<ExitCode, Complaint> {
    let valid = status == "active";
    let word = if valid { "valid" } else { status };
    if format.json {
        let token = token.map_or(Value::Null, |(token, now)| token_text::json(token, now));
        say_json(&json!({ "valid": valid, "status": word, "token": token }))?;
    } else {
        say(&format!("{word}: {text}"))?;
    }
    Ok(if valid { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn revoke(services: &Services, format: &Format) -> Result<ExitCode, Complaint> {
    let revoked = services.tokens.revoke(Actor::CommandLine, Source::command_line(), None).await;
    let id = revoked.map_err(|error| not_revoked(&error))?;
    if format.json {
        say_json(&json!({ "revoked": id.as_str() }))?;
    } else {
        say(&format!("Token {id} was revoked. SCIM sync stops until a new token is generated."))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn not_revoked(error: &RevokeError) -> Complaint {
    match error {
        RevokeError::NoToken => no_token(),
        RevokeError::Failed(failure) if !failure.nothing_changed() => format!(
            "it is not certain whether the token was revoked: {failure}; see `scimward token show`"
        )
        .into(),
        other => format!("the token was not revoked: {other}").into(),
    }
}

fn no_token() -> Complaint {
    "there is no SCIM token; generate one with `scimward token generate`".to_owned().into()
}
