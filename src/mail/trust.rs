//! Whether a mail server or the receiver of a webhook is the one that its URL names.
//!
//! lettre takes no check of ours. So the handshake accepts any certificate, and nothing but a greeting
//! is said before this check.

use std::io;
use std::path::Path;

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, Error, RootCertStore};

use crate::trust::{self, Authorities, Check, Shown};

/// What to do about a certificate that cannot be believed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TrustAdvice {
    /// If no authority that is trusted has signed it.
    pub(crate) authority: &'static str,
    /// If it is for another name.
    pub(crate) name: &'static str,
}

const MAIL_SERVER: TrustAdvice = TrustAdvice {
    authority: "name the authority that signed it, or the certificate itself, in PEM form with \
                ?ca=FILE in SCIMWARD_SMTP_URL or with SSL_CERT_FILE",
    name: "write the host in SCIMWARD_SMTP_URL as the certificate does",
};

/// The certificates that are believed.
pub(crate) struct Trust(Authorities);

impl Trust {
    /// Those of the file alone, else the machine's, else Mozilla's.
    ///
    /// # Errors
    /// A sentence, when the file cannot be used.
    pub(crate) fn load(file: Option<&Path>) -> Result<Self, String> {
        let certificates = match file {
            Some(file) => read(file)?,
            None => rustls_native_certs::load_native_certs().certs,
        };
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates.iter().cloned());
        if certificates.is_empty() {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        Ok(Self(Authorities::new(roots, certificates)))
    }

    /// Checks the certificates that a server has shown, its own first.
    ///
    /// # Errors
    /// What is wrong, and the remedy.
    pub(super) fn check(&self, shown: &[Vec<u8>], host: &str) -> Result<(), String> {
        let shown: Vec<_> = shown.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
        let Some((own, others)) = shown.split_first() else {
            return Err("it has no certificate".to_owned());
        };
        let name = ServerName::try_from(host).map_err(|error| error.to_string())?;
        let shown = Shown { own, others, name: &name, now: UnixTime::now() };
        let result = self.0.check(shown);
        result.map_err(|error| explained(&error, host, &MAIL_SERVER))
    }

    /// How a client speaks TLS with those that are believed, and with nobody else.
    ///
    /// # Errors
    /// When TLS cannot be spoken at all.
    pub(crate) fn into_client(self) -> Result<ClientConfig, Error> {
        trust::client(self.0)
    }
}

/// What is wrong with the certificate, if a connection failed because of it.
pub(crate) fn tls_problem(error: &io::Error, host: &str, advice: &TrustAdvice) -> Option<String> {
    let error = error.get_ref()?.downcast_ref::<Error>()?;
    matches!(error, Error::InvalidCertificate(_)).then(|| explained(error, host, advice))
}

fn explained(error: &Error, host: &str, advice: &TrustAdvice) -> String {
    use CertificateError::{
        BadSignature, Expired, ExpiredContext, NotValidForName, NotValidForNameContext,
        NotValidYet, NotValidYetContext, Other, UnknownIssuer,
    };
    let Error::InvalidCertificate(error) = error else { return error.to_string() };
    let TrustAdvice { authority, name } = advice;
    match error {
        UnknownIssuer | BadSignature => {
            format!("no authority that this machine trusts has signed its certificate; {authority}")
        }
        // The library has no name for a certificate that is its own authority.
        Other(_) => format!("its certificate is self-signed; {authority}"),
        NotValidForName | NotValidForNameContext { .. } => {
            format!("its certificate is not for the name {host}; {name}")
        }
        Expired | ExpiredContext { .. } => "its certificate has expired".to_owned(),
        NotValidYet | NotValidYetContext { .. } => "its certificate is not valid yet".to_owned(),
        other => format!("its certificate cannot be used: {other}"),
    }
}

/// The certificates of a PEM file.
fn read(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let why = match read {
        Ok(certificates) if !certificates.is_empty() => return Ok(certificates),
        Ok(_) => "there is no certificate in PEM form in it".to_owned(),
        Err(pem::Error::Io(error)) if error.kind() != io::ErrorKind::InvalidData => {
            error.to_string()
        }
        Err(_) => "it is not in PEM form".to_owned(),
    };
    Err(format!("{}, which ?ca= names, cannot be used: {why}", file.display()))
}
