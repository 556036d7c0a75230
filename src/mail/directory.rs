//! Mails as files, for a start without a mail server.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::SendError;

/// What the sentence about a file begins with; an answer of a mail server begins with a number.
const WRITTEN: &str = "Written to ";

/// Whether an answer to a mail is that it became a file.
pub fn is_file(answer: &str) -> bool {
    answer.starts_with(WRITTEN)
}

/// Writes a mail into `folder` as `id.eml` and returns a sentence that names the file. A mail that
/// is sent again replaces its file.
pub(super) async fn write(
    folder: PathBuf,
    id: String,
    content: Vec<u8>,
) -> Result<String, SendError> {
    let written = tokio::task::spawn_blocking(move || write_file(&folder, &id, &content)).await;
    match written {
        Ok(Ok(path)) => Ok(format!("{WRITTEN}{}.", path.display())),
        Ok(Err(error)) => Err(SendError::Transient(format!("The file cannot be written: {error}"))),
        Err(error) => Err(SendError::Transient(error.to_string())),
    }
}

fn write_file(folder: &Path, id: &str, content: &[u8]) -> std::io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join(format!("{id}.eml"));
    let draft = folder.join(format!(".{id}.draft"));
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(&draft, &path)?;
    Ok(path)
}
