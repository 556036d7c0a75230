//! The token as text: how it is made, recognised and kept out of everything else.
//!
//! `scimw_`, 8 characters token id, 43 characters secret, 6 characters checksum. The id is public
//! and finds the stored row, because a salted hash cannot be searched. The checksum lets a
//! truncated or mistyped paste be refused before any database work.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::domain::base62;

/// What every token begins with: the pattern that secret scanners look for.
pub const PREFIX: &str = "scimw_";
/// The length of a whole token, in bytes.
pub const LENGTH: usize = 63;
const ID_LENGTH: usize = 8;
const SECRET_LENGTH: usize = 43;
const CHECKSUM_LENGTH: usize = 6;

/// The public part of a token: names it in pages, mails, logs and headers, and finds its row.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenId([u8; ID_LENGTH]);

impl TokenId {
    /// Reads an id that was stored or that a form carried.
    ///
    /// # Errors
    /// [`MalformedToken`] if it is not eight base-62 digits.
    pub fn parse(text: &str) -> Result<Self, MalformedToken> {
        match text.as_bytes().try_into() {
            Ok(digits) if text.bytes().all(|byte| byte.is_ascii_alphanumeric()) => Ok(Self(digits)),
            _ => Err(MalformedToken),
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        text_of(&self.0)
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenId({self})")
    }
}

/// Digits that were checked to be ASCII.
fn text_of(digits: &[u8]) -> &str {
    std::str::from_utf8(digits).unwrap_or_default()
}

/// A token as it was generated, before it is shown once and forgotten.
///
/// It has no mapping to the database and no text form but [`PlainToken::expose`].
#[derive(Debug)]
pub struct PlainToken {
    id: TokenId,
    text: SecretString,
}

impl PlainToken {
    /// Draws a new token from the bytes that `fill` supplies.
    pub fn generate(mut fill: impl FnMut(&mut [u8])) -> Self {
        let digits = base62::random::<ID_LENGTH>(&mut fill);
        let mut id = [b'0'; ID_LENGTH];
        id.iter_mut().zip(digits.bytes()).for_each(|(place, digit)| *place = digit);
        let secret = SecretString::from(base62::random::<SECRET_LENGTH>(&mut fill));
        let mut text = String::with_capacity(LENGTH);
        text.push_str(PREFIX);
        text.push_str(&digits);
        text.push_str(secret.expose_secret());
        text.extend(checksum(text.as_bytes()).map(char::from));
        Self { id: TokenId(id), text: SecretString::from(text) }
    }

    /// The public id.
    pub const fn id(&self) -> &TokenId {
        &self.id
    }

    /// The token itself: only for the one answer that shows it and for hashing.
    pub fn expose(&self) -> &str {
        self.text.expose_secret()
    }
}

/// A token that a client presented: well formed, not yet verified.
pub struct PresentedToken {
    id: TokenId,
    /// In place, because one is made for every request.
    text: Zeroizing<[u8; LENGTH]>,
}

impl fmt::Debug for PresentedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PresentedToken({})", self.id)
    }
}

/// The text cannot be one of our tokens: prefix, length, characters or checksum are wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a SCIM token: prefix, length, characters or checksum are wrong")]
pub struct MalformedToken;

impl PresentedToken {
    /// Parses a token by its prefix, length, characters and checksum.
    ///
    /// # Errors
    /// [`MalformedToken`], without saying which of them is wrong.
    pub fn parse(text: &str) -> Result<Self, MalformedToken> {
        let rest = text.strip_prefix(PREFIX).ok_or(MalformedToken)?;
        let whole = text.as_bytes().try_into().map_err(|_length| MalformedToken)?;
        let (id, _) = rest.split_at_checked(ID_LENGTH).ok_or(MalformedToken)?;
        if !rest.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(MalformedToken);
        }
        let (body, sum) = text.split_at(LENGTH - CHECKSUM_LENGTH);
        if checksum(body.as_bytes()) != sum.as_bytes() {
            return Err(MalformedToken);
        }
        Ok(Self { id: TokenId::parse(id)?, text: Zeroizing::new(whole) })
    }

    /// The public id it claims to have.
    pub const fn id(&self) -> &TokenId {
        &self.id
    }

    /// The presented text: only for verifying it.
    pub fn expose(&self) -> &str {
        text_of(&*self.text)
    }
}

/// CRC-32 (IEEE) of everything before it, in base 62: catches accidents, not attackers.
fn checksum(body: &[u8]) -> [u8; CHECKSUM_LENGTH] {
    base62::six_digits(crc32fast::hash(body))
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn counting() -> impl FnMut(&mut [u8]) {
        let mut next = 0_u8;
        move |bytes| {
            for byte in bytes {
                *byte = next;
                next = next.wrapping_add(1);
            }
        }
    }

    #[test]
    fn a_generated_token_has_the_published_form_and_parses() {
        let token = PlainToken::generate(counting());

        let text = token.expose();
        assert_eq!(text.len(), LENGTH);
        assert!(text.starts_with("scimw_01234567"), "{text}");
        assert!(text[6..].bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_eq!(PresentedToken::parse(text).unwrap().id(), token.id());
    }

    #[test]
    fn every_changed_missing_or_added_character_is_noticed() {
        let token = PlainToken::generate(counting());
        let text = token.expose();

        for place in 0..LENGTH {
            for wrong in ["~", "!", "_", "x", "0"] {
                let mut changed = text.to_owned();
                changed.replace_range(place..=place, wrong);
                assert_eq!(
                    PresentedToken::parse(&changed).is_ok(),
                    changed == text,
                    "{changed} at {place}"
                );
            }
            let mut shorter = text.to_owned();
            shorter.remove(place);
            assert!(PresentedToken::parse(&shorter).is_err());
        }
        for text in ["", "scimw_", &format!("{text}0"), &format!(" {text}"), &text.to_uppercase()] {
            assert!(PresentedToken::parse(text).is_err(), "{text:?}");
        }
        assert!(PresentedToken::parse(&format!("scimw_{}", "é".repeat(28))).is_err());
    }

    #[test]
    fn nothing_prints_the_secret() {
        let token = PlainToken::generate(counting());
        let secret = &token.expose()[14..57];

        let printed = format!("{token:?} {:?}", PresentedToken::parse(token.expose()));

        assert!(!printed.contains(secret), "{printed}");
    }
}
