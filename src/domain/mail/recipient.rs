//! Who gets a mail: people at their addresses, and webhooks.

use std::fmt;

use crate::domain::admin::person::{AdminId, EmailAddress};

/// What the stored form of a webhook begins with; no e-mail address does.
const WEBHOOK: &str = "webhook:";

/// Who gets a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient {
    /// A Server Admin, at the address that is used.
    Admin(AdminId, EmailAddress),
    /// An address from the configuration, of an invitation, or that was somebody's before a change.
    Address(EmailAddress),
    /// A webhook from the configuration.
    Webhook(WebhookId),
}

/// Names a webhook without telling its URL, which can be a secret: a digest of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WebhookId(String);

impl Recipient {
    /// A recipient that was stored.
    pub fn stored(admin: Option<AdminId>, text: String) -> Self {
        match (admin, text.strip_prefix(WEBHOOK)) {
            (Some(id), _) => Self::Admin(id, EmailAddress::stored(text)),
            (None, Some(id)) => Self::Webhook(WebhookId::stored(id.to_owned())),
            (None, None) => Self::Address(EmailAddress::stored(text)),
        }
    }

    /// The Server Admin, if it is one.
    pub const fn admin(&self) -> Option<AdminId> {
        match self {
            Self::Admin(id, _) => Some(*id),
            Self::Address(_) | Self::Webhook(_) => None,
        }
    }

    /// Where mails go, if they do.
    pub const fn address(&self) -> Option<&EmailAddress> {
        match self {
            Self::Admin(_, address) | Self::Address(address) => Some(address),
            Self::Webhook(_) => None,
        }
    }

    /// The webhook, if it is one.
    pub const fn webhook(&self) -> Option<&WebhookId> {
        match self {
            Self::Webhook(id) => Some(id),
            Self::Admin(..) | Self::Address(_) => None,
        }
    }

    /// The form by which two spellings of an address are the same recipient.
    pub fn key(&self) -> String {
        self.to_string().to_lowercase()
    }
}

impl fmt::Display for Recipient {
    /// Writes the stored form: an address, or the id of a webhook.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Admin(_, address) | Self::Address(address) => address.fmt(f),
            Self::Webhook(id) => write!(f, "{WEBHOOK}{id}"),
        }
    }
}

impl WebhookId {
    /// The id of the webhook with this URL.
    pub fn of_url(url: &str) -> Self {
        Self(blake3::hash(url.as_bytes()).to_hex().chars().take(16).collect())
    }

    /// An id that was stored, or named by a form.
    pub const fn stored(text: String) -> Self {
        Self(text)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WebhookId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipients_are_read_back_from_their_stored_form() {
        let address: EmailAddress = "Ada@example.com".parse().unwrap();
        let webhook = WebhookId::of_url("https://ops.example.com/secret");
        for recipient in [
            Recipient::Admin(AdminId(7), address.clone()),
            Recipient::Address(address),
            Recipient::Webhook(webhook.clone()),
        ] {
            let stored = Recipient::stored(recipient.admin(), recipient.to_string());
            assert_eq!(stored, recipient);
        }
        assert_eq!(webhook.as_str().len(), 16);
    }
}
