//! Mails as files, for a start without a mail server.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::Undelivered;
use super::message::Wrapped;

/// Writes a mail into `folder` and returns a sentence that names the file. A mail that is sent again
/// replaces its file, because it has the same name.
pub(super) async fn write(folder: PathBuf, mail: Wrapped) -> Result<String, Undelivered> {
    let written = tokio::task::spawn_blocking(move || write_file(&folder, &mail)).await;
    match written {
        Ok(Ok(path)) => Ok(format!("Written to {}.", path.display())),
        Ok(Err(error)) => Err(Undelivered::ForNow(format!("The file cannot be written: {error}"))),
        Err(error) => Err(Undelivered::ForNow(error.to_string())),
    }
}

fn write_file(folder: &Path, mail: &Wrapped) -> std::io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join(format!("{}.eml", mail.name));
    let draft = folder.join(format!(".{}.draft", mail.name));
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(&mail.bytes)?;
    file.sync_all()?;
    std::fs::rename(&draft, &path)?;
    Ok(path)
}
