//! The certificate and key with which scimward serves HTTPS itself: TLS 1.2 and 1.3.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

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
        let chain = CertificateDer::pem_file_iter(cert)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| unreadable("SCIMWARD_TLS_CERT", cert, &error))?;
        if chain.is_empty() {
            return Err(unreadable("SCIMWARD_TLS_CERT", cert, &pem::Error::NoItemsFound));
        }
        let key = PrivateKeyDer::from_pem_file(key)
            .map_err(|error| unreadable("SCIMWARD_TLS_KEY", key, &error))?;
        ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(|error| {
                format!("the certificate {} and its key cannot be used: {error}", cert.display())
            })
    }
}

fn unreadable(setting: &str, file: &Path, error: &pem::Error) -> String {
    let reason = match error {
        pem::Error::Io(error) => error.to_string(),
        pem::Error::NoItemsFound => "it holds none in PEM form".to_owned(),
        other => other.to_string(),
    };
    format!("{setting}: {} cannot be read: {reason}", file.display())
}
