//! Unguessable texts of which only the digest is stored: codes that work once, and session ids.
//!
//! Holding the text is enough to act, so the database does not hold it. A plain digest is enough,
//! because the text is random and long.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use crate::domain::base62;

/// 22 base-62 characters: 131 random bits.
const LENGTH: usize = 22;

/// A secret that works once: the code of a set-up or invitation link, the id of a form.
#[derive(Debug, Clone)]
pub struct SecretCode(SecretString);

impl SecretCode {
    /// Draws a new code from the bytes that `fill` supplies.
    pub fn generate(fill: impl FnMut(&mut [u8])) -> Self {
        Self(SecretString::from(base62::random::<LENGTH>(fill)))
    }

    /// Takes a code that somebody presented, valid or not.
    pub fn presented(text: &str) -> Self {
        Self(SecretString::from(text))
    }

    /// The code itself: for the one link or form that carries it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What is stored and looked up.
    pub fn digest(&self) -> Digest {
        Digest(blake3::hash(self.expose().as_bytes()).to_hex().to_string())
    }
}

/// The id of a session, which only the browser holds.
#[derive(Debug, Clone)]
pub struct SessionId(SecretCode);

impl SessionId {
    /// Draws a new id from the bytes that `fill` supplies.
    pub fn generate(fill: impl FnMut(&mut [u8])) -> Self {
        Self(SecretCode::generate(fill))
    }

    /// Takes an id that a browser presented, valid or not.
    pub fn presented(text: &str) -> Self {
        Self(SecretCode::presented(text))
    }

    /// The id itself: for the cookie.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// What is stored and looked up.
    pub fn digest(&self) -> Digest {
        self.0.digest()
    }
}

/// The stored form of a one-time code or a session id: 64 hexadecimal digits of BLAKE3.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Digest(String);

impl Digest {
    /// Wraps a digest that was stored.
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The digest as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(redacted)")
    }
}
