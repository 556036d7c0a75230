//! Who gets the mails about the token.

use super::MailSettings;
use super::outbox::team;
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::person::EmailAddress;
use crate::domain::mail::Mail;
use crate::domain::mail::recipient::Recipient;
use crate::store::{self, Conn, StoreError};
use crate::webhook::Webhook;

/// A recipient with the name that the mail is addressed to.
pub(crate) struct NamedRecipient {
    /// None for an address from the configuration; the host of a webhook.
    pub(crate) name: Option<String>,
    pub(crate) recipient: Recipient,
}

impl From<&ServerAdmin> for NamedRecipient {
    fn from(admin: &ServerAdmin) -> Self {
        Self {
            name: Some(admin.name.as_str().to_owned()),
            recipient: Recipient::Admin(admin.id, admin.email.clone()),
        }
    }
}

impl From<&EmailAddress> for NamedRecipient {
    fn from(address: &EmailAddress) -> Self {
        Self { name: None, recipient: Recipient::Address(address.clone()) }
    }
}

impl From<&Webhook> for NamedRecipient {
    fn from(webhook: &Webhook) -> Self {
        Self { name: Some(webhook.host.clone()), recipient: Recipient::Webhook(webhook.id.clone()) }
    }
}

/// All recipients at present: active Server Admins, configured addresses and webhooks, nobody twice.
pub(crate) fn all(admins: &[ServerAdmin], settings: &MailSettings) -> Vec<NamedRecipient> {
    let active = admins.iter().filter(|admin| admin.active);
    let mut all: Vec<NamedRecipient> = active.map(NamedRecipient::from).collect();
    all.extend(team(admins, &settings.extra).into_iter().map(NamedRecipient::from));
    all.extend(settings.webhooks.iter().map(NamedRecipient::from));
    all
}

/// Whether a mail still has a recipient: one of `all`, or the address it was made for.
pub(crate) fn contains(all: &[NamedRecipient], mail: &Mail) -> bool {
    let recipient = &mail.recipient;
    mail.kind.keeps_recipients()
        || all.iter().any(|known| match recipient.admin() {
            Some(_) => known.recipient.admin() == recipient.admin(),
            None => known.recipient.key() == recipient.key(),
        })
}

/// A mail's recipient with the present name and address; none if they were deactivated or removed
/// from the configuration. Some mails stay with the address that they were queued for.
pub(crate) fn current(
    conn: &mut Conn,
    mail: &Mail,
    settings: &MailSettings,
) -> Result<Option<NamedRecipient>, StoreError> {
    if let Some(id) = mail.recipient.webhook() {
        let known = settings.webhooks.iter().find(|known| known.id == *id);
        return Ok(known.map(NamedRecipient::from));
    }
    let Some(id) = mail.recipient.admin() else {
        if mail.kind.keeps_recipients() {
            return Ok(Some(NamedRecipient { name: None, recipient: mail.recipient.clone() }));
        }
        let key = mail.recipient.key();
        let extra = settings.extra.iter().find(|address| address.key() == key);
        return Ok(extra.map(NamedRecipient::from));
    };
    let admin = store::people::admins::by_id(conn, id)?;
    if mail.kind.keeps_recipients() {
        let name = admin.map(|admin| admin.name.to_string());
        return Ok(Some(NamedRecipient { name, recipient: mail.recipient.clone() }));
    }
    let admin = admin.filter(|admin| admin.active);
    Ok(admin.as_ref().map(NamedRecipient::from))
}
