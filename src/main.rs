//! The command `scimward`.

use std::process::ExitCode;

fn main() -> ExitCode {
    scimward::cli::run()
}
