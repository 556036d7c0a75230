//! The files of the embedded database. They hold hashes and keys: only their owner may read them,
//! whatever the umask says.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

/// What SQLite adds to the name of the file for those beside it.
pub(crate) const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

const FOR_THE_OWNER: u32 = 0o600;

/// Makes the empty file of a database, or takes away what others may do with a file that is there.
///
/// # Errors
/// A sentence that names what cannot be made.
pub(crate) fn prepare(database: &Path) -> Result<(), String> {
    match create(database) {
        Ok(file) => leave_to_owner_of_folder(&file, database),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            close_to_others(database);
            for suffix in BESIDE {
                close_to_others(&with_suffix(database, suffix));
            }
        }
        Err(error) => return Err(cannot_be_made("database", database, &error)),
    }
    Ok(())
}

/// Makes a new, empty file.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let file = options.read(true).write(true).create_new(true).mode(FOR_THE_OWNER).open(path)?;
    file.set_permissions(Permissions::from_mode(FOR_THE_OWNER))?;
    Ok(file)
}

/// What root makes for a database, the user that runs the server must be able to open, as SQLite sees
/// to for its own files.
pub(crate) fn leave_to_owner_of_folder(file: &File, path: &Path) {
    if rustix::process::geteuid().is_root()
        && let Ok(folder) = fs::metadata(folder_of(path))
    {
        // Where it is not allowed, root is the owner of everything anyway.
        let _ = fchown(file, Some(folder.uid()), Some(folder.gid()));
    }
}

fn close_to_others(path: &Path) {
    let Ok(found) = fs::metadata(path) else { return };
    let mode = found.permissions().mode();
    if found.is_file() && mode & 0o077 != 0 {
        let file = path.display();
        match fs::set_permissions(path, Permissions::from_mode(mode & 0o700)) {
            Ok(()) => tracing::info!(%file, "others may not open the database any more"),
            Err(error) => tracing::warn!(%file, %error, "others may open the database"),
        }
    }
}

/// Makes the folder of a file.
///
/// # Errors
/// A sentence.
pub(crate) fn make_folder(file: &Path) -> Result<(), String> {
    let folder = folder_of(file);
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| cannot_be_made("folder", folder, &error))
}

/// A sentence about something that a database needs.
pub(crate) fn cannot_be_made(what: &str, path: &Path, error: &io::Error) -> String {
    format!(
        "the {what} {} cannot be made: {error}; choose another one with SCIMWARD_DATABASE_URL",
        path.display()
    )
}

/// The file behind a name, which may be a link.
pub(crate) fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_missing| path.to_owned())
}

/// The folder of a file.
pub(crate) fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The path with something at the end of its name.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// Makes a new or renamed file survive a power cut.
pub(crate) fn make_durable(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()?;
    File::open(folder_of(path))?.sync_all()
}
