//! What a mail is about. Nobody gets two mails of one kind about the same.

use chrono::{DateTime, Utc};

use super::key::KeyMail;
use super::milestone::Milestone;
use crate::domain::certificate::Certificate;
use crate::domain::keys::secret::KeyId;
use crate::domain::sync::outage::OutageId;
use crate::domain::token::secret::TokenId;

/// What the keys of entries begin with.
const ENTRY: &str = "entry-";
/// What the keys of certificates begin with.
const CERTIFICATE: &str = "certificate-";
/// What the keys of old tokens begin with.
const OLD_TOKEN: &str = "old-token-";

/// What a mail is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// A token.
    Token(TokenId),
    /// Something that happened once.
    Event(EventKey),
    /// Nothing that another mail could be about: somebody asked for this one.
    Request,
}

impl About {
    /// The token, if it is one.
    pub const fn token(&self) -> Option<&TokenId> {
        match self {
            Self::Token(id) => Some(id),
            Self::Event(_) | Self::Request => None,
        }
    }

    /// The event, if it is one.
    pub const fn event(&self) -> Option<&EventKey> {
        match self {
            Self::Event(key) => Some(key),
            Self::Token(_) | Self::Request => None,
        }
    }

    /// Tells it from others in a `Message-ID`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Token(id) => id.as_str(),
            Self::Event(key) => key.as_str(),
            Self::Request => "",
        }
    }
}

/// The key of something that happened once: every instance that notices it makes the same key of it,
/// so that its mails are queued once. A part of the `Message-ID`: letters, digits and hyphens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EventKey(String);

impl EventKey {
    /// The key of an entry of the activity list.
    pub fn entry(id: i64) -> Self {
        Self(format!("{ENTRY}{id}"))
    }

    /// The key of a certificate that expires: with its expiry, because the instance that sends the
    /// mail may serve another one.
    pub fn certificate(certificate: &Certificate, milestone: Milestone) -> Self {
        let Certificate { fingerprint, expires_at, .. } = certificate;
        let (at, milestone) = (expires_at.timestamp(), milestone.as_str());
        Self(format!("{CERTIFICATE}{fingerprint}-{at}-{milestone}"))
    }

    /// When the certificate expires, if it is one.
    pub fn certificate_expiry(&self) -> Option<DateTime<Utc>> {
        let seconds = self.0.strip_prefix(CERTIFICATE)?.split('-').nth(1)?;
        DateTime::from_timestamp(seconds.parse().ok()?, 0)
    }

    /// Which entry of the activity list it is, if it is one.
    pub fn entry_id(&self) -> Option<i64> {
        self.0.strip_prefix(ENTRY)?.parse().ok()
    }

    /// Nothing has been accepted since `last`, or ever with this token.
    pub fn pause(last: Option<DateTime<Utc>>, token: &TokenId) -> Self {
        Self(match last {
            Some(last) => format!("pause-{}", last.timestamp()),
            None => format!("unused-{token}"),
        })
    }

    /// A mail about an API key.
    pub fn key(id: &KeyId, mail: KeyMail) -> Self {
        Self(format!("key-{id}-{}", mail.as_str()))
    }

    /// Which API key it is, if it is one.
    pub fn key_id(&self) -> Option<KeyId> {
        let (id, _) = self.0.strip_prefix("key-")?.split_once('-')?;
        KeyId::parse(id).ok()
    }

    /// An old token ends.
    pub fn old_token(id: &TokenId) -> Self {
        Self(format!("{OLD_TOKEN}{id}"))
    }

    /// Which old token it is, if it is one.
    pub fn old_token_id(&self) -> Option<TokenId> {
        TokenId::parse(self.0.strip_prefix(OLD_TOKEN)?).ok()
    }

    /// An outage has ended.
    pub fn outage(id: OutageId) -> Self {
        Self(format!("outage-{}", id.0))
    }

    /// A key that was stored.
    pub const fn stored(text: String) -> Self {
        Self(text)
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_an_entry_leads_back_to_it() {
        assert_eq!(EventKey::entry(17).entry_id(), Some(17));
        assert_eq!(EventKey::stored("silence-17".to_owned()).entry_id(), None);
    }

    #[test]
    fn the_key_of_a_mail_about_an_api_key_leads_back_to_it() {
        let id = KeyId::parse("T7F2QX9a").unwrap();
        let key = EventKey::key(&id, KeyMail::OneDayBefore);

        assert_eq!(key.as_str(), "key-T7F2QX9a-api-key-minus1");
        assert_eq!((key.key_id(), key.entry_id()), (Some(id), None));
        assert_eq!(EventKey::entry(17).key_id(), None);
    }

    #[test]
    fn a_key_tells_when_the_certificate_expires() {
        let at = |text: &str| text.parse().unwrap();
        let certificate = Certificate {
            fingerprint: "0a1b".to_owned(),
            valid_from: at("2026-12-20T12:00:00Z"),
            expires_at: at("2027-03-20T12:00:00Z"),
        };
        let key = EventKey::certificate(&certificate, Milestone::OneDayBefore);

        assert_eq!(key.as_str(), "certificate-0a1b-1805544000-minus1");
        assert_eq!(key.certificate_expiry(), Some(certificate.expires_at));
        assert_eq!((key.entry_id(), EventKey::entry(7).certificate_expiry()), (None, None));
    }
}
