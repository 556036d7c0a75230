//! The command `scimward`.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Costs less for each request than the system's, and gives the memory of hashing back.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    // The allocator asks for huge pages, with which a server that does nothing takes twice the
    // memory. Where they cannot be refused it still works.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    scimward::cli::run()
}
