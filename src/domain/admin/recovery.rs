//! Recovery codes: each is good for one login, together with the password, when no passkey is at hand.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// So many codes are made at a time.
pub const CODES: usize = 8;
/// So few are left that it is time for new ones.
pub const FEW: usize = 2;
/// The characters of a code: 59 random bits.
const LENGTH: usize = 12;
/// So many characters stand together.
const GROUP: usize = 4;
/// Digits and capital letters without those that are mistaken for others.
const ALPHABET: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";
/// The largest multiple of 30 that a byte can hold; bytes from here on are drawn again.
const UNBIASED: u8 = 240;

/// A code: 12 characters, without the hyphens by which it is shown.
#[derive(Clone)]
pub struct RecoveryCode(SecretString);

impl RecoveryCode {
    /// Draws a new code from the bytes that `fill` supplies.
    pub fn generate(mut fill: impl FnMut(&mut [u8])) -> Self {
        let mut text = String::with_capacity(LENGTH);
        let mut bytes = [0_u8; 32];
        while text.len() < LENGTH {
            fill(&mut bytes);
            let drawn = bytes.iter().filter(|byte| **byte < UNBIASED);
            let characters = drawn.filter_map(|byte| ALPHABET.get(usize::from(*byte % 30)));
            text.extend(characters.map(|byte| char::from(*byte)).take(LENGTH - text.len()));
        }
        Self(SecretString::from(text))
    }

    /// Takes what somebody has typed, however they grouped it; nothing if it cannot be a code.
    pub fn presented(typed: &SecretString) -> Option<Self> {
        let typed = typed.expose_secret().chars().filter(|c| !c.is_whitespace() && *c != '-');
        let text: String = typed.take(LENGTH + 1).map(|c| c.to_ascii_uppercase()).collect();
        let is_code = text.len() == LENGTH && text.bytes().all(|byte| ALPHABET.contains(&byte));
        is_code.then(|| Self(SecretString::from(text)))
    }

    /// The code as it is hashed.
    pub const fn secret(&self) -> &SecretString {
        &self.0
    }

    /// The code as it is shown, once: `7KQ4-M2XP-9TRD`.
    pub fn shown(&self) -> String {
        let characters: Vec<char> = self.0.expose_secret().chars().collect();
        let groups = characters.chunks(GROUP).map(|group| group.iter().collect::<String>());
        groups.collect::<Vec<_>>().join("-")
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_12_characters_that_are_not_mistaken_for_others() {
        let mut next = 0_u8;
        let code = RecoveryCode::generate(|bytes| {
            for byte in bytes {
                next = next.wrapping_add(97);
                *byte = next;
            }
        });
        let shown = code.shown();

        assert_eq!(shown.len(), 14, "{shown}");
        assert!(shown.split('-').all(|group| group.len() == 4), "{shown}");
        assert!(!ALPHABET.iter().any(|byte| b"ILO01U".contains(byte)));
        assert_eq!(format!("{code:?}"), "RecoveryCode(redacted)");
    }

    #[test]
    fn a_code_is_understood_however_it_is_typed() {
        for (typed, code) in [
            ("7KQ4-M2XP-9TRD", Some("7KQ4-M2XP-9TRD")),
            (" 7kq4 m2xp 9trd ", Some("7KQ4-M2XP-9TRD")),
            ("7KQ4M2XP9TRD", Some("7KQ4-M2XP-9TRD")),
            ("7KQ4-M2XP-9TR", None),
            ("7KQ4-M2XP-9TRDD", None),
            ("7KQ4-M2XP-9TRO", None),
            ("7KQ4-M2XP-9TRé", None),
            ("", None),
        ] {
            let found = RecoveryCode::presented(&SecretString::from(typed));
            assert_eq!(found.map(|code| code.shown()).as_deref(), code, "{typed}");
        }
    }
}
