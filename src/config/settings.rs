//! The settings as types.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use chrono::NaiveTime;
use chrono_tz::Tz;
use secrecy::ExposeSecret;
use tracing::Level;

use super::raw::Raw;
use super::{ConfigError, ReportLine, keys};
use crate::domain::admin::person::EmailAddress;
use crate::domain::introspection_client::Applications;
use crate::domain::network::Networks;
use crate::domain::network::public_url::PublicUrl;
use crate::mail::MailServer;
use crate::store::DatabaseUrl;

/// Everything that can be configured, parsed.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The database.
    pub database: DatabaseUrl,
    /// Where people and clients reach scimward.
    pub public_url: PublicUrl,
    /// The mail server; nothing means that mails become files.
    pub smtp_url: Option<MailServer>,
    /// The sender of mails.
    pub mail_from: EmailAddress,
    /// Further recipients of notifications.
    pub mail_to_extra: Vec<EmailAddress>,
    /// Where mails are written when there is no mail server.
    pub mail_dir: PathBuf,
    /// The zone whose calendar days count.
    pub timezone: Tz,
    /// The time of day at which notifications go out.
    pub notify_at: NaiveTime,
    /// Proxies whose `X-Forwarded-For` counts.
    pub trusted_proxies: Networks,
    /// Networks from which the token is accepted; nothing means any.
    pub client_networks: Option<Networks>,
    /// Certificate and key for serving HTTPS.
    pub tls: Option<TlsFiles>,
    /// Who may ask the introspection endpoint.
    pub introspection_clients: Applications,
    /// Where to serve metrics.
    pub metrics_listen: Option<SocketAddr>,
    /// Whether `/Users` and `/Groups` answer a connection test.
    pub connection_test: bool,
    /// Whether a token without `Bearer ` is accepted.
    pub accept_bare_token: bool,
    /// How long activity is kept, in days.
    pub activity_retention_days: u32,
    /// The log level.
    pub log: Level,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// The product's name in pages and mails.
    pub product_name: String,
}

/// PEM files for serving HTTPS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate chain.
    pub cert: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object for each line.
    Json,
}

/// Reads single settings and gathers what is wrong with them.
struct Reader {
    raw: Raw,
    problems: Vec<String>,
}

impl Reader {
    fn text(&self, name: &str) -> Option<String> {
        self.raw.get(name).map(|value| value.text.expose_secret().to_owned())
    }

    fn problem(&mut self, name: &str, what: &str) {
        let variable = keys::find(name).map(keys::Key::variable).unwrap_or_default();
        let origin = self.raw.get(name).map(|value| format!(" ({})", value.origin));
        self.problems.push(format!("{variable}{}: {what}", origin.unwrap_or_default()));
    }

    /// The setting read by `read`; the problem is noted if it cannot be read.
    fn read<T, E: ToString>(
        &mut self,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(name)?;
        match read(&text) {
            Ok(value) => Some(value),
            Err(error) => {
                self.problem(name, &error.to_string());
                None
            }
        }
    }

    fn parse<T: FromStr>(&mut self, name: &str, expected: &str) -> Option<T> {
        self.read(name, |text| {
            text.trim().parse::<T>().map_err(|_unreadable| format!("{text:?} is not {expected}"))
        })
    }

    fn flag(&mut self, name: &str) -> bool {
        self.parse(name, "true or false").unwrap_or_default()
    }
}

impl Settings {
    /// Parses the texts of all settings.
    ///
    /// # Errors
    /// [`ConfigError`] with every problem there is.
    pub(super) fn parse(mut raw: Raw) -> Result<Self, ConfigError> {
        let problems = std::mem::take(&mut raw.problems);
        let mut reader = Reader { raw, problems };
        let settings = read_all(&mut reader);
        match settings {
            Some(settings) if reader.problems.is_empty() => Ok(settings),
            _ => Err(ConfigError(reader.problems)),
        }
    }
}

const ADDRESS: &str = "an address and a port, such as 127.0.0.1:8080 or [::1]:8080";

