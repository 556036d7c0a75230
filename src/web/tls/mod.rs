//! The certificate and key with which scimward serves HTTPS itself: TLS 1.2 and 1.3.

mod pem;

use std::path::PathBuf;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;

/// PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate chain.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl TlsFiles {
    /// Reads them. The error names the file and what is wrong with it.
    pub fn load(&self) -> Result<ServerConfig, String> {
        let Self { cert, key } = self;
        let (chain, private) = (pem::certificates(cert)?, pem::key(key)?);
        ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, private))
            .map_err(|error| match error {
                rustls::Error::InconsistentKeys(_) => format!(
                    "the key {} does not belong to the certificate {}",
                    key.display(),
                    cert.display()
                ),
                error => format!(
                    "the certificate {} and its key cannot be used: {error}",
                    cert.display()
                ),
            })
    }
}
