//! Settings: defaults, `scimward.toml`, the environment and flags, read once into the types that
//! the layers work with.
//!
//! A setting is a field where it is used and one row in `settings`. This is the only reader of the
//! environment. Unknown names are errors, and every problem is named at once with its remedy. No
//! message repeats a value that may hold a secret.

mod files;
mod flags;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
pub mod manual;
mod parse;
mod reader;
mod service_links;
mod settings;
mod sources;
mod value;

use std::ffi::OsString;

pub use self::flags::Flags;
pub use self::reader::{ConfigError, ReportLine};
pub use self::settings::Settings;

/// Reads the configuration of this process.
pub fn load(flags: &Flags) -> Result<Settings, ConfigError> {
    check(flags).0
}

/// Reads the configuration of this process; also says what was found where, right or wrong.
pub fn check(flags: &Flags) -> (Result<Settings, ConfigError>, Vec<ReportLine>) {
    load_from(flags, std::env::vars_os())
}

/// The same with this environment.
pub fn load_from(
    flags: &Flags,
    environment: impl Iterator<Item = (OsString, OsString)>,
) -> (Result<Settings, ConfigError>, Vec<ReportLine>) {
    let sources = match sources::Sources::read(flags, environment) {
        Ok(sources) => sources,
        Err(problem) => return (Err(ConfigError(vec![problem])), Vec::new()),
    };
    reader::read(sources, settings::read)
}
