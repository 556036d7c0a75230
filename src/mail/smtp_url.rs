//! Which mail server to use, how long to wait for it, and which certificates to trust.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use lettre::transport::smtp::client::{Certificate, CertificateStore, TlsParameters};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::domain::network::login::{AmbiguousLogin, check_login};

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Security {
    /// It begins in the clear and must be upgraded before anything is sent (RFC 3207).
    StartTls,
    /// TLS from the first byte (RFC 8314).
    Implicit,
    /// None, on request: `?tls=none`.
    None,
}

/// How long to wait for a mail server. Together they are less than the time for which a claim holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TimeLimits {
    /// Connecting, encrypting, greeting and signing in together.
    pub(super) opening: Duration,
    /// Connecting to one of several addresses of the server.
    pub(super) connecting: Duration,
    /// The answer to a command.
    pub(super) command: Duration,
    /// The answer to the mail itself: servers may scan it first.
    pub(super) content: Duration,
}

impl TimeLimits {
    const PRODUCTION: Self = Self {
        opening: Duration::from_secs(45),
        connecting: Duration::from_secs(15),
        command: Duration::from_secs(30),
        content: Duration::from_mins(1),
    };
}

/// A mail server.
#[derive(Clone)]
pub struct MailServer {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    pub(super) login: Option<(String, SecretString)>,
    pub(super) limits: TimeLimits,
}

/// The text names no mail server. It is not repeated, because it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidServer {
    /// Not a URL with a host.
    #[error("write smtp://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST:465")]
    Unreadable,
    /// A user without a password, or the other way round.
    #[error("give both a user and a password, or neither")]
    HalfLogin,
    /// Not percent-encoded UTF-8.
    #[error(transparent)]
    Encoding(#[from] AmbiguousLogin),
    /// Something after the host other than `?tls=`.
    #[error("after the host only ?tls=none (no encryption) is understood, and only with smtp://")]
    Options,
}

impl FromStr for MailServer {
    type Err = InvalidServer;

    fn from_str(text: &str) -> Result<Self, InvalidServer> {
        if text.contains("://") {
            check_login(text)?;
        }
        let url = Url::parse(text.trim()).map_err(|_unreadable| InvalidServer::Unreadable)?;
        let host = url.host_str().filter(|host| !host.is_empty());
        let host = host.ok_or(InvalidServer::Unreadable)?;
        let security = match (url.scheme(), url.query()) {
            ("smtps", None | Some("tls=required")) => Security::Implicit,
            ("smtp", None | Some("tls=required")) => Security::StartTls,
            ("smtp", Some("tls=none")) => Security::None,
            ("smtp" | "smtps", _) => return Err(InvalidServer::Options),
            _ => return Err(InvalidServer::Unreadable),
        };
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(InvalidServer::Options);
        }
        let default_port = if security == Security::Implicit { 465 } else { 587 };
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port().unwrap_or(default_port),
            security,
            login: login(&url)?,
            limits: TimeLimits::PRODUCTION,
        })
    }
}

fn login(url: &Url) -> Result<Option<(String, SecretString)>, InvalidServer> {
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        ("", Some(_)) | (_, None) => Err(InvalidServer::HalfLogin),
        (user, Some(password)) => Ok(Some((decode(user)?, decode(password)?.into()))),
    }
}

fn decode(text: &str) -> Result<String, InvalidServer> {
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8();
    decoded.map(String::from).map_err(|_malformed| AmbiguousLogin.into())
}

impl MailServer {
    /// Trusts the machine's certificate authorities, or Mozilla's if the machine has none.
    pub(super) fn tls(&self) -> Result<TlsParameters, String> {
        let builder = TlsParameters::builder(self.host.clone());
        let trusted = rustls_native_certs::load_native_certs().certs;
        let builder = if trusted.is_empty() {
            builder.certificate_store(CertificateStore::WebpkiRoots)
        } else {
            let usable =
                trusted.into_iter().filter_map(|der| Certificate::from_der(der.to_vec()).ok());
            usable.fold(
                builder.certificate_store(CertificateStore::None),
                lettre::transport::smtp::client::TlsParametersBuilder::add_root_certificate,
            )
        };
        builder.build().map_err(|error| error.to_string())
    }

    /// User and password in plain text, for the `AUTH` command.
    pub(super) fn credentials(&self) -> Option<(String, String)> {
        let (user, password) = self.login.as_ref()?;
        Some((user.clone(), password.expose_secret().to_owned()))
    }
}

impl fmt::Display for MailServer {
    /// Writes the URL without user and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, query) = match self.security {
            Security::StartTls => ("smtp", ""),
            Security::Implicit => ("smtps", ""),
            Security::None => ("smtp", "?tls=none"),
        };
        let host =
            if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        write!(f, "{scheme}://{host}:{}{query}", self.port)
    }
}

impl fmt::Debug for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_server_or_is_refused() {
        for (text, shown) in [
            ("smtp://mail.example.com", "smtp://mail.example.com:587"),
            ("smtp://u:p@mail.example.com:25/", "smtp://mail.example.com:25"),
            ("smtp://127.0.0.1:2525?tls=none", "smtp://127.0.0.1:2525?tls=none"),
            ("smtps://[::1]", "smtps://[::1]:465"),
            ("smtp://mail.example.com?tls=required", "smtp://mail.example.com:587"),
        ] {
            assert_eq!(text.parse::<MailServer>().unwrap().to_string(), shown);
        }
        for (text, error) in [
            ("", InvalidServer::Unreadable),
            ("mail.example.com:25", InvalidServer::Unreadable),
            ("http://mail.example.com", InvalidServer::Unreadable),
            ("smtp://", InvalidServer::Unreadable),
            ("smtp://user@mail.example.com", InvalidServer::HalfLogin),
            ("smtp://:p@mail.example.com", InvalidServer::HalfLogin),
            ("smtp://u:%ff@mail.example.com", AmbiguousLogin.into()),
            ("smtp://u:p@w@mail.example.com", AmbiguousLogin.into()),
            ("smtp://u:p/w@mail.example.com", AmbiguousLogin.into()),
            ("smtp://u:25/w@mail.example.com", AmbiguousLogin.into()),
            ("smtp://u:p?w@mail.example.com", AmbiguousLogin.into()),
            ("smtps://u:25#w@mail.example.com:465", AmbiguousLogin.into()),
            ("smtp://mail.example.com?tls=maybe", InvalidServer::Options),
            ("smtps://mail.example.com?tls=none", InvalidServer::Options),
            ("smtp://mail.example.com/x", InvalidServer::Options),
        ] {
            assert_eq!(text.parse::<MailServer>().err(), Some(error), "{text}");
        }
    }

    #[test]
    fn a_login_is_decoded_and_never_shown() {
        let server: MailServer = "smtp://a%40b.example:p%2Fw%3A@mail.example.com".parse().unwrap();

        assert_eq!(server.credentials(), Some(("a@b.example".to_owned(), "p/w:".to_owned())));
        let shown = format!("{server} {server:?}");
        assert!(!shown.contains("p/w") && !shown.contains("p%2Fw"), "{shown}");
    }
}
