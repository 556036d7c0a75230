//! Settings that the command line may override.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};

/// The flags of every command.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Flags {
    /// Configuration file [default: scimward.toml here, or /etc/scimward/scimward.toml if scimward
    /// is in /usr/bin]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Address and port to listen on
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// Database, sqlite:PATH or postgres://...
    #[arg(long, global = true, value_name = "URL")]
    pub database_url: Option<SecretString>,
    /// URL under which people and clients reach scimward
    #[arg(long, global = true, value_name = "URL")]
    pub public_url: Option<String>,
    /// Log level: error, warn, info, debug or trace
    #[arg(long, global = true, value_name = "LEVEL")]
    pub log: Option<String>,
}

impl Flags {
    /// The settings among them, by name.
    pub(super) fn settings(&self) -> [(&'static str, Option<&str>); 4] {
        [
            ("listen", self.listen.as_deref()),
            ("database_url", self.database_url.as_ref().map(ExposeSecret::expose_secret)),
            ("public_url", self.public_url.as_deref()),
            ("log", self.log.as_deref()),
        ]
    }
}
