//! Secrets that people enter: from a prompt without echo or from standard input, never from an
//! argument, which every process on the machine could read.

use std::io::{self, IsTerminal, Read};

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::error::CommandError;

/// Longer input is not a secret but a mistake, such as a wrong file.
const LONGEST: u64 = 4096;
/// What some editors write at the beginning of a file.
pub(super) const BYTE_ORDER_MARK: char = '\u{feff}';

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

/// A token, as it was entered: from standard input, or typed when that is a terminal.
pub(super) fn token() -> Result<SecretString, CommandError> {
    if io::stdin().is_terminal() { prompt("SCIM token: ") } else { text() }
}

fn prompt(question: &str) -> Result<SecretString, CommandError> {
    rpassword::prompt_password(question).map(SecretString::from).map_err(|error| {
        format!("there is no terminal to ask on ({error}); use --password-stdin").into()
    })
}

fn first_line() -> Result<SecretString, CommandError> {
    let text = text()?;
    let line = text.expose_secret().lines().next().unwrap_or_default();
    if line.starts_with(BYTE_ORDER_MARK) {
        return Err(
            "standard input begins with a byte order mark, which would become part of the \
                    password; nothing was changed"
                .to_owned()
                .into(),
        );
    }
    Ok(SecretString::from(line))
}

fn text() -> Result<SecretString, CommandError> {
    let mut bytes = Zeroizing::new(Vec::new());
    let read = io::stdin().take(LONGEST).read_to_end(&mut bytes);
    read.map_err(|error| format!("standard input cannot be read: {error}"))?;
    match str::from_utf8(&bytes) {
        Ok(text) => Ok(SecretString::from(text)),
        Err(_) if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) => {
            Err("standard input is UTF-16, as older PowerShell writes it; make it UTF-8 or ASCII"
                .to_owned()
                .into())
        }
        Err(_) => Err("standard input is not UTF-8".to_owned().into()),
    }
}
