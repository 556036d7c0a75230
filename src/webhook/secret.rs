//! Signatures by which a receiver knows that a notice is from here and new: Standard Webhooks,
//! symmetric, version 1.

use std::fmt;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// What secrets begin with.
pub(super) const PREFIX: &str = "whsec_";
const SHORTEST: usize = 24;
const LONGEST: usize = 64;

/// The usual alphabet; some programs leave the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a webhook is signed with.
#[derive(Clone)]
pub struct SigningSecret(Zeroizing<Vec<u8>>);

/// The text is no secret. It is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSecret {
    /// It is not `whsec_` and Base64.
    #[error(
        "a secret is written as whsec_ and Base64: echo \"whsec_$(openssl rand -base64 32)\" makes \
         one"
    )]
    Malformed,
    /// It is too short or too long.
    #[error("a secret has {SHORTEST} to {LONGEST} bytes, in Base64")]
    Length,
}

impl SigningSecret {
    /// Reads `whsec_...`.
    ///
    /// # Errors
    /// [`InvalidSecret`], which says nothing about the text itself.
    pub fn parse(text: &str) -> Result<Self, InvalidSecret> {
        let encoded = text.strip_prefix(PREFIX).ok_or(InvalidSecret::Malformed)?;
        let bytes = BASE64.decode(encoded).map_err(|_malformed| InvalidSecret::Malformed)?;
        let bytes = Zeroizing::new(bytes);
        if !(SHORTEST..=LONGEST).contains(&bytes.len()) {
            return Err(InvalidSecret::Length);
        }
        Ok(Self(bytes))
    }

    /// `v1,` and the HMAC of id, time and body.
    pub(super) fn sign(&self, id: &str, seconds: &str, body: &str) -> String {
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        for part in [id, ".", seconds, ".", body] {
            mac.update(part.as_bytes());
        }
        format!("v1,{}", BASE64.encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector that the reference libraries of Standard Webhooks are tested with.
    #[test]
    fn a_notice_is_signed_as_the_standard_says() {
        let secret = SigningSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();

        let signature =
            secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", r#"{"test": 2432232314}"#);

        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(format!("{secret:?}"), "SigningSecret");
    }

    #[test]
    fn a_secret_has_24_to_64_bytes() {
        let of = |length: usize| format!("{PREFIX}{}", BASE64.encode(vec![7; length]));
        for length in [24, 25, 32, 64] {
            assert!(SigningSecret::parse(&of(length)).is_ok(), "{length}");
            assert!(SigningSecret::parse(of(length).trim_end_matches('=')).is_ok(), "{length}");
        }
        for (text, why) in [
            (of(23), InvalidSecret::Length),
            (of(65), InvalidSecret::Length),
            (String::new(), InvalidSecret::Malformed),
            (of(32).replace(PREFIX, ""), InvalidSecret::Malformed),
            (format!("{PREFIX}not base64, surely not, never"), InvalidSecret::Malformed),
        ] {
            assert_eq!(SigningSecret::parse(&text).unwrap_err(), why, "{text}");
        }
    }
}
