//! `scimward key`: API keys.

use std::process::ExitCode;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::error::CommandError;
use super::open::open;
use super::output::{OutputFormat, note, say_done};
use super::stdout;
use crate::config::Flags;
use crate::domain::admin::actor::Author;
use crate::domain::calendar::rfc3339;
use crate::domain::keys::scope::Scope;
use crate::domain::keys::secret::KeyId;
use crate::domain::keys::validity::Validity;
use crate::domain::keys::{ApiKey, KeyName, KeyStatus};
use crate::domain::network::source::address_text;
use crate::service::Services;
use crate::service::keys::{CreateKeyError, CreatedKey, NewKey, RevokeKeyError};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make an API key; prints the key
    Add(AddArguments),
    /// List all API keys, those that ended in the last 30 days among them
    List(OutputFormat),
    /// Revoke an API key: it stops working at once
    Revoke {
        /// The id, as the list shows it
        #[arg(value_parser = parse_id)]
        id: KeyId,
    },
}

#[derive(Debug, Args)]
pub(super) struct AddArguments {
    /// Name that pages, mails and the log show
    #[arg(long)]
    name: KeyName,
    /// What the key may do: read the state of the token, or replace the token too
    #[arg(long, value_name = "read|replace")]
    scope: Scope,
    /// Calendar months in which the key is accepted: 1, 2, 3, 6, 9 or 12
    #[arg(long, value_name = "1..12", value_parser = Validity::from_str)]
    months: Validity,
    #[command(flatten)]
    format: OutputFormat,
}

fn parse_id(text: &str) -> Result<KeyId, &'static str> {
    KeyId::parse(text).map_err(|_malformed| "an id has 8 letters and digits, such as T7F2QX9a")
}

/// Runs one of the commands.
pub(super) async fn run(command: Command, flags: &Flags) -> Result<ExitCode, CommandError> {
    match command {
        Command::Add(arguments) => add(arguments, flags).await?,
        Command::List(format) => list(&open(flags).await?.services, &format).await?,
        Command::Revoke { id } => revoke(&open(flags).await?.services, id).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn add(arguments: AddArguments, flags: &Flags) -> Result<(), CommandError> {
    if let Some(obstacle) = stdout::obstacle() {
        return Err(format!(
            "no API key was made: standard output {obstacle}, so the key would be lost; nothing was \
             changed"
        )
        .into());
    }
    let services = open(flags).await?.services;
    let AddArguments { name, scope, months: validity, format } = arguments;
    let new = NewKey { name, scope, validity, request: None };
    let created = services.keys.create(new, Author::CommandLine).await;
    let created = created.map_err(|error| not_made(&error))?;
    let (key, plain) = (&created.key, created.plain.expose());
    let facts = || match describe(key, services.now()) {
        Value::Object(mut facts) => {
            facts.insert("key".to_owned(), Value::from(plain));
            Value::Object(facts)
        }
        other => other,
    };
    format.print(facts, || plain.to_owned()).map_err(|error| lost(&error, &created))?;
    let expires_at = rfc3339(key.expires_at);
    note(&format!("API key “{}” ({}) expires at {expires_at}, in {validity}.", key.name, key.id));
    note("Save it now. It is not stored and cannot be shown again.");
    Ok(())
}

fn not_made(error: &CreateKeyError) -> CommandError {
    let state = match error {
        CreateKeyError::Failed(failure) if !failure.nothing_changed() => {
            "it may have been made all the same; see `scimward key list`"
        }
        _ => "nothing was changed",
    };
    format!("no API key was made: {error}; {state}").into()
}

/// The key was made, and nobody has seen it.
fn lost(error: &CommandError, created: &CreatedKey) -> CommandError {
    let id = &created.key.id;
    format!(
        "{}\nThe API key {id} is lost: it was made, but is stored as a digest only and cannot be \
         shown again.\nRevoke it: scimward key revoke {id}",
        error.text
    )
    .into()
}

async fn list(services: &Services, format: &OutputFormat) -> Result<(), CommandError> {
    let (keys, now) = (services.keys.list().await?, services.now());
    format.print(|| keys.iter().map(|key| describe(key, now)).collect(), || lines(&keys, now))
}

fn describe(key: &ApiKey, now: DateTime<Utc>) -> Value {
    let last = key.last_use.as_ref();
    json!({
        "key_id": key.id.as_str(),
        "name": key.name.as_str(),
        "scope": key.scope.as_str(),
        "status": key.status(now).code(),
        "created_at": rfc3339(key.created_at),
        "created_by": key.created_by.name(),
        "expires_at": rfc3339(key.expires_at),
        "revoked_at": key.revocation.as_ref().map(|end| rfc3339(end.at)),
        "revoked_by": key.revocation.as_ref().map(|end| end.by.name()),
        "last_used_at": last.map(|last| rfc3339(last.at)),
        "last_used_from": last.map(|last| address_text(last.from)),
        "last_used_agent": last.and_then(|last| last.agent.as_deref()),
    })
}

fn lines(keys: &[ApiKey], now: DateTime<Utc>) -> String {
    if keys.is_empty() {
        return "There is no API key yet. Make one with `scimward key add`.".to_owned();
    }
    keys.iter().map(|key| line(key, now)).collect::<Vec<_>>().join("\n")
}

/// `T7F2QX9a  replace  active   expires 2027-02-25T09:41:00Z  last used never  Terraform`
fn line(key: &ApiKey, now: DateTime<Utc>) -> String {
    let (status, when) = match (key.status(now), &key.revocation) {
        (KeyStatus::Revoked, Some(end)) => ("revoked", rfc3339(end.at)),
        (KeyStatus::Expired, _) => ("expired", rfc3339(key.expires_at)),
        (KeyStatus::Stopped, _) => ("stopped", rfc3339(key.expires_at)),
        (KeyStatus::Active | KeyStatus::Revoked, _) => ("expires", rfc3339(key.expires_at)),
    };
    let last = key.last_use.as_ref().map_or_else(|| "never".to_owned(), |last| rfc3339(last.at));
    let (id, scope, by, name) = (&key.id, key.scope.as_str(), key.created_by.name(), &key.name);
    format!("{id}  {scope:<7}  {status} {when}  last used {last:<20}  by {by}  {name}")
}

async fn revoke(services: &Services, id: KeyId) -> Result<(), CommandError> {
    let revoked = services.keys.revoke(id.clone(), Author::CommandLine).await;
    let key = revoked.map_err(|error| match error {
        RevokeKeyError::Failed(failure) => CommandError::from(failure),
        RevokeKeyError::UnknownKey(_) | RevokeKeyError::HasEnded => {
            format!("{id}: {error}; nothing was changed").into()
        }
    })?;
    say_done(&format!("API key “{}” ({id}) was revoked.", key.name))
}
