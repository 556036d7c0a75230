//! The command `scimward`.

use std::process::ExitCode;

use mimalloc::MiMalloc;
use rustix::fs::Mode;
#[cfg(target_os = "linux")]
use rustix::process::DumpableBehavior;
use zeroizing_alloc::ZeroAlloc;

/// Costs less for each request than the system's, and gives the memory of hashing back. What is
/// freed is wiped: tokens and passwords pass through buffers of libraries that do not do it.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<MiMalloc> = ZeroAlloc(MiMalloc);

fn main() -> ExitCode {
    // Databases, mails and backups are for their owner alone, whatever the umask.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    // Memory holds passwords and tokens for moments: no other process of the user may read it, and
    // no core dump may keep it.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
    // The allocator asks for huge pages, with which a server that does nothing takes twice the
    // memory. Where they cannot be refused it still works.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    scimward::cli::run()
}
