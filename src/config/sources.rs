//! Where the text of a setting comes from: file, environment or flag, the later the stronger.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::flags::Flags;
use super::{service_links, value};

/// The file that is read when no other is named and it exists.
const DEFAULT_FILE: &str = "scimward.toml";

/// The same for a program that a package has installed: its commands are started anywhere.
const SYSTEM_FILE: &str = "/etc/scimward/scimward.toml";

/// Where packages install programs.
const SYSTEM_PROGRAMS: &str = "/usr/bin";

/// What the names of settings begin with in the environment.
const PREFIX: &str = "SCIMWARD_";

/// The origin of what is set there.
const ENVIRONMENT: &str = "environment";

/// The name of a setting in the environment.
pub(super) fn variable(name: &str) -> String {
    format!("{PREFIX}{}", name.to_ascii_uppercase())
}

/// A setting's text and where it comes from.
pub(super) struct SourceText {
    pub(super) text: SecretString,
    pub(super) origin: String,
    /// The file that holds it, if one does.
    pub(super) file: Option<PathBuf>,
}

impl SourceText {
    pub(super) fn new(text: &str, origin: impl Into<String>) -> Self {
        Self { text: value::trim(text).into(), origin: origin.into(), file: None }
    }

    fn is_set(&self) -> bool {
        !self.text.expose_secret().is_empty()
    }
}

type Texts = BTreeMap<String, SourceText>;

/// Everything that is said about settings and has not been taken yet.
#[derive(Default)]
pub(super) struct Sources {
    /// The weakest source first.
    by_source: Vec<Texts>,
    /// The configuration file, if there is one.
    pub(super) file: Option<PathBuf>,
    /// Variables that only look like settings.
    pub(super) ignored: Vec<String>,
    problems: Vec<String>,
}

impl Sources {
    /// Collects all texts; fails when the configuration file cannot be read.
    pub(super) fn read(
        flags: &Flags,
        environment: impl Iterator<Item = (OsString, OsString)>,
    ) -> Result<Self, String> {
        let mut all = Self::default();
        all.read_file(flags.config.as_deref())?;
        all.add_environment(environment);
        all.by_source.push(flags.settings().into_iter().filter_map(text_of_flag).collect());
        Ok(all)
    }

    /// Whether a setting that has not been taken yet has a text.
    pub(super) fn mention(&self, name: &str) -> bool {
        self.by_source.iter().any(|texts| texts.get(name).is_some_and(SourceText::is_set))
    }

    /// Takes out what is said about a setting. An empty text counts as not set: templates leave them.
    pub(super) fn take(&mut self, name: &str, may_be_in_file: bool) -> Option<SourceText> {
        let mut found = None;
        for texts in &mut self.by_source {
            found = texts.remove(name).filter(SourceText::is_set).or(found);
            let file = may_be_in_file.then(|| texts.remove(&format!("{name}_file"))).flatten();
            let Some(file) = file.filter(SourceText::is_set) else { continue };
            match read_secret(&file) {
                Ok(text) => found = Some(text),
                Err(cause) => {
                    let path = file.text.expose_secret().escape_debug();
                    let variable = variable(name);
                    self.problems.push(format!("{path}, which {variable}_FILE names, {cause}"));
                }
            }
        }
        found
    }

    /// What is wrong, once every setting was taken: what is left belongs to none.
    pub(super) fn into_problems(self) -> Vec<String> {
        let Self { by_source, mut problems, .. } = self;
        problems.extend(by_source.iter().flatten().map(|(name, SourceText { origin, .. })| {
            let shown =
                if origin == ENVIRONMENT { variable(name) } else { format!("{name} in {origin}") };
            format!(
                "{shown} is not a setting; see `scimward config check` for the settings there are"
            )
        }));
        problems
    }

