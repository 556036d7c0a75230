//! Backups of the embedded database, and going back to one.

use std::path::{Path, PathBuf};

use super::sessions::ending::{self, EndedSessions};
use crate::clock::SharedClock;
use crate::domain::activity::{Event, Kind};
use crate::domain::admin::actor::Actor;
use crate::domain::network::source::Source;
use crate::domain::token::Token;
use crate::store::{self, DatabaseUrl};

/// What a restore has done.
#[derive(Debug)]
pub struct Restored {
    /// Where the database is kept that was there before.
    pub kept: Option<PathBuf>,
    /// What was ended: a session of the time of the backup may have been ended since.
    pub ended: EndedSessions,
    /// The token that is accepted now.
    pub token: Option<Token>,
}

/// Writes a copy of the database to a new file while it is in use.
///
/// # Errors
/// A sentence.
pub fn back_up(database: &DatabaseUrl, file: &Path) -> Result<(), String> {
    store::backup::back_up(database, file)
}

/// Puts a backup in the place of the database, which nobody may be using.
///
/// # Errors
/// A sentence; nothing has changed then.
pub fn restore(
    database: &DatabaseUrl,
    backup: &Path,
    clock: &SharedClock,
) -> Result<Restored, String> {
    let now = clock.now();
    let (by, from) = (Actor::CommandLine, Source::command_line());
    let event = Event::new(now, Kind::AllSessionsEnded, by, from)
        .with_detail("A backup was restored.".to_owned());
    let ((ended, token), kept) = store::backup::restore(database, backup, now, |conn| {
        let ended = ending::end_all(conn, &event, now)?;
        Ok((ended, store::tokens::history(conn)?.unrevoked().cloned()))
    })?;
    Ok(Restored { kept, ended, token })
}
