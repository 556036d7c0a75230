//! Settings: defaults, `scimward.toml`, the environment and flags, read once into the types that
//! the layers work with.
//!
//! A setting is a field where it is used and one row in `settings`. This is the only reader of the
//! environment. Unknown names are errors, and every problem is named at once with its remedy. No
//! message repeats a value that may hold a secret.

mod files;
mod flags;
mod parse;
mod reader;
mod service_links;
mod settings;
mod sources;
mod value;

use std::ffi::OsString;

pub use self::flags::Flags;
pub use self::reader::{ConfigError, ReportLine};
pub use self::settings::Settings;

/// Reads the configuration of this process.
pub fn load(flags: &Flags) -> Result<Settings, ConfigError> {
    check(flags).0
}

/// Reads the configuration of this process; also says what was found where, right or wrong.
pub fn check(flags: &Flags) -> (Result<Settings, ConfigError>, Vec<ReportLine>) {
    load_from(flags, std::env::vars_os())
}

/// The same with this environment.
pub fn load_from(
    flags: &Flags,
    environment: impl Iterator<Item = (OsString, OsString)>,
) -> (Result<Settings, ConfigError>, Vec<ReportLine>) {
    let sources = match sources::Sources::read(flags, environment) {
        Ok(sources) => sources,
        Err(problem) => return (Err(ConfigError(vec![problem])), Vec::new()),
    };
    let (settings, mut lines) = reader::read(sources, settings::read);
    // The manual lists it last; it is read before, because several structs hold it.
    lines.sort_by_key(|line| line.key == "SCIMWARD_PRODUCT_NAME");
    (settings, lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name, whether it is secret, and default.
    type Row<'a> = (&'a str, bool, Option<&'a str>);

    #[test]
    fn the_manual_lists_every_setting_with_its_default() {
        let manual = include_str!("../../README.md").lines();
        let documented: Vec<Row<'_>> =
            manual.filter(|line| line.starts_with("| `SCIMWARD_")).flat_map(documented).collect();

        let (_, lines) = load_from(&Flags::default(), std::iter::empty());
        let read = lines.iter().map(|line| (line.key.as_str(), line.secret, line.default));
        assert_eq!(documented, read.collect::<Vec<_>>());
    }

    /// The settings of a line of the manual's table. A default that is not code is none.
    fn documented(line: &str) -> Vec<Row<'_>> {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let default = cells[2].strip_prefix('`').and_then(|text| text.strip_suffix('`'));
        let names = cells[1].split('`').filter(|part| part.starts_with("SCIMWARD_"));
        names.map(|name| (name, cells[1].contains("(secret)"), default)).collect()
    }
}