/// Reads every setting before giving up, so that all problems are named at once.
fn read_all(r: &mut Reader) -> Option<Settings> {
    let listen = r.parse::<SocketAddr>("listen", ADDRESS);
    let database = r.read("database_url", str::parse::<DatabaseUrl>);
    let public_url = public_url(r, listen);
    let smtp_url = r.read("smtp_url", str::parse::<MailServer>);
    let mail_from = r.read("mail_from", str::parse::<EmailAddress>);
    let mail_to_extra = r.read("mail_to_extra", parse_addresses).unwrap_or_default();
    let timezone = r.parse::<Tz>("timezone", "a time zone, such as Europe/Berlin");
    let notify_at = r.read("notify_at", parse_time_of_day);
    let trusted_proxies = r.read("trusted_proxies", Networks::parse).unwrap_or_default();
    let client_networks = r.read("client_networks", Networks::parse);
    let tls = tls(r);
    let introspection_clients =
        r.read("introspection_clients", Applications::parse).unwrap_or_default();
    let metrics_listen = r.parse::<SocketAddr>("metrics_listen", ADDRESS);
    let retention = r.parse::<u32>("activity_retention_days", "a whole number of days");
    let log = r.read("log", parse_log_level);
    let log_format = r.read("log_format", parse_log_format);
    let product_name = r.read("product_name", parse_product_name);
    let (connection_test, accept_bare_token) =
        (r.flag("connection_test"), r.flag("accept_bare_token"));
    forbid_plain_http(r, listen, tls.is_some(), &trusted_proxies);
    Some(Settings {
        listen: listen?,
        database: database?,
        public_url: public_url?,
        smtp_url,
        mail_from: mail_from?,
        mail_to_extra,
        mail_dir: PathBuf::from(r.text("mail_dir")?),
        timezone: timezone?,
        notify_at: notify_at?,
        trusted_proxies,
        client_networks: client_networks.filter(|networks| !networks.is_empty()),
        tls,
        introspection_clients,
        metrics_listen,
        connection_test,
        accept_bare_token,
        activity_retention_days: retention?,
        log: log?,
        log_format: log_format?,
        product_name: product_name?,
    })
}

fn public_url(r: &mut Reader, listen: Option<SocketAddr>) -> Option<PublicUrl> {
    if r.raw.get("public_url").is_some() {
        return r.read("public_url", str::parse);
    }
    let scheme = if r.raw.get("tls_cert").is_some() { "https" } else { "http" };
    format!("{scheme}://{}", listen?).parse().ok()
}

fn tls(r: &mut Reader) -> Option<TlsFiles> {
    match (r.text("tls_cert"), r.text("tls_key")) {
        (Some(cert), Some(key)) => Some(TlsFiles { cert: cert.into(), key: key.into() }),
        (Some(_), None) => {
            r.problem("tls_cert", "SCIMWARD_TLS_KEY is missing: set both or neither");
            None
        }
        (None, Some(_)) => {
            r.problem("tls_key", "SCIMWARD_TLS_CERT is missing: set both or neither");
            None
        }
        (None, None) => None,
    }
}

/// A token must not cross a network in the clear (RFC 6750 section 5.3).
fn forbid_plain_http(
    r: &mut Reader,
    listen: Option<SocketAddr>,
    has_tls: bool,
    trusted_proxies: &Networks,
) {
    let allowed = r.flag("allow_plain_http");
    let exposed = listen.is_some_and(|listen| !listen.ip().to_canonical().is_loopback());
    if exposed && !has_tls && trusted_proxies.is_empty() && !allowed {
        r.problem(
            "listen",
            "on this address the token would cross the network unencrypted: set SCIMWARD_TLS_CERT \
             and SCIMWARD_TLS_KEY, or name the TLS proxy in SCIMWARD_TRUSTED_PROXIES, or set \
             SCIMWARD_ALLOW_PLAIN_HTTP=true",
        );
    }
}

fn parse_addresses(text: &str) -> Result<Vec<EmailAddress>, String> {
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| part.parse().map_err(|error| format!("{part:?}: {error}"))).collect()
}

fn parse_time_of_day(text: &str) -> Result<NaiveTime, String> {
    NaiveTime::parse_from_str(text, "%H:%M")
        .map_err(|_unreadable| format!("{text:?} is not a time of day, such as 09:00"))
}

fn parse_log_level(text: &str) -> Result<Level, String> {
    match text {
        "error" => Ok(Level::ERROR),
        "warn" => Ok(Level::WARN),
        "info" => Ok(Level::INFO),
        "debug" => Ok(Level::DEBUG),
        "trace" => Ok(Level::TRACE),
        _ => Err(format!("{text:?} is not one of error, warn, info, debug and trace")),
    }
}

fn parse_log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err(format!("{text:?} is neither text nor json")),
    }
}

fn parse_product_name(text: &str) -> Result<String, &'static str> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > 60 || name.chars().any(char::is_control) {
        return Err("the name must have 1 to 60 characters and no line break");
    }
    Ok(name.to_owned())
}

/// Every setting with its value, secrets masked, and where it comes from.
pub(super) fn report(raw: &Raw) -> Vec<ReportLine> {
    let line = |key: &'static keys::Key| {
        let value = raw.get(key.name);
        ReportLine {
            key: key.variable(),
            value: value.map(|value| shown(key, value.text.expose_secret())),
            origin: value.map(|value| value.origin.clone()),
        }
    };
    keys::ALL.iter().map(line).collect()
}

fn shown(key: &keys::Key, text: &str) -> String {
    match (key.name, key.secret) {
        ("smtp_url", _) => {
            text.parse::<MailServer>().map_or_else(|_| "(set)".to_owned(), |url| url.to_string())
        }
        ("database_url", _) => {
            text.parse::<DatabaseUrl>().map_or_else(|_| "(set)".to_owned(), |url| url.to_string())
        }
        (_, true) => "(set)".to_owned(),
        (_, false) => text.to_owned(),
    }
}
