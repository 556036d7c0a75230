//! Reading a certificate and a key, and what may be wrong with their files.

use std::fs;
use std::path::Path;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

/// The certificates of a file, the server's own first.
///
/// # Errors
/// Names the setting, the file and what is wrong with it.
pub(super) fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let unreadable = |why: &str| unreadable("SCIMWARD_TLS_CERT", file, why);
    let bytes = fs::read(file).map_err(|error| unreadable(&error.to_string()))?;
    if let Some(why) = mistake(&bytes) {
        return Err(unreadable(why));
    }
    let certificates = CertificateDer::pem_slice_iter(&bytes).collect::<Result<Vec<_>, _>>();
    let certificates = certificates.map_err(|error| unreadable(&error.to_string()))?;
    if !certificates.is_empty() {
        Ok(certificates)
    } else if names(&bytes, "PRIVATE KEY") {
        Err(unreadable("it holds a key, but no certificate"))
    } else {
        Err(unreadable("it holds no certificate in PEM form"))
    }
}

/// The key of a file.
///
/// # Errors
/// Names the setting, the file and what is wrong with it.
pub(super) fn key(file: &Path) -> Result<PrivateKeyDer<'static>, String> {
    let unreadable = |why: &str| unreadable("SCIMWARD_TLS_KEY", file, why);
    let bytes = fs::read(file).map(Zeroizing::new);
    let bytes = bytes.map_err(|error| unreadable(&error.to_string()))?;
    if let Some(why) = mistake(&bytes) {
        return Err(unreadable(why));
    }
    if names(&bytes, "BEGIN ENCRYPTED PRIVATE KEY") || names(&bytes, "4,ENCRYPTED") {
        return Err(unreadable(
            "the key is encrypted, and nobody can enter its password at the start: write it \
             unencrypted with `openssl pkey -in FILE -out NEW_FILE`",
        ));
    }
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|error| match error {
        rustls::pki_types::pem::Error::NoItemsFound if names(&bytes, "CERTIFICATE") => {
            unreadable("it holds a certificate, but no key")
        }
        rustls::pki_types::pem::Error::NoItemsFound => {
            unreadable("it holds no private key in PEM form")
        }
        other => unreadable(&other.to_string()),
    })
}

/// What programs write into a file that is to be PEM.
fn mistake(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(&[0xef, 0xbb, 0xbf]) {
        Some("it begins with a byte order mark: save it as UTF-8 without one")
    } else if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        Some("it is UTF-16 text: save it as UTF-8 without a byte order mark")
    } else if bytes.starts_with(&[0x30, 0x82]) {
        Some("it is in binary form (DER or PKCS #12): convert it to PEM with openssl")
    } else {
        None
    }
}

fn names(bytes: &[u8], what: &str) -> bool {
    memchr::memmem::find(bytes, what.as_bytes()).is_some()
}

fn unreadable(setting: &str, file: &Path, why: &str) -> String {
    format!("{setting}: {} cannot be read: {why}", file.display())
}
