//! How to reach a PostgreSQL server.

use std::fmt;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, TargetSessionAttrs};

use super::encryption::{Encryption, TlsParameters};
use crate::domain::network::login::check_login;

/// How long an address may take to accept a connection.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// A `postgres://` URL.
#[derive(Clone, PartialEq, Eq)]
pub struct PgUrl {
    pub(crate) config: Box<Config>,
    pub(crate) encryption: Encryption,
}

impl PgUrl {
    /// Reads a `postgres://` URL.
    ///
    /// # Errors
    /// A sentence that says what is wrong, without the URL's password.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        check_login(text).map_err(|error| error.to_string())?;
        let (rest, parameters) = split(text)?;
        let mut config: Config = rest.parse().map_err(|error| {
            format!(
                "the PostgreSQL URL cannot be read: {}",
                super::connect_error::with_causes(&error)
            )
        })?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err("the PostgreSQL URL names no host: write \
                        postgres://USER@HOST/DATABASE"
                .to_owned());
        }
        let encryption = Encryption::of(&config, &parameters)?;
        config.ssl_mode(encryption.mode);
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        if config.get_application_name().is_none() {
            config.application_name("scimward");
        }
        // A standby may lag behind: it would accept a token that was replaced a moment ago.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        // Detects a peer that vanished while a connection was idle.
        config.keepalives_idle(Duration::from_mins(1));
        Ok(Self { config: Box::new(config), encryption })
    }

    /// How long connecting may take when every address has to be tried.
    pub(crate) fn patience(&self) -> Duration {
        let hosts = self.config.get_hosts().len().max(self.config.get_hostaddrs().len());
        let each = self.config.get_connect_timeout().copied().unwrap_or(CONNECT_TIMEOUT);
        each.saturating_mul(u32::try_from(hosts).unwrap_or(1).saturating_add(1))
    }
}

/// What tokio-postgres understands after the `?`.
const OPTIONS: [&str; 18] = [
    "application_name",
    "channel_binding",
    "connect_timeout",
    "dbname",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_retries",
    "load_balance_hosts",
    "options",
    "password",
    "port",
    "sslnegotiation",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
];

/// The URL without our parameters, and these. An unknown name is not repeated: it may be what comes
/// after an `&` in a password.
fn split(text: &str) -> Result<(String, TlsParameters), String> {
    let mut parameters = TlsParameters::default();
    let Some((base, query)) = text.split_once('?') else {
        return Ok((text.to_owned(), parameters));
    };
    let mut others = Vec::new();
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let place = match name {
            "sslmode" => &mut parameters.mode,
            "sslrootcert" => &mut parameters.roots,
            name if OPTIONS.contains(&name) => {
                others.push(pair);
                continue;
            }
            _ => {
                return Err(format!(
                    "after the ? of the PostgreSQL URL only sslmode, sslrootcert, {} are known; \
                     client certificates (sslcert, sslkey) are not supported",
                    OPTIONS.join(", ")
                ));
            }
        };
        *place = Some(percent_decode_str(value).decode_utf8_lossy().into_owned());
    }
    if others.is_empty() {
        return Ok((base.to_owned(), parameters));
    }
    Ok((format!("{base}?{}", others.join("&")), parameters))
}

impl fmt::Display for PgUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ports = self.config.get_ports();
        let hosts = self.config.get_hosts().iter().enumerate().map(|(place, host)| {
            let port = ports.get(place).or(ports.first()).filter(|port| **port != 5432);
            let port = port.map(|port| format!(":{port}")).unwrap_or_default();
            match host {
                Host::Tcp(name) => format!("{name}{port}"),
                Host::Unix(path) => format!("{}{port}", path.display()),
            }
        });
        let user = self.config.get_user().map(|user| format!("{user}@")).unwrap_or_default();
        let database = self.config.get_dbname().unwrap_or_default();
        write!(f, "postgres://{user}{}/{database}", hosts.collect::<Vec<_>>().join(","))
    }
}

impl fmt::Debug for PgUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_said_without_the_password() {
        for (text, part) in [
            ("postgres://ward:hunter2@db/scim?sslmode=verify", "sslmode=verify is not known"),
            ("postgres://ward:hunter2@db/scim?sslcert=x", "sslcert"),
            ("postgres://ward:hunter2@db:port/scim", "port"),
            ("postgres:///scim", "names no host"),
            ("postgres://ward:Tr0ub@dor-hunter2@db/scim", "%40 for @"),
            ("postgres://ward:Tr0ub/dor-hunter2@db/scim", "%2F for /"),
            ("postgres://ward:4/dor-hunter2@db/scim", "%2F for /"),
            ("postgres://ward:Tr0ub?dor-hunter2@db/scim", "%3F for ?"),
            ("postgres://ward:Tr0ub#dor-hunter2@db/scim", "%23 for #"),
            ("postgres://ward@db/scim?user=x@hunter2", "%40 for @"),
            ("postgres://ward@db/scim?password=x&hunter2", "sslrootcert"),
            ("postgres:ward:hunter2@db/scim?x=y", "%40"),
        ] {
            let error = PgUrl::parse(text).unwrap_err();
            assert!(error.contains(part) && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn several_hosts_are_kept_and_shown() {
        let url = PgUrl::parse("postgres://ward:hunter2@a:5433,b:5434/scim").unwrap();

        assert_eq!(url.to_string(), "postgres://ward@a:5433,b:5434/scim");
        assert_eq!(url.patience(), CONNECT_TIMEOUT * 3);
    }
}
