//! `scimward backup` and `scimward restore`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::error::CommandError;
use super::open;
use super::output::{note, say_done};
use crate::config::Flags;
use crate::domain::calendar::rfc3339;
use crate::domain::token::Token;
use crate::server::app::Platform;
use crate::service::backup::{self, Restored};
use crate::service::sessions::ending::EndedSessions;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The file of the backup
    file: PathBuf,
}

/// Copies the database.
pub(super) fn back_up(arguments: &Arguments, flags: &Flags) -> Result<ExitCode, CommandError> {
    let settings = open::settings(flags)?;
    backup::back_up(&settings.database, &arguments.file)
        .map_err(|error| format!("no backup was made: {error}"))?;
    say_done(&format!("The database was copied to {}.", arguments.file.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// Goes back to a copy.
pub(super) fn restore(arguments: &Arguments, flags: &Flags) -> Result<ExitCode, CommandError> {
    let settings = open::settings(flags)?;
    let clock = Platform::command().clock;
    let restored = backup::restore(&settings.database, &arguments.file, &clock)
        .map_err(|error| format!("nothing was changed: {error}"))?;
    say_done(&report(&arguments.file, &restored))?;
    note(REMEDIES);
    Ok(ExitCode::SUCCESS)
}

fn report(file: &Path, restored: &Restored) -> String {
    let kept = restored.kept.as_ref().map_or_else(
        || "There was no database before.".to_owned(),
        |kept| format!("The database that was there is kept as {}.", kept.display()),
    );
    format!(
        "The database is now that of {}. {kept}\n{}\n{}",
        file.display(),
        ended(restored.ended),
        token(restored.token.as_ref()),
    )
}

/// What was ended, in a sentence.
pub(super) fn ended(ended: EndedSessions) -> String {
    let EndedSessions { sessions, links } = ended;
    let sessions =
        if sessions == 1 { "1 session".to_owned() } else { format!("{sessions} sessions") };
    let links = if links == 1 { "1 link".to_owned() } else { format!("{links} links") };
    format!(
        "{sessions} and {links} (invitations, set-up) were ended: all Server Admins have to log in \
         again."
    )
}

fn token(token: Option<&Token>) -> String {
    match token {
        Some(token) => format!(
            "The token is now {}, generated at {}; it expires at {}.",
            token.id,
            rfc3339(token.generated_at),
            rfc3339(token.expires_at),
        ),
        None => "There is no token now.".to_owned(),
    }
}

const REMEDIES: &str = "
Everything is as old as the backup:
- If a token was generated after it, that one is not known any more, and the one before is accepted
  again. Then generate a new one: scimward token generate
- Who was deactivated after it is active again, and passwords are those of that time.
  Look at: scimward admin list";
