//! What every user of the machine may do with a file of the configuration.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const READ_BY_OTHERS: u32 = 0o004;
const WRITTEN_BY_OTHERS: u32 = 0o002;

/// A sentence, if everybody may read a file that holds a secret.
pub(super) fn readable(file: &Path) -> Option<String> {
    may(file, READ_BY_OTHERS).then(|| {
        let file = file.display();
        format!("every user of this machine can read {file}: chmod o-rwx {file}")
    })
}

/// A sentence, if everybody may change a file.
pub(super) fn changeable(file: &Path) -> Option<String> {
    may(file, WRITTEN_BY_OTHERS).then(|| {
        let file = file.display();
        format!("every user of this machine can change {file}: chmod o-w {file}")
    })
}

fn may(file: &Path, bit: u32) -> bool {
    fs::metadata(file).is_ok_and(|found| found.permissions().mode() & bit != 0)
}
