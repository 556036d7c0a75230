//! TLS to the database server, with libpq's rules about certificates.

use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{CertificateError, Error, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::encryption::{CertificateCheck, Encryption};
use crate::trust::{self, Anybody, Authorities, Check, Shown};

/// Makes TLS connections as `encryption` says; reads the authorities each time, so that a renewed
/// file needs no restart.
///
/// # Errors
/// A sentence, when the file of authorities cannot be used.
pub(crate) fn connector(encryption: &Encryption) -> Result<MakeRustlsConnect, String> {
    let client = match encryption.check {
        CertificateCheck::Nothing => trust::client(Anybody),
        CertificateCheck::Authority => {
            trust::client(AnyName(authorities(encryption.roots.as_deref())?))
        }
        CertificateCheck::AuthorityAndName => {
            trust::client(authorities(encryption.roots.as_deref())?)
        }
    };
    client.map(MakeRustlsConnect::new).map_err(|error| error.to_string())
}

fn authorities(file: Option<&Path>) -> Result<Authorities, String> {
    let Some(file) = file else {
        let public = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
        return Ok(Authorities::new(public, Vec::new()));
    };
    let unreadable = |error: &dyn std::fmt::Display| {
        format!("sslrootcert: {} cannot be used: {error}", file.display())
    };
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = read.map_err(|error| unreadable(&describe(&error)))?;
    let mut roots = RootCertStore::empty();
    for certificate in &certificates {
        roots.add(certificate.clone()).map_err(|error| unreadable(&error))?;
    }
    if certificates.is_empty() {
        return Err(unreadable(&"there is no certificate in it"));
    }
    Ok(Authorities::new(roots, certificates))
}

fn describe(error: &rustls::pki_types::pem::Error) -> String {
    match error {
        rustls::pki_types::pem::Error::Io(error) => error.to_string(),
        _ => "it is not in PEM format".to_owned(),
    }
}

/// A certificate of the authorities will do for any name.
#[derive(Debug)]
struct AnyName(Authorities);

impl Check for AnyName {
    fn check(&self, shown: Shown<'_>) -> Result<(), Error> {
        match self.0.check(shown) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(()),
            result => result,
        }
    }
}
