//! The texts of an API key, and what is stored in place of one.

use std::fmt::{self, Write};

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

use crate::domain::credential::{Form, Id, Plain, Presented};

/// The form of an API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyForm {}

impl Form for KeyForm {
    const PREFIX: &'static str = "scimk_";
    const NAME: &'static str = "Key";
}

/// The public part of an API key: names it beside its name, and finds its row.
pub type KeyId = Id<KeyForm>;
/// An API key as it was made.
pub type PlainKey = Plain<KeyForm>;
/// An API key that a request presents: well formed, not yet verified.
pub type PresentedKey = Presented<KeyForm>;

/// The stored form of an API key: 64 hexadecimal digits of SHA-256. A plain digest is enough, because
/// a key holds 256 random bits: nobody guesses them, however fast.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyDigest(String);

impl KeyDigest {
    /// The digest of a key.
    pub fn of(key: &str) -> Self {
        let mut digits = String::with_capacity(64);
        for byte in Sha256::digest(key.as_bytes()) {
            // Writing to a text cannot fail.
            let _ = write!(digits, "{byte:02x}");
        }
        Self(digits)
    }

    /// Wraps a digest that was stored.
    pub const fn stored(text: String) -> Self {
        Self(text)
    }

    /// Whether it is the digest of this key; takes equally long wherever they differ.
    pub fn matches(&self, key: &PresentedKey) -> bool {
        self.0.as_bytes().ct_eq(Self::of(key.expose()).0.as_bytes()).into()
    }

    /// The digest as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyDigest(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_matches_its_own_key_alone() {
        let make = |byte| PlainKey::generate(move |bytes: &mut [u8]| bytes.fill(byte));
        let present = |key: &PlainKey| PresentedKey::parse(key.expose()).unwrap();
        let (one, other) = (make(3), make(4));
        let digest = KeyDigest::of(one.expose());

        assert!(digest.matches(&present(&one)));
        assert!(!digest.matches(&present(&other)));
        for stored in ["", "0", &digest.as_str()[..63]] {
            assert!(!KeyDigest::stored(stored.to_owned()).matches(&present(&one)), "{stored:?}");
        }
        // SHA-256 of "abc" (FIPS 180-2, B.1).
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(KeyDigest::of("abc").as_str(), known);
        assert!(!format!("{digest:?}").contains(digest.as_str()));
    }
}
