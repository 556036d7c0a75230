//! The texts of the SCIM token, and what is stored in place of one.

use std::fmt;

use crate::domain::credential::{Form, Id, Plain, Presented};

/// What every token begins with: the pattern that secret scanners look for.
pub const PREFIX: &str = ScimToken::PREFIX;

/// The form of a SCIM token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ScimToken {}

impl Form for ScimToken {
    const PREFIX: &'static str = "scimw_";
    const NAME: &'static str = "Token";
}

/// The public part of a token: names it in pages, mails, logs and headers, and finds its row.
pub type TokenId = Id<ScimToken>;
/// A token as it was generated.
pub type PlainToken = Plain<ScimToken>;
/// A token that a client presented: well formed, not yet verified.
pub type PresentedToken = Presented<ScimToken>;

/// A password or token hash as a PHC string (`$argon2id$...`).
///
/// Not shown by `Debug`: a hash invites guessing.
#[derive(Clone, PartialEq, Eq)]
pub struct PhcString(String);

impl PhcString {
    /// Wraps a PHC string that was computed or stored.
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The PHC string, for storing and verifying.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PhcString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhcString(redacted)")
    }
}
