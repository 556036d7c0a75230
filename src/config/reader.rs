//! Reads one setting after the other: each call is a row of the manual's table, and gives the value,
//! the line of `scimward config check` and what is wrong.

use std::fmt::Display;
use std::mem;
use std::str::FromStr;

use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use super::files;
use super::sources::{SourceText, Sources, variable};
use super::value::{self, Form};

/// What is wrong with the configuration, one sentence for each problem.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct ConfigError(pub Vec<String>);

/// A setting in `scimward config check` and in the manual.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ReportLine {
    /// The name in the environment.
    pub key: String,
    /// The value, masked if it is secret.
    pub value: Option<String>,
    /// Default, file, environment or flag.
    pub origin: Option<String>,
    /// The value when it is not set.
    #[serde(skip)]
    pub default: Option<&'static str>,
    /// Whether it holds a secret and so may come from a file.
    #[serde(skip)]
    pub secret: bool,
}

/// The name of a setting, lower case as in the configuration file, how it is written, and who may
/// see its value.
pub(super) struct Key {
    name: &'static str,
    form: Form,
    /// What is shown instead of a secret, if anything of it can be.
    mask: Option<fn(&str) -> Option<String>>,
}

impl From<&'static str> for Key {
    fn from(name: &'static str) -> Self {
        Self { name, form: Form::Value, mask: None }
    }
}

/// A setting with several values.
pub(super) fn list(name: &'static str) -> Key {
    Key { form: Form::List, ..name.into() }
}

/// A setting that people read.
pub(super) fn words(name: &'static str) -> Key {
    Key { form: Form::Words, ..name.into() }
}

/// A setting with several values, none of which is ever shown. It may come from a file.
pub(super) fn secret_list(name: &'static str) -> Key {
    Key { mask: Some(|_| None), ..list(name) }
}

/// A URL that may hold a password: a secret, shown as the type displays it, without the password.
pub(super) fn secret_url<T: FromStr + Display>(name: &'static str) -> Key {
    Key { mask: Some(|text| text.parse::<T>().ok().map(|url| url.to_string())), ..name.into() }
}

/// Reads rows and gathers what is wrong with them.
#[derive(Default)]
pub(super) struct ConfigReader {
    sources: Sources,
    lines: Vec<ReportLine>,
    problems: Vec<String>,
    warnings: Vec<String>,
}

/// Reads all rows, so that every problem is named at once.
pub(super) fn read<T>(
    sources: Sources,
    rows: impl FnOnce(&mut ConfigReader) -> T,
) -> (Result<T, ConfigError>, Vec<ReportLine>) {
    let mut reader = ConfigReader { sources, ..ConfigReader::default() };
    let value = rows(&mut reader);
    let mut problems = reader.sources.into_problems();
    problems.append(&mut reader.problems);
    let value = if problems.is_empty() { Ok(value) } else { Err(ConfigError(problems)) };
    // The manual lists it last; it is read before, because several structs hold it.
    reader.lines.sort_by_key(|line| line.key == "SCIMWARD_PRODUCT_NAME");
    (value, reader.lines)
}

impl ConfigReader {
    /// A setting with a default. What cannot be read is noted, and the default returned.
    pub(super) fn setting<T, E: Display>(
        &mut self,
        key: impl Into<Key>,
        default: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> T {
        let value = self.row(&key.into(), Some(default), &parse);
        #[expect(clippy::expect_used, reason = "every start reads the defaults that are not set")]
        value.unwrap_or_else(|| parse(default).ok().expect("a default that can be read"))
    }

    /// A setting that may be missing.
    pub(super) fn optional<T, E: Display>(
        &mut self,
        key: impl Into<Key>,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        self.row(&key.into(), None, &parse)
    }

    /// Whether a setting that has not been read yet is set.
    pub(super) fn will_find(&self, name: &str) -> bool {
        self.sources.mention(name)
    }

    /// Notes what is wrong with a setting that has been read.
    pub(super) fn problem(&mut self, name: &str, what: &str) {
        let variable = variable(name);
        let line = self.lines.iter().find(|line| line.key == variable);
        let origin = line.and_then(|line| line.origin.as_ref());
        let origin = origin.map(|origin| format!(" ({origin})")).unwrap_or_default();
        self.problems.push(format!("{variable}{origin}: {what}"));
    }

    /// Notes that what a setting says is possible, and dangerous.
    pub(super) fn warning(&mut self, name: &str, what: &str) {
        self.warnings.push(format!("{}: {what}", variable(name)));
    }

    /// What was noted as dangerous, once every setting was read.
    pub(super) fn take_warnings(&mut self) -> Vec<String> {
        let mut warnings = mem::take(&mut self.warnings);
        warnings.extend(self.sources.file.as_deref().and_then(files::changeable));
        warnings
    }

    /// Variables of the environment that only look like settings.
    pub(super) fn take_ignored(&mut self) -> Vec<String> {
        mem::take(&mut self.sources.ignored)
    }

    fn row<T, E: Display>(
        &mut self,
        key: &Key,
        default: Option<&'static str>,
        parse: &impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let Key { name, form, mask } = *key;
        let found = self.sources.take(name, mask.is_some());
        let found = found.or_else(|| default.map(|default| SourceText::new(default, "default")));
        let text = found.as_ref().map(|found| found.text.expose_secret());
        let shown = |text: &str| match mask {
            Some(mask) => mask(text).unwrap_or_else(|| "(set)".to_owned()),
            None => text.escape_debug().to_string(),
        };
        self.lines.push(ReportLine {
            key: variable(name),
            value: text.map(shown),
            origin: found.as_ref().map(|found| found.origin.clone()),
            default,
            secret: mask.is_some(),
        });
        if let Some(SourceText { text, file: Some(file), .. }) = &found
            && mask.is_some()
            && may_be_secret(text.expose_secret(), form)
            && let Some(danger) = files::readable(file)
        {
            self.warnings.push(format!("{}: {danger}", variable(name)));
        }
        let text = value::read(text?, form).map(|text| Zeroizing::new(text.into_owned()));
        let value = match text {
            Ok(text) => parse(&text).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        value.map_err(|error| self.problem(name, &error)).ok()
    }
}

/// A URL without a user holds no password.
fn may_be_secret(text: &str, form: Form) -> bool {
    form == Form::List || text.contains('@')
}
