//! The command `scimward`.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Costs less for each request than the system's, and gives the memory of hashing back.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    scimward::cli::run()
}
