//! Which mail server to use, how it is protected, and how long to wait for it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use lettre::transport::smtp::client::{CertificateStore, TlsParameters};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::trust::Trust;
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
    /// The only authority that is trusted, instead of the machine's.
    pub(super) authority: Option<PathBuf>,
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
    /// Something after the host other than `?tls=` and `?ca=`.
    #[error(
        "after the host only ?tls=none (no encryption, with smtp://) or ?ca=FILE (the authority \
         that signed the server's certificate) is understood"
    )]
    Options,
    /// `smtp://` with the port of `smtps://`.
    #[error("port 465 speaks TLS from the first byte: write smtps:// instead of smtp://")]
    NeedsImplicit,
    /// `smtps://` with a port of `smtp://`.
    #[error(
        "port {0} begins unencrypted and goes on by STARTTLS: write smtp:// instead of smtps://"
    )]
    NeedsStartTls(u16),
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
        if !matches!(url.scheme(), "smtp" | "smtps") {
            return Err(InvalidServer::Unreadable);
        }
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(InvalidServer::Options);
        }
        let options = Options::read(url.query())?;
        let security = match (url.scheme(), options.tls) {
            ("smtps", true) => Security::Implicit,
            ("smtp", true) => Security::StartTls,
            ("smtp", false) if options.authority.is_none() => Security::None,
            _ => return Err(InvalidServer::Options),
        };
        match (security, url.port()) {
            (Security::StartTls, Some(465)) => return Err(InvalidServer::NeedsImplicit),
            (Security::Implicit, Some(port @ (25 | 587))) => {
                return Err(InvalidServer::NeedsStartTls(port));
            }
            _ => {}
        }
        let default_port = if security == Security::Implicit { 465 } else { 587 };
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port().unwrap_or(default_port),
            security,
            login: login(&url)?,
            authority: options.authority,
            limits: TimeLimits::PRODUCTION,
        })
    }
}

impl MailServer {
    /// Host, port and encryption in words.
    pub(super) fn described(&self) -> String {
        let security = match self.security {
            Security::StartTls => "STARTTLS",
            Security::Implicit => "TLS",
            Security::None => "not encrypted",
        };
        format!("{}, port {}, {security}", self.host, self.port)
    }
}

/// What comes after the `?`.
struct Options {
    tls: bool,
    authority: Option<PathBuf>,
}

impl Options {
    fn read(query: Option<&str>) -> Result<Self, InvalidServer> {
        let mut options = Self { tls: true, authority: None };
        for pair in query.into_iter().flat_map(|query| query.split('&')) {
            match pair.split_once('=') {
                Some(("tls", "required")) => {}
                Some(("tls", "none")) => options.tls = false,
                Some(("ca", file)) if !file.is_empty() => {
                    options.authority = Some(decode(file)?.into());
                }
                _ => return Err(InvalidServer::Options),
            }
        }
        Ok(options)
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
    /// For a handshake with any certificate: [`Trust::check`] comes after it.
    pub(super) fn tls(&self) -> Result<TlsParameters, String> {
        let builder = TlsParameters::builder(self.host.clone())
            .certificate_store(CertificateStore::None)
            .dangerous_accept_invalid_certs(true)
            .dangerous_accept_invalid_hostnames(true);
        builder.build().map_err(|error| error.to_string())
    }

    /// Whose certificates are believed.
    ///
    /// # Errors
    /// A sentence, when the file of the authority cannot be used.
    pub(super) fn trust(&self) -> Result<Trust, String> {
        Trust::load(self.authority.as_deref())
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
        let scheme = if self.security == Security::Implicit { "smtps" } else { "smtp" };
        let query = match (self.security, &self.authority) {
            (Security::None, _) => "?tls=none".to_owned(),
            (_, Some(file)) => format!("?ca={}", file.display()),
            (_, None) => String::new(),
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
            (
                "smtp://mail.example.com?ca=/etc/a%20b.pem",
                "smtp://mail.example.com:587?ca=/etc/a b.pem",
            ),
            (
                "smtps://mail.example.com?tls=required&ca=a.pem",
                "smtps://mail.example.com:465?ca=a.pem",
            ),
            ("smtp://127.0.0.1:465?tls=none", "smtp://127.0.0.1:465?tls=none"),
            ("smtps://mail.example.com:2465", "smtps://mail.example.com:2465"),
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
            ("smtp://mail.example.com?ca=", InvalidServer::Options),
            ("smtp://mail.example.com?tls=none&ca=a.pem", InvalidServer::Options),
            ("smtp://mail.example.com?cafile=a.pem", InvalidServer::Options),
            ("smtp://u:p@mail.example.com:465", InvalidServer::NeedsImplicit),
            ("smtp://mail.example.com:465?ca=a.pem", InvalidServer::NeedsImplicit),
            ("smtps://mail.example.com:587", InvalidServer::NeedsStartTls(587)),
            ("smtps://mail.example.com:25", InvalidServer::NeedsStartTls(25)),
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
