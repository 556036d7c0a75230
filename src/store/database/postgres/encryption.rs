//! Whether the connection to a server is encrypted, and what is checked of the server.

use std::net::IpAddr;
use std::path::PathBuf;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

/// What `sslmode` and `sslrootcert` say, with libpq's meaning of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Encryption {
    /// Whether to encrypt.
    pub(crate) mode: SslMode,
    /// What to check of the server's certificate.
    pub(crate) check: CertificateCheck,
    /// PEM file with the authorities to trust; none for the public ones.
    pub(crate) roots: Option<PathBuf>,
    /// What an attacker on the network can do, if anything.
    pub(crate) danger: Option<String>,
}

/// What is checked of the server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CertificateCheck {
    /// Nothing: protects against eavesdroppers, not against impostors.
    Nothing,
    /// That a trusted authority signed it.
    Authority,
    /// That, and that it is for the host in the URL.
    AuthorityAndName,
}

/// The parameters that tokio-postgres does not know in full.
#[derive(Default)]
pub(super) struct TlsParameters {
    pub(super) mode: Option<String>,
    pub(super) roots: Option<String>,
}

impl Encryption {
    /// What the parameters mean for the hosts of `config`. Over a network, less than `verify-full`
    /// must be asked for.
    ///
    /// # Errors
    /// A sentence, when the mode is not known.
    pub(super) fn of(config: &Config, parameters: &TlsParameters) -> Result<Self, String> {
        let is_remote = is_remote(config);
        let default = if is_remote { "verify-full" } else { "prefer" };
        let name = parameters.mode.as_deref().unwrap_or(default);
        let has_roots = parameters.roots.is_some();
        let (mode, check) = match name {
            "disable" => (SslMode::Disable, CertificateCheck::Nothing),
            "allow" | "prefer" => (SslMode::Prefer, CertificateCheck::Nothing),
            "require" if has_roots => (SslMode::Require, CertificateCheck::Authority),
            "require" => (SslMode::Require, CertificateCheck::Nothing),
            "verify-ca" => (SslMode::Require, CertificateCheck::Authority),
            "verify-full" => (SslMode::Require, CertificateCheck::AuthorityAndName),
            other => {
                return Err(format!(
                    "sslmode={other} is not known: write disable, prefer, require, verify-ca or \
                     verify-full"
                ));
            }
        };
        let danger = danger(mode, check).filter(|_| is_remote).map(|danger| {
            format!(
                "with sslmode={name} {danger}: the password and the data can go to an impostor; \
                 write sslmode=verify-full"
            )
        });
        // PostgreSQL does not encrypt local sockets.
        let mode = if is_socket(config) { SslMode::Disable } else { mode };
        let roots = parameters.roots.as_ref().filter(|file| *file != "system").map(PathBuf::from);
        Ok(Self { mode, check, roots, danger })
    }
}

const fn danger(mode: SslMode, check: CertificateCheck) -> Option<&'static str> {
    match (mode, check) {
        (SslMode::Disable, _) => {
            Some("nothing is encrypted, and nobody checks who answers as the database server")
        }
        (_, CertificateCheck::Nothing) => Some("nobody checks who answers as the database server"),
        (_, CertificateCheck::Authority) => {
            Some("anybody with a certificate of that authority can answer as the database server")
        }
        (_, CertificateCheck::AuthorityAndName) => None,
    }
}

/// Whether every host is a socket of this machine.
fn is_socket(config: &Config) -> bool {
    config.get_hostaddrs().is_empty()
        && config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_)))
}

/// Whether a connection may leave this machine. An address in `hostaddr` is used in place of the
/// host's name.
fn is_remote(config: &Config) -> bool {
    let addresses = config.get_hostaddrs();
    if addresses.is_empty() {
        return config.get_hosts().iter().any(|host| match host {
            Host::Tcp(name) => !is_this_machine(name),
            Host::Unix(_) => false,
        });
    }
    addresses.iter().any(|address| !address.to_canonical().is_loopback())
}

fn is_this_machine(name: &str) -> bool {
    name.parse::<IpAddr>().map_or_else(
        |_| name.eq_ignore_ascii_case("localhost"),
        |address| address.to_canonical().is_loopback(),
    )
}

#[cfg(test)]
mod tests {
    use super::super::PgUrl;
    use super::*;

    fn encryption(url: &str) -> Encryption {
        PgUrl::parse(url).unwrap().encryption
    }

