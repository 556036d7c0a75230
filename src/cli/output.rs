//! What commands print: results on standard output, everything else on standard error.

use std::io::{self, Write};

use super::Complaint;

/// Prints a result. Programs read it, so that it could not be written is an error.
pub(super) fn say(text: &str) -> Result<(), Complaint> {
    let mut out = io::stdout().lock();
    let written = writeln!(out, "{text}").and_then(|()| out.flush());
    written.map_err(|error| format!("standard output cannot be written: {error}").into())
}

/// Prints a result as JSON.
pub(super) fn say_json(value: &serde_json::Value) -> Result<(), Complaint> {
    say(&format!("{value:#}"))
}

/// Prints something for people beside the result.
pub(super) fn note(text: &str) {
    // Nobody is left to be told when standard error is closed.
    let _ = writeln!(io::stderr(), "{text}");
}