    fn read_file(&mut self, named: Option<&Path>) -> Result<(), String> {
        let path = if let Some(named) = named { named } else { default_file() };
        let origin = path.display().to_string();
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => {
                return Ok(());
            }
            Err(error)
                if error.kind() == io::ErrorKind::PermissionDenied
                    && path == Path::new(SYSTEM_FILE) =>
            {
                return Err(format!(
                    "{origin} cannot be read: {error}; run it as the user of the server: sudo -u \
                     scimward scimward ..."
                ));
            }
            Err(error) => return Err(format!("{origin} cannot be read: {error}")),
        };
        self.add_file(path, &text)
    }

    /// Takes in what a configuration file says.
    pub(super) fn add_file(&mut self, path: &Path, text: &str) -> Result<(), String> {
        let origin = path.display().to_string();
        // The parser's message would repeat the line, and with it perhaps a password.
        let table = text.parse::<toml::Table>().map_err(|error| {
            let line = error.span().map(|span| line_of(text, span.start));
            let place = line.map(|line| format!(", line {line}")).unwrap_or_default();
            format!("{origin}{place}: {}", error.message())
        })?;
        let mut texts = Texts::new();
        for (name, value) in table {
            if let Some(text) = text_of(&value) {
                let text = SourceText::new(&text, &origin);
                texts.insert(name, SourceText { file: Some(path.to_owned()), ..text });
            } else {
                self.problems.push(format!(
                    "{name} in {origin} must be a text, a number, true or false, or a list of texts"
                ));
            }
        }
        self.by_source.push(texts);
        self.file = Some(path.to_owned());
        Ok(())
    }

    /// Takes in what the environment says.
    pub(super) fn add_environment(
        &mut self,
        environment: impl Iterator<Item = (OsString, OsString)>,
    ) {
        let mut texts = Texts::new();
        for (name, value) in environment {
            let Some(name) = name.to_str() else { continue };
            let Some(short) = name.strip_prefix(PREFIX) else { continue };
            if value.to_str().is_some_and(|value| service_links::is_injected(name, value)) {
                self.ignored.push(name.to_owned());
            } else if let Ok(text) = value.into_string() {
                texts.insert(short.to_ascii_lowercase(), SourceText::new(&text, ENVIRONMENT));
            } else {
                self.problems.push(format!("{PREFIX}{short} is not valid UTF-8"));
            }
        }
        self.by_source.push(texts);
    }
}

fn default_file() -> &'static Path {
    let program = env::current_exe();
    let is_installed = program.is_ok_and(|path| path.parent() == Some(Path::new(SYSTEM_PROGRAMS)));
    Path::new(if is_installed { SYSTEM_FILE } else { DEFAULT_FILE })
}

fn text_of_flag((name, text): (&str, Option<&str>)) -> Option<(String, SourceText)> {
    let origin = format!("--{}", name.replace('_', "-"));
    Some((name.to_owned(), SourceText::new(text?, origin)))
}

/// What the file holds that a setting names. Nobody names an empty one on purpose: the setting would
/// silently fall back to its default.
fn read_secret(file: &SourceText) -> Result<SourceText, String> {
    let path = value::read(file.text.expose_secret(), value::Form::Value)
        .map_err(|error| format!("cannot be its path: {error}"))?;
    let content = fs::read_to_string(&*path).map(Zeroizing::new);
    let content = content.map_err(|error| format!("cannot be read: {error}"))?;
    let text = SourceText::new(&content, format!("{}, file {path}", file.origin));
    let text = SourceText { file: Some(PathBuf::from(&*path)), ..text };
    if text.is_set() { Ok(text) } else { Err("is empty".to_owned()) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_source_wins_and_what_is_left_is_a_problem() {
        let mut all = Sources::default();
        for (origin, texts) in [
            (
                "x.toml",
                &[("log", "warn"), ("listen", "a"), ("notify_at", ""), ("colour", "red")][..],
            ),
            (
                ENVIRONMENT,
                &[
                    ("log", "debug"),
                    ("listen", ""),
                    ("log_file", "x"),
                    ("smtp_url_file", "nowhere"),
                ],
            ),
            ("--log", &[("log", "trace")]),
        ] {
            let text = |text: &str| SourceText::new(text, origin);
            let texts = texts.iter().map(|(name, value)| ((*name).to_owned(), text(value)));
            all.by_source.push(texts.collect());
        }
        assert!(all.mention("listen") && !all.mention("notify_at") && !all.mention("mail_dir"));

        let mut take = |name, is_secret| {
            let found = all.take(name, is_secret)?;
            Some((found.text.expose_secret().to_owned(), found.origin))
        };
        let found = |text: &str, origin: &str| Some((text.to_owned(), origin.to_owned()));
        assert_eq!(take("log", false), found("trace", "--log"));
        assert_eq!(take("listen", false), found("a", "x.toml"));
        assert_eq!(take("notify_at", false), None);
        assert_eq!(take("smtp_url", true), None);

        let problems = all.into_problems();
        let begin_with = [
            "nowhere, which SCIMWARD_SMTP_URL_FILE names, cannot be read",
            "colour in x.toml is not a setting",
            "SCIMWARD_LOG_FILE is not a setting",
        ];
        assert_eq!(problems.len(), begin_with.len(), "{problems:?}");
        for (problem, beginning) in problems.iter().zip(begin_with) {
            assert!(problem.starts_with(beginning), "{problem}");
        }
    }
}
