//! Why a command failed.

use crate::config::ConfigError;
use crate::service::Failure;

/// What to print on standard error, and the exit code.
#[derive(Debug)]
pub(super) struct CommandError {
    pub(super) text: String,
    pub(super) exit_code: u8,
}

impl CommandError {
    /// The command was used or configured wrongly.
    pub(super) fn usage(text: impl Into<String>) -> Self {
        Self { text: text.into(), exit_code: 2 }
    }
}

impl From<String> for CommandError {
    fn from(text: String) -> Self {
        Self { text, exit_code: 1 }
    }
}

impl From<ConfigError> for CommandError {
    fn from(error: ConfigError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<Failure> for CommandError {
    fn from(failure: Failure) -> Self {
        failure.to_string().into()
    }
}
