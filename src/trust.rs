//! Which servers a client of ours believes, by their certificates.
//!
//! The library takes no certificate that is its own authority, as `openssl req -x509` makes them, not
//! even one that was named. Here it needs no other authority.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use x509_cert::Certificate;
use x509_cert::der::Decode;

/// The certificates that a server has shown.
#[derive(Clone, Copy)]
pub(crate) struct Shown<'a> {
    /// Its own.
    pub(crate) own: &'a CertificateDer<'a>,
    /// Those that lead from it to an authority.
    pub(crate) others: &'a [CertificateDer<'a>],
    /// By what name the server was called.
    pub(crate) name: &'a ServerName<'a>,
    /// When.
    pub(crate) now: UnixTime,
}

/// What is asked of the certificate of a server.
pub(crate) trait Check: fmt::Debug + Send + Sync + 'static {
    /// Looks at the certificates that a server has shown.
    ///
    /// # Errors
    /// What is wrong with them.
    fn check(&self, shown: Shown<'_>) -> Result<(), Error>;
}

/// How a client speaks TLS with servers that pass a check.
///
/// # Errors
/// When TLS cannot be spoken at all.
pub(crate) fn client(check: impl Check) -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let verifier = Verifier { check: Box::new(check), provider: Arc::clone(&provider) };
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(client)
}

/// Any certificate will do.
#[derive(Debug)]
pub(crate) struct Anybody;

impl Check for Anybody {
    fn check(&self, _: Shown<'_>) -> Result<(), Error> {
        Ok(())
    }
}

/// Authorities that are believed, and certificates that are believed as they are.
#[derive(Debug)]
pub(crate) struct Authorities {
    roots: Arc<RootCertStore>,
    named: Vec<CertificateDer<'static>>,
}

impl Authorities {
    /// Believes whatever one of `roots` has signed, and `named` as they are.
    pub(crate) fn new(roots: RootCertStore, named: Vec<CertificateDer<'static>>) -> Self {
        Self { roots: Arc::new(roots), named }
    }

    fn verify(&self, Shown { own, others, name, now }: Shown<'_>) -> Result<(), Error> {
        let provider = Arc::new(ring::default_provider());
        let roots = Arc::clone(&self.roots);
        let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider)
            .build()
            .map_err(|error| Error::General(error.to_string()))?;
        verifier.verify_server_cert(own, others, name, &[], now).map(|_| ())
    }
}

/// The name is checked last: if it is all that is wrong, the rest is in order.
impl Check for Authorities {
    fn check(&self, shown: Shown<'_>) -> Result<(), Error> {
        match self.verify(shown) {
            Err(_) if self.named.contains(shown.own) => verify_named(shown),
            result => result,
        }
    }
}

/// A certificate that was named needs no authority.
fn verify_named(Shown { own, name, now, .. }: Shown<'_>) -> Result<(), Error> {
    let certificate =
        Certificate::from_der(own).map_err(|_malformed| CertificateError::BadEncoding)?;
    let validity = certificate.tbs_certificate.validity;
    if now.as_secs() < validity.not_before.to_unix_duration().as_secs() {
        return Err(CertificateError::NotValidYet.into());
    }
    if now.as_secs() > validity.not_after.to_unix_duration().as_secs() {
        return Err(CertificateError::Expired.into());
    }
    verify_server_name(&ParsedCertificate::try_from(own)?, name)
}

/// Checks the certificate as asked, and always that the server has its key.
#[derive(Debug)]
struct Verifier {
    check: Box<dyn Check>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let shown = Shown { own, others, name, now };
        self.check.check(shown).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
