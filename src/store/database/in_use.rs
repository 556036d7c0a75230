//! Who uses the embedded database: every process that has it open shares the lock of a file beside it, and a
//! restore holds that lock alone.
//!
//! The system gives a lock back when its process ends, in whatever way. The file itself stays: if
//! one removed it, two could hold the lock of one name.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use super::files;

/// The right to use the database, until it is dropped.
#[derive(Debug)]
pub(crate) struct InUse {
    _lock: File,
}

impl InUse {
    /// Beside others.
    ///
    /// # Errors
    /// A sentence, while the database is being restored.
    pub(crate) fn shared(database: &Path) -> Result<Self, String> {
        Self::hold(
            database,
            File::try_lock_shared,
            "is being restored; try again when that is done",
        )
    }

    /// With nobody else.
    ///
    /// # Errors
    /// A sentence, while anybody uses the database.
    pub(crate) fn alone(database: &Path) -> Result<Self, String> {
        Self::hold(
            database,
            File::try_lock,
            "is in use: stop the server, and wait for commands that are running",
        )
    }

    fn hold(
        database: &Path,
        lock: impl FnOnce(&File) -> Result<(), TryLockError>,
        taken: &str,
    ) -> Result<Self, String> {
        let path = files::with_suffix(database, ".lock");
        let file = open(&path).map_err(|error| files::cannot_be_made("file", &path, &error))?;
        match lock(&file) {
            Ok(()) => Ok(Self { _lock: file }),
            Err(TryLockError::WouldBlock) => {
                Err(format!("the database {} {taken}", database.display()))
            }
            Err(TryLockError::Error(error)) => {
                Err(format!("{} cannot be locked: {error}", path.display()))
            }
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    match files::create(path) {
        Ok(file) => {
            files::leave_to_owner_of_folder(&file, path);
            Ok(file)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => File::open(path),
        Err(error) => Err(error),
    }
}
