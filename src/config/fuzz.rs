//! Any bytes as a configuration.

use std::ffi::OsString;
use std::path::Path;

use super::reader::{self, ConfigError};
use super::settings;
use super::sources::Sources;

/// A configuration file, then a line `---`, then lines of the environment.
///
/// # Panics
/// If a password of a URL is repeated.
pub fn configuration(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    // A setting that names a file would have it read, whatever it is.
    if text.to_ascii_lowercase().contains("_file") {
        return;
    }
    let (file, environment) = text.split_once("\n---\n").unwrap_or((&text, ""));
    let environment: Vec<(&str, &str)> =
        environment.lines().filter_map(|line| line.split_once('=')).collect();
    let mut sources = Sources::default();
    if let Err(problem) = sources.add_file(Path::new("scimward.toml"), file) {
        assert!(problem.starts_with("scimward.toml"), "{problem}");
        return;
    }
    let variables = environment.iter().map(|(name, value)| (name.into(), value.into()));
    sources.add_environment(variables.collect::<Vec<(OsString, OsString)>>().into_iter());
    let (settings, lines) = reader::read(sources, settings::read);

    let mut said = lines.into_iter().filter_map(|line| line.value).collect::<Vec<_>>();
    match settings {
        Ok(settings) => {
            said.push(format!("{settings:?}"));
            said.extend(settings.warnings);
        }
        Err(ConfigError(problems)) => {
            assert!(!problems.is_empty() && problems.iter().all(|problem| !problem.is_empty()));
            said.extend(problems);
        }
    }
    for (name, value) in environment {
        let is_url = matches!(name, "SCIMWARD_DATABASE_URL" | "SCIMWARD_SMTP_URL");
        let password = password_in(value).filter(|word| is_url && text.matches(word).count() == 1);
        let Some(password) = password else { continue };
        assert!(said.iter().all(|line| !line.contains(password)), "{name} is repeated: {said:?}");
    }
}

/// The password in a URL, if its place is beyond doubt and it stands nowhere else: long, between
/// the first colon after the scheme and the only `@`, and of characters that are written as they are.
pub(crate) fn password_in(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let (login, _) = rest.split_once('@')?;
    let (_, password) = login.split_once(':')?;
    let is_sure = password.len() >= 12
        && password.bytes().any(|byte| byte.is_ascii_digit())
        && password.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && url.matches(password).count() == 1;
    is_sure.then_some(password)
}
