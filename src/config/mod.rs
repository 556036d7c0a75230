//! Settings: defaults, `scimward.toml`, the environment and flags, read once into types.
//!
//! This is the only reader of the environment. Unknown keys are errors, and every problem is named
//! at once with its remedy. No message repeats a value that may hold a secret.

mod keys;
mod raw;
mod settings;

use std::ffi::OsString;
use std::path::PathBuf;

pub use self::settings::{LogFormat, Settings, TlsFiles};

/// What the names of settings begin with in the environment.
const PREFIX: &str = "SCIMWARD_";

/// Settings that the command line may override.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Flags {
    /// Configuration file [default: scimward.toml, if it exists]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Address and port to listen on
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// Database, sqlite:PATH or postgres://...
    #[arg(long, global = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// URL under which people and clients reach scimward
    #[arg(long, global = true, value_name = "URL")]
    pub public_url: Option<String>,
    /// Log level: error, warn, info, debug or trace
    #[arg(long, global = true, value_name = "LEVEL")]
    pub log: Option<String>,
}

/// What is wrong with the configuration, one sentence for each problem.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct ConfigError(pub Vec<String>);

/// A line of `scimward config check`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ReportLine {
    /// The name in the environment.
    pub key: String,
    /// The value, masked if it is secret; nothing if it is not set.
    pub value: Option<String>,
    /// Default, file, environment or flag.
    pub origin: Option<String>,
}

/// Reads the configuration of this process.
///
/// # Errors
/// [`ConfigError`] with every problem there is.
pub fn load(flags: &Flags) -> Result<Settings, ConfigError> {
    load_from(flags, std::env::vars_os()).0
}

/// Reads the configuration from this environment; also says what was found where, right or wrong.
pub fn load_from(
    flags: &Flags,
    environment: impl Iterator<Item = (OsString, OsString)>,
) -> (Result<Settings, ConfigError>, Vec<ReportLine>) {
    let overrides = [
        ("listen", flags.listen.clone()),
        ("database_url", flags.database_url.clone()),
        ("public_url", flags.public_url.clone()),
        ("log", flags.log.clone()),
    ];
    match raw::Raw::collect(flags.config.as_deref(), environment, &overrides) {
        Ok(raw) => {
            let report = settings::report(&raw);
            (Settings::parse(raw), report)
        }
        Err(error) => (Err(error), Vec::new()),
    }
}

/// Reads the configuration of this process and says what was found where.
pub fn check(flags: &Flags) -> (Result<Settings, ConfigError>, Vec<ReportLine>) {
    load_from(flags, std::env::vars_os())
}
