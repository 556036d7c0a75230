//! What commands print: results on standard output, everything else on standard error.

use std::io::{self, Write};

use serde_json::Value;
use zeroize::Zeroizing;

use super::error::CommandError;
use super::stdout;

/// How a result is printed.
#[derive(Debug, clap::Args)]
pub(super) struct OutputFormat {
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

impl OutputFormat {
    /// Prints a result, for programs or for people; an empty text prints no line.
    pub(super) fn print(
        &self,
        json: impl FnOnce() -> Value,
        text: impl FnOnce() -> String,
    ) -> Result<(), CommandError> {
        let result = Zeroizing::new(if self.json { format!("{:#}", json()) } else { text() });
        if result.is_empty() { Ok(()) } else { say(&result) }
    }
}

/// Prints a result. Programs read it, so a closed standard output is an error.
pub(super) fn say(text: &str) -> Result<(), CommandError> {
    // In one piece: a program may close its end as soon as it has read the value.
    let line = Zeroizing::new(format!("{text}\n"));
    stdout::write(&line)
        .map_err(|error| format!("standard output cannot be written: {error}").into())
}

/// Prints what was done. Where that cannot be printed, it is part of the error.
pub(super) fn say_done(text: &str) -> Result<(), CommandError> {
    say(text).map_err(|error| format!("{}; all the same: {text}", error.text).into())
}

/// Prints something for people beside the result.
pub(super) fn note(text: &str) {
    // A closed standard error leaves no way to say so.
    let _ = writeln!(io::stderr(), "{text}");
}
