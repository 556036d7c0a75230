//! What the manual says about each setting. `docs/configuration.md`, the manual page and the
//! configuration file of the packages are made from this.

use super::ReportLine;
use super::reader;
use super::settings;
use super::sources::Sources;

/// Each setting and what it means, with code in backticks.
const MEANINGS: &[(&str, &str)] = &[
    ("SCIMWARD_LISTEN", "address and port"),
    (
        "SCIMWARD_DATABASE_URL",
        "a file, or `postgres://user:password@host/database`: see databases.md",
    ),
    ("SCIMWARD_DATABASE_WAIT", "seconds for which a server that starts waits for PostgreSQL"),
    (
        "SCIMWARD_PUBLIC_URL",
        "where people and clients reach scimward: for links, cookies and SCIM locations; made from `SCIMWARD_LISTEN` if it is not set",
    ),
    (
        "SCIMWARD_SMTP_URL",
        "the mail server: `smtp://user:password@host:587` (STARTTLS required; `?tls=none` to do without) or `smtps://...`; `?ca=FILE` names an authority of your own",
    ),
    ("SCIMWARD_MAIL_FROM", "sender of mails: required once there is a mail server"),
    ("SCIMWARD_MAIL_TO_EXTRA", "further recipients, separated by commas"),
    (
        "SCIMWARD_WEBHOOKS",
        "receivers that get what Server Admins get by mail: `json URL SECRET`, `slack URL` or `teams URL`, one in each line; see [notifications.md](notifications.md#webhooks)",
    ),
    ("SCIMWARD_MAIL_DIR", "where mails are written while there is no mail server"),
    ("SCIMWARD_TIMEZONE", "the zone whose calendar days count, such as `Europe/Berlin`"),
    ("SCIMWARD_NOTIFY_AT", "time of day of notifications, in that zone"),
    (
        "SCIMWARD_SILENCE_AFTER",
        "when the absence of requests is worth a warning: `auto` learns it from the connection, `off`, or a number of days from 1 to 365; see [notifications.md](notifications.md#silence)",
    ),
    (
        "SCIMWARD_TRUSTED_PROXIES",
        "networks of proxies whose `X-Forwarded-For` is believed, such as `10.0.0.0/8`, separated by commas",
    ),
    ("SCIMWARD_TLS_CERT", "PEM file: serve HTTPS with this certificate and those it is signed by"),
    ("SCIMWARD_TLS_KEY", "PEM file: the key of that certificate"),
    (
        "SCIMWARD_SCIM_BASE_URL",
        "where the identity provider sends its requests, such as `https://scim.example.com/scim/v2`: the proxy or the application, not scimward itself; pages tell people to enter it",
    ),
    (
        "SCIMWARD_INTROSPECTION_CLIENTS",
        "applications that may ask: `id:secret` pairs, separated by commas or line ends; a secret has at least 32 characters, such as `openssl rand -hex 32` makes; introspection is off without",
    ),
    (
        "SCIMWARD_KEEP_ALIVE",
        "seconds for which an unused connection is kept; more than a load balancer in front keeps it",
    ),
    ("SCIMWARD_METRICS_LISTEN", "address and port for Prometheus: see monitoring.md"),
    (
        "SCIMWARD_CONFIRM_IDENTITY",
        "whether whatever decides who may do what asks for the passkey or, without one, the password again, 15 minutes after the login: see [security.md](security.md#a-fresh-proof)",
    ),
    ("SCIMWARD_ACCESS_LOG", "a line in the log for each request, without its query: see logs.md"),
    (
        "SCIMWARD_CONNECTION_TEST",
        "whether `/scim/v2/Users` and `/scim/v2/Groups` answer a connection test",
    ),
    (
        "SCIMWARD_ACCEPT_BARE_TOKEN",
        "accept the token without `Bearer ` in front (Okta's header mode)",
    ),
    (
        "SCIMWARD_CLIENT_NETWORKS",
        "networks from which the token is accepted, separated by commas; any if it is not set. API keys are accepted from anywhere",
    ),
    ("SCIMWARD_ALLOW_PLAIN_HTTP", "allow HTTP without TLS on an address other than loopback"),
    (
        "SCIMWARD_REQUIRE_PASSKEY",
        "no Server Admin goes on without a passkey; needs an https address with a host name in `SCIMWARD_PUBLIC_URL`",
    ),
    ("SCIMWARD_ACTIVITY_RETENTION_DAYS", "how long activity is kept"),
    ("SCIMWARD_LOG", "level: `error`, `warn`, `info`, `debug` or `trace`"),
    ("SCIMWARD_LOG_FORMAT", "form of the log: `text` or `json`"),
    ("SCIMWARD_PRODUCT_NAME", "the name in pages and mails"),
];