    #[test]
    fn sslmode_means_what_it_means_to_libpq() {
        use CertificateCheck::{Authority, AuthorityAndName, Nothing};
        for (parameters, mode, check, roots) in [
            ("sslmode=disable", SslMode::Disable, Nothing, None),
            ("sslmode=allow", SslMode::Prefer, Nothing, None),
            ("sslmode=prefer", SslMode::Prefer, Nothing, None),
            ("sslmode=require&connect_timeout=3", SslMode::Require, Nothing, None),
            ("sslrootcert=%2Fca.pem&sslmode=require", SslMode::Require, Authority, Some("/ca.pem")),
            ("sslmode=verify-ca", SslMode::Require, Authority, None),
            ("sslmode=verify-full&sslrootcert=system", SslMode::Require, AuthorityAndName, None),
            (
                "sslmode=verify-full&sslrootcert=a/ca.pem",
                SslMode::Require,
                AuthorityAndName,
                Some("a/ca.pem"),
            ),
        ] {
            for host in ["db", "localhost"] {
                let read = encryption(&format!("postgres://ward@{host}/scim?{parameters}"));
                let roots = roots.map(PathBuf::from);
                assert_eq!(
                    (read.mode, read.check, read.roots),
                    (mode, check, roots),
                    "{parameters}"
                );
            }
        }
        let local = encryption("postgres://ward@%2Frun%2Fpostgresql/scim?sslmode=require");
        assert_eq!(local.mode, SslMode::Disable);
    }

    #[test]
    fn a_remote_host_is_verified_unless_less_is_asked_for() {
        for host in [
            "db/scim",
            "db.example.com:5433/scim",
            "192.0.2.1/scim",
            "0.0.0.0/scim",
            "[2001:db8::1]/scim",
            "[::ffff:192.0.2.1]/scim",
            "localhost.example.com/scim",
            "127.0.0.1.example.com/scim",
            "localhost,db/scim",
            "db,localhost/scim",
            "%2Frun%2Fpostgresql,db/scim",
            "localhost/scim?host=db",
            "localhost/scim?hostaddr=192.0.2.1",
            "%2Frun%2Fpostgresql/scim?hostaddr=192.0.2.1",
            "127.0.0.1,localhost/scim?hostaddr=127.0.0.1,192.0.2.1",
            "/scim?hostaddr=2001:db8::1",
        ] {
            for parameter in ["", "sslrootcert=ca.pem", "sslrootcert=system"] {
                let mark = if host.contains('?') { '&' } else { '?' };
                let tail =
                    if parameter.is_empty() { String::new() } else { format!("{mark}{parameter}") };
                let read = encryption(&format!("postgres://ward@{host}{tail}"));
                let found = (read.mode, read.check, read.danger);
                let expected = (SslMode::Require, CertificateCheck::AuthorityAndName, None);
                assert_eq!(found, expected, "{host}{tail}");
            }
        }
    }

    #[test]
    fn this_machine_needs_no_certificate() {
        for (host, mode) in [
            ("localhost/scim", SslMode::Prefer),
            ("LOCALHOST:5433/scim", SslMode::Prefer),
            ("127.0.0.1/scim", SslMode::Prefer),
            ("127.8.9.10/scim", SslMode::Prefer),
            ("[::1]/scim", SslMode::Prefer),
            ("[::ffff:127.0.0.1]/scim", SslMode::Prefer),
            ("localhost,127.0.0.1,[::1]/scim", SslMode::Prefer),
            ("%2Frun%2Fpostgresql,localhost/scim", SslMode::Prefer),
            ("db/scim?hostaddr=127.0.0.1", SslMode::Prefer),
            ("%2Frun%2Fpostgresql/scim", SslMode::Disable),
            ("/scim?host=/run/postgresql", SslMode::Disable),
        ] {
            let read = encryption(&format!("postgres://ward@{host}"));
            let found = (read.mode, read.check, read.danger);
            assert_eq!(found, (mode, CertificateCheck::Nothing, None), "{host}");
        }
    }

    #[test]
    fn what_is_asked_for_and_dangerous_is_named_without_the_password() {
        for mode in ["disable", "allow", "prefer", "require", "verify-ca", "require&sslrootcert=a"]
        {
            let url = |host: &str| format!("postgres://ward:hunter2@{host}/scim?sslmode={mode}");
            let name = mode.split('&').next().unwrap();
            for host in ["db", "localhost,db", "%2Frun%2Fpostgresql,192.0.2.1"] {
                let danger = encryption(&url(host)).danger.unwrap();
                assert!(danger.contains(&format!("sslmode={name} ")), "{danger}");
                assert!(danger.contains("the password and the data can go to an impostor"));
                assert!(!danger.contains("hunter2"), "{danger}");
            }
            for host in ["localhost", "127.0.0.1", "%2Frun%2Fpostgresql"] {
                assert_eq!(encryption(&url(host)).danger, None, "{host} {mode}");
            }
        }
        assert_eq!(encryption("postgres://ward@db/scim?sslmode=verify-full").danger, None);
    }
}
