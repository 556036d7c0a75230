//! `scimward admin`: Server Admins without a browser.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::backup;
use super::error::CommandError;
use super::open::open;
use super::output::{OutputFormat, say_done};
use super::secret_input;
use crate::config::Flags;
use crate::domain::admin::actor::Author;
use crate::domain::admin::person::{EmailAddress, PersonName};
use crate::domain::admin::{EmailTaken, ServerAdmin, UnknownAdmin};
use crate::domain::calendar::rfc3339;
use crate::service::Services;
use crate::service::admins::{ActivationError, AddError, NewAdmin, PasswordError};
use crate::service::passkeys::PasskeyError;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Add a Server Admin; asks for the password
    Add {
        /// E-mail address: for signing in and for notifications
        #[arg(long, value_name = "ADDRESS")]
        email: EmailAddress,
        /// Name that pages and mails show
        #[arg(long)]
        name: PersonName,
        #[command(flatten)]
        password: PasswordSource,
    },
    /// List all Server Admins
    List(OutputFormat),
    /// Keep a Server Admin out and end their sessions
    Deactivate {
        /// The e-mail address
        email: EmailAddress,
    },
    /// Let a deactivated Server Admin in again
    Reactivate {
        /// The e-mail address
        email: EmailAddress,
    },
    /// Set a new password; end the Server Admin's sessions and the invitations they made
    Password {
        /// The e-mail address
        email: EmailAddress,
        #[command(flatten)]
        password: PasswordSource,
    },
    /// Remove all passkeys and recovery codes of somebody who lost them, and end their sessions
    ResetPasskeys {
        /// The e-mail address
        email: EmailAddress,
    },
    /// End all sessions, invitations and set-up links, as after a restore
    EndSessions {
        /// Have the key of the cookies drawn anew when the servers start next
        #[arg(long)]
        replace_cookie_key: bool,
    },
}

/// Where a password comes from.
#[derive(Debug, Args)]
pub(super) struct PasswordSource {
    /// Read the password from the first line of standard input
    #[arg(long)]
    password_stdin: bool,
}

/// Runs one of the commands.
pub(super) async fn run(command: Command, flags: &Flags) -> Result<ExitCode, CommandError> {
    let services = open(flags).await?.services;
    match command {
        Command::Add { email, name, password } => add(&services, email, name, &password).await?,
        Command::List(format) => list(&services, &format).await?,
        Command::Deactivate { email } => set_active(&services, email, false).await?,
        Command::Reactivate { email } => set_active(&services, email, true).await?,
        Command::Password { email, password } => {
            set_password(&services, email, &password).await?;
        }
        Command::ResetPasskeys { email } => reset_passkeys(&services, email).await?,
        Command::EndSessions { replace_cookie_key } => {
            end_sessions(&services, replace_cookie_key).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn add(
    services: &Services,
    email: EmailAddress,
    name: PersonName,
    password: &PasswordSource,
) -> Result<(), CommandError> {
    if services.admins.by_email(email.clone()).await?.is_some() {
        return Err(refused(&email, EmailTaken));
    }
    let password = secret_input::new_password(password.password_stdin)?;
    let new = NewAdmin { name, email: email.clone(), password };
    let added = services.admins.add(new, Author::CommandLine).await;
    let admin = added.map_err(|error| match error {
        AddError::Failed(failure) => failure.into(),
        AddError::LinkNotUsable | AddError::EmailTaken(_) | AddError::WeakPassword(_) => {
            refused(&email, error)
        }
    })?;
    say_done(&format!("{} <{}> is a Server Admin now.", admin.name, admin.email))
}

async fn list(services: &Services, format: &OutputFormat) -> Result<(), CommandError> {
    let admins = services.admins.list().await?;
    format.print(|| admins.iter().map(describe).collect(), || lines(&admins))
}

fn describe(admin: &ServerAdmin) -> Value {
    json!({
        "email": admin.email.as_str(),
        "name": admin.name.as_str(),
        "active": admin.active,
        "created_at": rfc3339(admin.created_at),
        "last_login_at": admin.last_login_at.map(rfc3339),
    })
}

fn lines(admins: &[ServerAdmin]) -> String {
    if admins.is_empty() {
        return "There is no Server Admin yet. Add one with `scimward admin add`.".to_owned();
    }
    let width = admins.iter().map(|admin| admin.email.as_str().chars().count()).max();
    let lines = admins.iter().map(|admin| line(admin, width.unwrap_or_default()));
    lines.collect::<Vec<_>>().join("\n")
}

fn line(admin: &ServerAdmin, width: usize) -> String {
    let active = if admin.active { "active" } else { "deactivated" };
    let login = admin.last_login_at.map_or_else(|| "never".to_owned(), rfc3339);
    format!(
        "{:<width$}  {active:<11}  last login {login:<20}  {}",
        admin.email.as_str(),
        admin.name
    )
}

async fn set_active(
    services: &Services,
    email: EmailAddress,
    active: bool,
) -> Result<(), CommandError> {
    let admin = find(services, &email).await?;
    let changed = services.admins.set_active(admin.id, active, Author::CommandLine).await;
    changed.map_err(|error| match error {
        ActivationError::Failed(failure) => failure.into(),
        ActivationError::UnknownAdmin(_)
        | ActivationError::LastActive
        | ActivationError::HourlyLimit(_) => refused(&email, error),
    })?;
    let state = if active { "active" } else { "deactivated" };
    let already = if admin.active == active { "was already" } else { "is now" };
    say_done(&format!("{} <{email}> {already} {state}.", admin.name))
}

async fn set_password(
    services: &Services,
    email: EmailAddress,
    password: &PasswordSource,
) -> Result<(), CommandError> {
    let admin = find(services, &email).await?;
    let fresh = secret_input::new_password(password.password_stdin)?;
    let changed = services.admins.set_password(&admin, fresh, Author::CommandLine).await;
    changed.map_err(|error| match error {
        PasswordError::Failed(failure) => failure.into(),
        PasswordError::WrongPassword
        | PasswordError::Throttled { .. }
        | PasswordError::WeakPassword(_) => refused(&email, error),
    })?;
    say_done(&format!("The password of {} <{email}> was changed.", admin.name))
}

async fn reset_passkeys(services: &Services, email: EmailAddress) -> Result<(), CommandError> {
    let admin = find(services, &email).await?;
    let reset = services.passkeys.reset(&admin, Author::CommandLine).await;
    let removed = reset.map_err(|error| match error {
        PasskeyError::Failed(failure) => failure.into(),
        error => refused(&email, error),
    })?;
    let name = &admin.name;
    say_done(&match removed {
        0 => format!("{name} <{email}> had no passkey. Their sessions were ended."),
        1 => format!("The passkey of {name} <{email}> was removed. Their sessions were ended."),
        _ => format!(
            "The {removed} passkeys of {name} <{email}> were removed. Their sessions were ended."
        ),
    })
}

async fn end_sessions(services: &Services, replaces_key: bool) -> Result<(), CommandError> {
    let ended = services.sessions.end_all(replaces_key, Author::CommandLine).await?;
    let restart = if replaces_key {
        "\nThe key of the cookies was removed. Restart all servers now: the first one draws another."
    } else {
        ""
    };
    say_done(&(backup::ended(ended) + restart))
}

async fn find(services: &Services, email: &EmailAddress) -> Result<ServerAdmin, CommandError> {
    let found = services.admins.by_email(email.clone()).await?;
    found.ok_or_else(|| refused(email, UnknownAdmin))
}

fn refused(email: &EmailAddress, why: impl std::error::Error) -> CommandError {
    format!("{email}: {why}; nothing was changed").into()
}
