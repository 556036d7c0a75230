//! Devices in which a Server Admin has logged in before (OWASP's device cookie).
//!
//! Anybody can delay the logins of an account by failing for it. A browser that carries the mark of
//! an earlier login is counted apart. The mark belongs to one account and ends with its password; it
//! says nothing else: without the password it is worth nothing.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use super::ServerAdmin;
use crate::domain::base62;

/// What separates the key from all others that are made of the same secret.
const CONTEXT: &str = "scimward 2026-11-26 marks of devices";
/// The random part: the device.
const ID_LENGTH: usize = 22;
/// The digits of the signature.
const SIGNATURE_LENGTH: usize = 2 * blake3::OUT_LEN;

/// Signs and recognises marks.
#[derive(Clone)]
pub struct DeviceKey([u8; blake3::KEY_LEN]);

/// The mark that a browser keeps: an id and a signature.
#[derive(Debug, Clone)]
pub struct DeviceMark(SecretString);

/// A device that was recognised: the stored form of its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceDigest(String);

impl DeviceKey {
    /// Makes the key of the secret that signs session cookies.
    pub fn derive(cookie_key: &[u8]) -> Self {
        Self(blake3::derive_key(CONTEXT, cookie_key))
    }

    /// A mark for a new device of `admin`, with an id of the bytes that `fill` supplies.
    pub fn mark(&self, admin: &ServerAdmin, fill: impl FnMut(&mut [u8])) -> DeviceMark {
        let id = base62::random::<ID_LENGTH>(fill);
        let signature = self.sign(&id, admin).to_hex();
        DeviceMark(SecretString::from(format!("{id}{signature}")))
    }

    /// The device, if the mark is one of `admin` and of their present password.
    pub fn recognise(&self, mark: &DeviceMark, admin: &ServerAdmin) -> Option<DeviceDigest> {
        let (id, signature) = mark.expose().split_at_checked(ID_LENGTH)?;
        // Compared in constant time.
        let is_genuine = blake3::Hash::from_hex(signature).ok()? == self.sign(id, admin);
        is_genuine.then(|| DeviceDigest(blake3::hash(id.as_bytes()).to_hex().to_string()))
    }

    /// The lengths of id and key are fixed: no two devices are signed as the same text.
    fn sign(&self, id: &str, admin: &ServerAdmin) -> blake3::Hash {
        let mut text = blake3::Hasher::new_keyed(&self.0);
        text.update(id.as_bytes()).update(&admin.id.0.to_le_bytes());
        text.update(admin.password.generation.as_bytes()).finalize()
    }
}

impl DeviceMark {
    /// Takes a mark that a browser presented, if it looks like one.
    pub fn presented(text: &str) -> Option<Self> {
        let fits = text.len() == ID_LENGTH + SIGNATURE_LENGTH
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        fits.then(|| Self(SecretString::from(text)))
    }

    /// The mark itself: for the cookie.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl DeviceDigest {
    /// The digest as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceKey(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::admin::password::HashedPassword;
    use crate::domain::admin::person::{AdminId, EmailAddress, PersonName};
    use crate::domain::token::secret::PhcString;

    fn admin(id: i64, generation: &str) -> ServerAdmin {
        ServerAdmin {
            id: AdminId(id),
            name: PersonName::stored("Ada".to_owned()),
            email: EmailAddress::stored("ada@example.com".to_owned()),
            password: HashedPassword {
                hash: PhcString::new(String::new()),
                generation: generation.to_owned(),
            },
            active: true,
            created_at: DateTime::UNIX_EPOCH,
            last_login_at: None,
        }
    }

    #[test]
    fn a_mark_is_good_for_one_account_one_password_and_one_key() {
        let key = DeviceKey::derive(b"a key");
        let ada = admin(1, "x");
        let mark = key.mark(&ada, |bytes| bytes.fill(7));
        let device = key.recognise(&mark, &ada);

        assert!(device.is_some());
        let again = DeviceMark::presented(mark.expose()).unwrap();
        assert_eq!(key.recognise(&again, &ServerAdmin { active: false, ..ada.clone() }), device);
        for other in [admin(2, "x"), admin(1, ""), admin(1, "y"), admin(1, "xx")] {
            assert_eq!(key.recognise(&mark, &other), None);
        }
        assert_eq!(DeviceKey::derive(b"another key").recognise(&mark, &ada), None);
        let other = key.mark(&ada, |bytes| bytes.fill(8));
        assert_ne!(key.recognise(&other, &ada), device);
    }

    #[test]
    fn a_mark_that_was_touched_is_worth_nothing() {
        let key = DeviceKey::derive(b"a key");
        let ada = admin(1, "x");
        let mark = key.mark(&ada, |bytes| bytes.fill(7)).expose().to_owned();
        for place in 0..mark.len() {
            let mut touched = mark.clone();
            touched.replace_range(
                place..=place,
                if touched[place..].starts_with('1') { "2" } else { "1" },
            );
            let touched = DeviceMark::presented(&touched).unwrap();
            assert_eq!(key.recognise(&touched, &ada), None, "{place}");
        }
        for text in ["", "x", &mark[1..], &format!("{mark}0"), &mark.replace(&mark[..1], "é")] {
            assert!(DeviceMark::presented(text).is_none(), "{text}");
        }
    }
}
