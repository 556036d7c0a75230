//! How many files the process may have open: every connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the limit as far as the process may, and returns it.
///
/// Systems start processes with 1,024 for the sake of old programs, and leave it to others to ask
/// for more.
pub(super) fn raise() -> usize {
    let given = getrlimit(Resource::Nofile);
    // What cannot be raised is still enough for fewer connections.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: given.maximum, ..given });
    allowed()
}

/// The limit as it is.
pub(super) fn allowed() -> usize {
    let limit = getrlimit(Resource::Nofile).current;
    limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX)
}
