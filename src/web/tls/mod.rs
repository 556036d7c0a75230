//! The certificate and key with which scimward serves HTTPS itself: TLS 1.2 and 1.3.
//!
//! Programs renew certificates every few weeks. A renewed one is read while the server runs: new
//! connections are shown it, and those that are open stay as they are.

mod pem;

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use chrono::DateTime;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use x509_cert::der::Decode;
use x509_cert::time::Time;

use crate::domain::certificate::Certificate;

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
    pub fn load(&self) -> Result<Pair, String> {
        let Self { cert, key } = self;
        let (chain, private) = (pem::certificates(cert)?, pem::key(key)?);
        let cannot = |why: &str| {
            format!("the certificate {} and its key cannot be used: {why}", cert.display())
        };
        let own = chain.first().ok_or_else(|| cannot("there is none"))?;
        let known = known(own).ok_or_else(|| cannot("the certificate cannot be read"))?;
        let pair = CertifiedKey::from_der(chain, private, &ring::default_provider());
        match pair {
            Ok(pair) => Ok(Pair { pair: Arc::new(pair), known }),
            Err(rustls::Error::InconsistentKeys(_)) => Err(format!(
                "the key {} does not belong to the certificate {}",
                key.display(),
                cert.display()
            )),
            Err(error) => Err(cannot(&error.to_string())),
        }
    }
}

/// A certificate with its key.
#[derive(Clone)]
pub struct Pair {
    pair: Arc<CertifiedKey>,
    /// What is known about the certificate.
    pub known: Certificate,
}

/// What a certificate says about itself.
fn known(der: &[u8]) -> Option<Certificate> {
    let validity = x509_cert::Certificate::from_der(der).ok()?.tbs_certificate.validity;
    let instant = |time: Time| {
        let seconds = time.to_unix_duration().as_secs();
        DateTime::from_timestamp(i64::try_from(seconds).ok()?, 0)
    };
    Some(Certificate {
        fingerprint: blake3::hash(der).to_hex().chars().take(16).collect(),
        valid_from: instant(validity.not_before)?,
        expires_at: instant(validity.not_after)?,
    })
}

/// The pair that new connections are shown; another one can take its place.
pub struct ServedPair(RwLock<Pair>);

impl std::fmt::Debug for ServedPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServedPair")
    }
}

impl ServedPair {
    /// Begins with a pair.
    pub fn new(pair: Pair) -> Arc<Self> {
        Arc::new(Self(RwLock::new(pair)))
    }

    /// Shows another pair from now on. False if it is the same.
    pub fn replace(&self, pair: Pair) -> bool {
        let mut served = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let is_other = served.pair.cert != pair.pair.cert;
        *served = pair;
        is_other
    }

    /// For serving.
    ///
    /// # Errors
    /// A sentence, when TLS cannot be spoken at all.
    pub fn config(self: &Arc<Self>) -> Result<ServerConfig, String> {
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?;
        let resolver: Arc<dyn ResolvesServerCert> = Arc::<Self>::clone(self);
        Ok(config.with_no_client_auth().with_cert_resolver(resolver))
    }
}

impl ResolvesServerCert for ServedPair {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let served = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&served.pair))
    }
}
