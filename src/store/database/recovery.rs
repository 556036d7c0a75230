//! Whether another process keeps readers of the embedded database waiting.
//!
//! Readers wait for no writer, so the threads that answer requests read the database themselves. But
//! while another process recovers the write-ahead log, SQLite sleeps in the middle of a read, for up
//! to ten seconds and whatever its busy timeout is. So they ask for the locks before: those of the
//! file with `-shm` at its end (<https://sqlite.org/walformat.html>, section 2.3).

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use rustix::process::{Flock, FlockOffsetType, FlockType, fcntl_getlk};

/// The lock of recovery and those of readers after it, a byte each.
const RECOVERY: u64 = 122;
const LOCKS: u64 = 6;

/// The locks of a database, asked for without waiting.
pub(crate) struct ReaderLocks(&'static File);

impl ReaderLocks {
    /// Those of the database in this file, to which this process has a connection; none if nobody
    /// has read it yet.
    ///
    /// The file is never closed: that would let go every lock of this process on it (POSIX), and
    /// SQLite would not know.
    pub(crate) fn of(database: &Path) -> Option<Self> {
        let mut name = database.as_os_str().to_owned();
        name.push("-shm");
        let file = OpenOptions::new().read(true).write(true).open(PathBuf::from(name)).ok()?;
        Some(Self(Box::leak(Box::new(file))))
    }

    /// Whether a read would wait for another process now.
    pub(crate) fn are_held(&self) -> bool {
        let wanted = Flock {
            start: RECOVERY,
            length: LOCKS,
            pid: None,
            typ: FlockType::ReadLock,
            offset_type: FlockOffsetType::Set,
        };
        fcntl_getlk(self.0, &wanted).is_ok_and(|holder| holder.is_some())
    }
}