/// A setting as the manual describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Described {
    /// The name in the environment.
    pub variable: &'static str,
    /// The value when it is not set.
    pub default: Option<&'static str>,
    /// Whether it is a secret and so may come from a file.
    pub is_secret: bool,
    /// What it means, with code in backticks.
    pub meaning: &'static str,
}

impl Described {
    /// The name in the configuration file.
    pub fn name(&self) -> String {
        self.variable.trim_start_matches("SCIMWARD_").to_ascii_lowercase()
    }
}

/// All settings, in the order of the manual.
pub fn settings() -> Vec<Described> {
    let (_, rows) = reader::read(Sources::default(), settings::read);
    rows.iter().filter_map(describe).collect()
}

fn describe(row: &ReportLine) -> Option<Described> {
    let (variable, meaning) = MEANINGS.iter().find(|(variable, _)| *variable == row.key)?;
    Some(Described { variable, default: row.default, is_secret: row.secret, meaning })
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;
    use std::{env, fs, path::Path};

    use super::*;

    #[test]
    fn every_setting_has_a_meaning_and_every_meaning_a_setting() {
        let (_, rows) = reader::read(Sources::default(), settings::read);
        let rows: Vec<&str> = rows.iter().map(|row| row.key.as_str()).collect();
        let meanings: Vec<&str> = MEANINGS.iter().map(|(variable, _)| *variable).collect();
        let without = |all: &[&str], some: &[&str]| -> Vec<String> {
            let missing = all.iter().filter(|variable| !some.contains(variable));
            missing.map(|variable| (*variable).to_owned()).collect()
        };
        assert_eq!(without(&rows, &meanings), [""; 0], "add their meaning to MEANINGS");
        assert_eq!(without(&meanings, &rows), [""; 0], "these are no settings");
    }

    /// `UPDATE_MANUAL=1 cargo test --lib manual` writes the table.
    #[test]
    fn the_manual_has_the_table_of_settings() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
        let manual = fs::read_to_string(&path).unwrap();
        let begin = manual.find("| setting |").unwrap();
        let end = begin + manual[begin..].find("\n\n").unwrap() + 1;
        let table = table();
        if env::var_os("UPDATE_MANUAL").is_some() {
            fs::write(path, [&manual[..begin], &table, &manual[end..]].concat()).unwrap();
        } else {
            assert_eq!(manual[begin..end], table, "UPDATE_MANUAL=1 cargo test --lib manual");
        }
    }

    fn table() -> String {
        let mut table = "| setting | default | |\n| --- | --- | --- |\n".to_owned();
        for setting in settings() {
            let Described { variable, default, is_secret, meaning } = setting;
            let secret = if is_secret { " (secret)" } else { "" };
            let default = default.map_or("none".to_owned(), |default| format!("`{default}`"));
            writeln!(table, "| `{variable}`{secret} | {default} | {} |", linked(meaning)).unwrap();
        }
        table
    }

    /// With links to the other files of the manual.
    fn linked(meaning: &str) -> String {
        let words = meaning.split(' ').map(|word| match word.strip_suffix(".md") {
            Some(_) => format!("[{word}]({word})"),
            None => word.to_owned(),
        });
        words.collect::<Vec<_>>().join(" ")
    }
}
