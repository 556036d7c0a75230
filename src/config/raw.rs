//! Where a setting's text comes from: default, file, environment or flag, the later the stronger.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::keys::{self, Key};
use super::{ConfigError, PREFIX};

/// The file that is read when no other is named and it exists.
const DEFAULT_FILE: &str = "scimward.toml";

/// A setting's text and where it comes from.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub(super) text: SecretString,
    pub(super) origin: String,
}

/// The texts of all settings that have one.
#[derive(Debug, Default)]
pub(super) struct Raw {
    values: BTreeMap<&'static str, Value>,
    pub(super) problems: Vec<String>,
}

impl Raw {
    /// Collects the texts; what cannot be read is added to `problems`.
    pub(super) fn collect(
        file: Option<&Path>,
        environment: impl Iterator<Item = (OsString, OsString)>,
        flags: &[(&'static str, Option<String>)],
    ) -> Result<Self, ConfigError> {
        let mut raw = Self::default();
        for key in keys::ALL {
            if let Some(default) = key.default {
                raw.set(key, default.into(), "default".to_owned());
            }
        }
        raw.read_file(file)?;
        raw.read_environment(environment);
        for (name, text) in flags {
            if let (Some(key), Some(text)) = (keys::find(name), text) {
                raw.set(key, text.as_str().into(), format!("--{}", name.replace('_', "-")));
            }
        }
        Ok(raw)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    fn set(&mut self, key: &'static Key, text: SecretString, origin: String) {
        if text.expose_secret().is_empty() {
            self.values.remove(key.name);
        } else {
            self.values.insert(key.name, Value { text, origin });
        }
    }

    fn read_file(&mut self, named: Option<&Path>) -> Result<(), ConfigError> {
        let path = named.unwrap_or(Path::new(DEFAULT_FILE));
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(());
            }
            Err(error) => {
                let problem = format!("{} cannot be read: {error}", path.display());
                return Err(ConfigError(vec![problem]));
            }
        };
        // The parser's message would repeat the line, and with it perhaps a password.
        let table = text.parse::<toml::Table>().map_err(|error| {
            let line = error.span().map(|span| line_of(&text, span.start));
            let place = line.map(|line| format!(", line {line}")).unwrap_or_default();
            ConfigError(vec![format!("{}{place}: {}", path.display(), error.message())])
        })?;
        for (name, value) in table {
            match text_of(&value) {
                Some(text) => self.assign(&name, text, &path.display().to_string()),
                None => self.problems.push(format!(
                    "{name} in {} must be a text, a number, true or false, or a list of texts",
                    path.display()
                )),
            }
        }
        Ok(())
    }

    fn read_environment(&mut self, environment: impl Iterator<Item = (OsString, OsString)>) {
        for (name, value) in environment {
            let Some(short) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else {
                continue;
            };
            match value.into_string() {
                Ok(text) => self.assign(&short.to_ascii_lowercase(), text, "environment"),
                Err(_) => self.problems.push(format!("{PREFIX}{short} is not valid UTF-8")),
            }
        }
    }

    /// Takes a named text, reading it from a file if the name ends in `_file`.
    fn assign(&mut self, name: &str, text: String, origin: &str) {
        if let Some(key) = keys::find(name) {
            self.set(key, text.into(), origin.to_owned());
            return;
        }
        let secret = name.strip_suffix("_file").and_then(keys::find).filter(|key| key.secret);
        let Some(key) = secret else {
            self.problems.push(unknown(name, origin));
            return;
        };
        match std::fs::read_to_string(&text) {
            Ok(content) => {
                let content = content.trim_end_matches(['\r', '\n']);
                self.set(key, content.into(), format!("{origin}, file {text}"));
            }
            Err(error) => self.problems.push(format!(
                "{text}, which {}_FILE names, cannot be read: {error}",
                key.variable()
            )),
        }
    }
}

fn unknown(name: &str, origin: &str) -> String {
    let shown = if origin == "environment" {
        format!("{PREFIX}{}", name.to_ascii_uppercase())
    } else {
        format!("{name} in {origin}")
    };
    format!("{shown} is not a setting; see `scimward config check` for the settings there are")
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

fn text_of(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(flag) => Some(flag.to_string()),
        toml::Value::Array(list) => {
            let texts: Option<Vec<&str>> = list.iter().map(toml::Value::as_str).collect();
            texts.map(|texts| texts.join(","))
        }
        _ => None,
    }
}
