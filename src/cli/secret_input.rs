//! Secrets that people enter: from a prompt without echo or from standard input, never from an
//! argument, which every process on the machine could read.

use std::io::{self, IsTerminal, Read};

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::error::CommandError;

/// Longer input is not a secret but a mistake, such as a wrong file.
const LONGEST: u64 = 4096;

/// A new password: from standard input, or typed twice.
pub(super) fn new_password(from_stdin: bool) -> Result<SecretString, CommandError> {
    if from_stdin {
        return first_line();
    }
    let typed = prompt("Password (15 to 128 characters): ")?;
    let repeated = prompt("The same password again: ")?;
    if typed.expose_secret() == repeated.expose_secret() {
        Ok(typed)
    } else {
        Err("the two passwords differ; nothing was changed".to_owned().into())
    }
}

/// A token: from standard input, or typed when that is a terminal.
pub(super) fn token() -> Result<SecretString, CommandError> {
    let text = if io::stdin().is_terminal() { prompt("SCIM token: ")? } else { first_line()? };
    Ok(SecretString::from(text.expose_secret().trim()))
}

fn prompt(question: &str) -> Result<SecretString, CommandError> {
    rpassword::prompt_password(question).map(SecretString::from).map_err(|error| {
        format!("there is no terminal to ask on ({error}); use --password-stdin").into()
    })
}

fn first_line() -> Result<SecretString, CommandError> {
    let mut text = Zeroizing::new(String::new());
    let read = io::stdin().take(LONGEST).read_to_string(&mut text);
    read.map_err(|error| format!("standard input cannot be read: {error}"))?;
    Ok(SecretString::from(text.lines().next().unwrap_or_default()))
}
