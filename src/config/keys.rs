//! The settings there are.

use super::PREFIX;

/// One setting.
#[derive(Debug)]
pub(super) struct Key {
    /// Its name in the configuration file; in the environment upper case after `SCIMWARD_`.
    pub(super) name: &'static str,
    /// What it is when nobody sets it.
    pub(super) default: Option<&'static str>,
    /// Whether it holds a secret: then it is never printed and may come from a file.
    pub(super) secret: bool,
}

impl Key {
    /// Its name in the environment.
    pub(super) fn variable(&self) -> String {
        format!("{PREFIX}{}", self.name.to_ascii_uppercase())
    }
}

const fn open(name: &'static str, default: Option<&'static str>) -> Key {
    Key { name, default, secret: false }
}

const fn secret(name: &'static str, default: Option<&'static str>) -> Key {
    Key { name, default, secret: true }
}

/// Every setting, in the order of the manual.
pub(super) const ALL: &[Key] = &[
    open("listen", Some("127.0.0.1:8080")),
    secret("database_url", Some("sqlite:data/scimward.db")),
    open("public_url", None),
    secret("smtp_url", None),
    open("mail_from", Some("scimward@localhost")),
    open("mail_to_extra", None),
    open("mail_dir", Some("data/mail")),
    open("timezone", Some("UTC")),
    open("notify_at", Some("09:00")),
    open("trusted_proxies", None),
    open("tls_cert", None),
    open("tls_key", None),
    secret("introspection_clients", None),
    open("metrics_listen", None),
    open("connection_test", Some("true")),
    open("accept_bare_token", Some("false")),
    open("client_networks", None),
    open("allow_plain_http", Some("false")),
    open("activity_retention_days", Some("400")),
    open("log", Some("info")),
    open("log_format", Some("text")),
    open("product_name", Some("scimward")),
];

/// The setting with this name.
pub(super) fn find(name: &str) -> Option<&'static Key> {
    ALL.iter().find(|key| key.name == name)
}
