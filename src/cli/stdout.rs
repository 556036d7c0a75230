//! Standard output, where a result is printed that perhaps cannot be shown again.
//!
//! It is written without the library's buffer, which keeps what passes through it and takes an
//! output that cannot be written for one that nobody wants.

use std::fs;
use std::io;
use std::os::fd::BorrowedFd;
use std::os::unix::fs::MetadataExt;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, OFlags, Stat, fcntl_getfl, fstat};
use rustix::io::retry_on_intr;

/// More than any result of a command.
#[cfg(target_os = "linux")]
const ROOM: u64 = 4096;

/// Why standard output certainly takes nothing, if that is known before it is tried. A full disk is
/// noticed where the file system can reserve room.
pub(super) fn obstacle() -> Option<&'static str> {
    find(rustix::stdio::stdout()).unwrap_or(Some("is closed"))
}

/// Writes all of a text.
pub(super) fn write(text: &str) -> io::Result<()> {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let count = retry_on_intr(|| rustix::io::write(rustix::stdio::stdout(), rest))?;
        rest = rest.get(count..).unwrap_or_default();
    }
    Ok(())
}

fn find(out: BorrowedFd<'_>) -> io::Result<Option<&'static str>> {
    let mode = fcntl_getfl(out)? & OFlags::RWMODE;
    let about = fstat(out)?;
    Ok(if mode == OFlags::RDONLY {
        Some("is open for reading only")
    } else if mode == OFlags::RDWR && is_nowhere(&about) {
        // What Rust's start has opened in place of a closed one. To write to /dev/null on purpose is
        // another mode.
        Some("is closed")
    } else if has_no_reader(out)? {
        Some("is read by nobody")
    } else if has_no_room(out, &about) {
        Some("has no room left")
    } else {
        None
    })
}

fn is_nowhere(about: &Stat) -> bool {
    let is_device = FileType::from_raw_mode(about.st_mode) == FileType::CharacterDevice;
    is_device && fs::metadata("/dev/null").is_ok_and(|null| null.rdev() == about.st_rdev)
}

/// A pipe whose other end is closed, or a terminal that is gone.
fn has_no_reader(out: BorrowedFd<'_>) -> io::Result<bool> {
    let mut waiting = [PollFd::from_borrowed_fd(out, PollFlags::OUT)];
    poll(&mut waiting, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))?;
    let found = waiting.iter().map(PollFd::revents).fold(PollFlags::empty(), |all, one| all | one);
    Ok(found.intersects(PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL))
}

#[cfg(target_os = "linux")]
fn has_no_room(out: BorrowedFd<'_>, about: &Stat) -> bool {
    use rustix::fs::{FallocateFlags, fallocate, tell};
    use rustix::io::Errno;

    if FileType::from_raw_mode(about.st_mode) != FileType::RegularFile {
        return false;
    }
    let end = u64::try_from(about.st_size).unwrap_or_default();
    let place = tell(out).map_or(end, |place| place.max(end));
    let reserved = fallocate(out, FallocateFlags::KEEP_SIZE, place, ROOM);
    matches!(reserved, Err(Errno::NOSPC | Errno::DQUOT | Errno::FBIG))
}

#[cfg(not(target_os = "linux"))]
fn has_no_room(_out: BorrowedFd<'_>, _about: &Stat) -> bool {
    false
}
