//! Secrets that are presented with requests, as text: how one is made, recognised and kept out of
//! everything else.
//!
//! A prefix of 6 characters, 8 characters id, 43 characters secret, 6 characters checksum. The id is
//! public and finds the stored row, because a salted hash cannot be searched. The checksum lets a
//! truncated or mistyped paste be refused before any database work. The prefix tells a SCIM token
//! from an API key: neither is ever taken for the other.

use std::fmt;
use std::marker::PhantomData;

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::domain::base62;

/// The length of a whole credential, in bytes.
pub const LENGTH: usize = 63;
const ID_LENGTH: usize = 8;
const SECRET_LENGTH: usize = 43;
const CHECKSUM_LENGTH: usize = 6;

/// What tells one kind of credential from others.
pub trait Form {
    /// What each begins with: 6 characters.
    const PREFIX: &'static str;
    /// What `Debug` calls it.
    const NAME: &'static str;
}

/// The public part of a credential: names it, and finds its row.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id<F> {
    digits: [u8; ID_LENGTH],
    form: PhantomData<F>,
}

impl<F> Id<F> {
    const fn new(digits: [u8; ID_LENGTH]) -> Self {
        Self { digits, form: PhantomData }
    }

    /// Reads an id that was stored or that a form carried.
    ///
    /// # Errors
    /// [`Malformed`] if it is not eight base-62 digits.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        match text.as_bytes().try_into() {
            Ok(digits) if text.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                Ok(Self::new(digits))
            }
            _ => Err(Malformed),
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        text_of(&self.digits)
    }
}

impl<F> fmt::Display for Id<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<F: Form> fmt::Debug for Id<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}Id({self})", F::NAME)
    }
}

/// Digits that were checked to be ASCII.
fn text_of(digits: &[u8]) -> &str {
    std::str::from_utf8(digits).unwrap_or_default()
}

/// A credential as it was generated, before it is shown once and forgotten.
///
/// It has no mapping to the database and no text form but [`Plain::expose`].
#[derive(Debug)]
pub struct Plain<F: Form> {
    id: Id<F>,
    text: SecretString,
}

impl<F: Form> Plain<F> {
    /// Draws a new one from the bytes that `fill` supplies.
    pub fn generate(mut fill: impl FnMut(&mut [u8])) -> Self {
        let digits = base62::random::<ID_LENGTH>(&mut fill);
        let mut id = [b'0'; ID_LENGTH];
        id.iter_mut().zip(digits.bytes()).for_each(|(place, digit)| *place = digit);
        let secret = SecretString::from(base62::random::<SECRET_LENGTH>(&mut fill));
        let mut text = String::with_capacity(LENGTH);
        text.push_str(F::PREFIX);
        text.push_str(&digits);
        text.push_str(secret.expose_secret());
        text.extend(checksum(text.as_bytes()).map(char::from));
        Self { id: Id::new(id), text: SecretString::from(text) }
    }

    /// The public id.
    pub const fn id(&self) -> &Id<F> {
        &self.id
    }

    /// The credential itself: only for the one answer that shows it and for hashing.
    pub fn expose(&self) -> &str {
        self.text.expose_secret()
    }
}

/// A credential that a client presented: well formed, not yet verified.
pub struct Presented<F> {
    id: Id<F>,
    /// In place, because one is made for every request.
    text: Zeroizing<[u8; LENGTH]>,
}

impl<F: Form> fmt::Debug for Presented<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Presented{}({})", F::NAME, self.id)
    }
}

/// The text cannot be one of ours: prefix, length, characters or checksum are wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("prefix, length, characters or checksum are wrong")]
pub struct Malformed;

impl<F: Form> Presented<F> {
    /// Parses a credential by its prefix, length, characters and checksum.
    ///
    /// # Errors
    /// [`Malformed`], without saying which of them is wrong.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let rest = text.strip_prefix(F::PREFIX).ok_or(Malformed)?;
        let whole = text.as_bytes().try_into().map_err(|_length| Malformed)?;
        let (id, _) = rest.split_at_checked(ID_LENGTH).ok_or(Malformed)?;
        if !rest.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Malformed);
        }
        let (body, sum) = text.split_at(LENGTH - CHECKSUM_LENGTH);
        if checksum(body.as_bytes()) != sum.as_bytes() {
            return Err(Malformed);
        }
        Ok(Self { id: Id::parse(id)?, text: Zeroizing::new(whole) })
    }

    /// The public id it claims to have.
    pub const fn id(&self) -> &Id<F> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::keys::secret::{PlainKey, PresentedKey};
    use crate::domain::token::secret::{PlainToken, PresentedToken};

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
    fn a_token_is_no_key_and_a_key_is_no_token() {
        let (token, key) = (PlainToken::generate(counting()), PlainKey::generate(counting()));

        assert!(key.expose().starts_with("scimk_01234567"), "{}", key.expose());
        assert_eq!(PresentedKey::parse(key.expose()).unwrap().id(), key.id());
        assert!(PresentedToken::parse(key.expose()).is_err());
        assert!(PresentedKey::parse(token.expose()).is_err());
        // Another prefix alone makes nothing of the other kind: the checksum covers it.
        assert!(PresentedKey::parse(&token.expose().replace("scimw_", "scimk_")).is_err());
    }

    #[test]
    fn nothing_prints_the_secret() {
        let token = PlainToken::generate(counting());
        let secret = &token.expose()[14..57];

        let printed = format!("{token:?} {:?}", PresentedToken::parse(token.expose()));

        assert!(!printed.contains(secret), "{printed}");
        assert!(printed.contains("TokenId(01234567)"), "{printed}");
    }
}
