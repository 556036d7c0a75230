//! Why a server cannot be used, with the remedy where one is known.

use std::error::Error as StdError;

use diesel::ConnectionError;
use rustls::CertificateError;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;

/// A sentence as an error of a connection.
pub(crate) fn error(text: &str) -> ConnectionError {
    ConnectionError::BadConnection(text.to_owned())
}

/// What went wrong while connecting as `mode` asks for.
pub(crate) fn explained(cause: &tokio_postgres::Error, mode: SslMode) -> ConnectionError {
    let text = with_causes(cause);
    match remedy(cause, mode, &text) {
        Some(remedy) => error(&format!("{text}; {remedy}")),
        None => error(&text),
    }
}

/// The error with its causes, as one line.
pub(crate) fn with_causes(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// The handshake failed, or `pg_hba.conf` accepts this user only without encryption.
pub(crate) fn is_about_encryption(error: &tokio_postgres::Error) -> bool {
    is_about_rules(error) || tls_error(error).is_some()
}

fn is_about_rules(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
}

fn tls_error(error: &tokio_postgres::Error) -> Option<&rustls::Error> {
    let io = error.source()?.downcast_ref::<std::io::Error>()?;
    io.get_ref()?.downcast_ref()
}

fn remedy(error: &tokio_postgres::Error, mode: SslMode, text: &str) -> Option<&'static str> {
    match tls_error(error) {
        Some(rustls::Error::InvalidCertificate(
            CertificateError::UnknownIssuer | CertificateError::BadSignature,
        )) => Some("name the authority that signed the server's certificate with sslrootcert=FILE"),
        Some(rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        )) => Some("write the host as its certificate does, or sslmode=verify-ca for any name"),
        // The certificate is its own authority; there is no name for this error here.
        Some(rustls::Error::InvalidCertificate(CertificateError::Other(_))) => Some(
            "it is self-signed: name that very certificate with sslrootcert=FILE, or an authority \
             that has signed another one",
        ),
        // The client library's own words, not the server's; it keeps nothing else of them.
        None if text.contains("does not support TLS") => Some(
            "switch ssl on in the server's postgresql.conf, or write sslmode=disable where nobody \
             can listen in",
        ),
        None if mode == SslMode::Disable && is_about_rules(error) => {
            Some("write sslmode=require if its pg_hba.conf asks for encryption")
        }
        _ => None,
    }
}
