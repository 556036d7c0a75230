//! Telling everybody that somebody was let in or kept out, or may sign in in another way.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::outbox::Outbox;
use crate::domain::activity::{Event, Kind};
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::person::EmailAddress;
use crate::domain::keys::ApiKey;
use crate::domain::mail::about::{About, EventKey};
use crate::domain::mail::key::KeyMail;
use crate::domain::mail::kind::MailKind;
use crate::domain::mail::recipient::Recipient;
use crate::store::{self, StoreError, Transaction};

/// Records changes of Server Admins and queues the mails about them.
#[derive(Clone)]
pub(crate) struct Alerts {
    /// The recipients that are configured.
    extra: Arc<[EmailAddress]>,
    outbox: Outbox,
}

impl Alerts {
    pub(crate) fn new(extra: &[EmailAddress], outbox: Outbox) -> Self {
        Self { extra: extra.into(), outbox }
    }

    /// Records a change, and queues a mail about it: for everybody who gets mails before or after it,
    /// or, if it concerns one Server Admin only, for that one.
    ///
    /// `before` is the one who was changed, as they were: the mail also goes to the address that
    /// they had, and to one who was deactivated.
    ///
    /// There is no mail about the first Server Admin: nobody else could get it.
    pub(crate) fn record(
        &self,
        conn: &mut Transaction,
        event: &Event,
        before: Option<&ServerAdmin>,
    ) -> Result<(), StoreError> {
        let entry = store::activity::add_entry(conn, event)?;
        let admins = store::people::admins::list(conn)?;
        let is_first = event.kind == Kind::AdminAdded && admins.len() == 1;
        let kind = MailKind::about_change(event.kind).filter(|_| !is_first);
        let (Some(kind), about) = (kind, About::Event(EventKey::entry(entry))) else {
            return Ok(());
        };
        if kind.is_personal() {
            let address = event.subject.as_deref();
            let whose = admins.iter().find(|admin| Some(admin.email.as_str()) == address);
            if let Some(ServerAdmin { id, email, .. }) = whose {
                let recipient = Recipient::Admin(*id, email.clone());
                store::mails::insert(conn, kind, &about, &recipient, event.at)?;
            }
            return Ok(());
        }
        self.tell(conn, (kind, &about), &admins, before, event.at)
    }

    /// Queues a mail that there is an API key for everybody who gets mails.
    pub(crate) fn key_created(
        &self,
        conn: &mut Transaction,
        key: &ApiKey,
    ) -> Result<(), StoreError> {
        let mail = KeyMail::Created;
        let about = About::Event(EventKey::key(&key.id, mail));
        let admins = store::people::admins::list(conn)?;
        self.tell(conn, (MailKind::Key(mail), &about), &admins, None, key.created_at)
    }

    fn tell(
        &self,
        conn: &mut Transaction,
        (kind, about): (MailKind, &About),
        admins: &[ServerAdmin],
        before: Option<&ServerAdmin>,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        store::mails::insert_for_admins(conn, kind, about, at)?;
        for recipient in others(admins, &self.extra, before) {
            store::mails::insert(conn, kind, about, &recipient, at)?;
        }
        Ok(())
    }

    /// Says, after the commit, that mails are waiting.
    pub(crate) fn wake(&self) {
        self.outbox.wake();
    }
}

/// Who gets it besides the active ones of `admins`, nobody twice.
fn others(
    admins: &[ServerAdmin],
    extra: &[EmailAddress],
    before: Option<&ServerAdmin>,
) -> Vec<Recipient> {
    let mut known: Vec<String> =
        admins.iter().filter(|admin| admin.active).map(|admin| admin.email.key()).collect();
    let former = before.filter(|before| before.active).map(|before| {
        let same = admins.iter().find(|admin| admin.id == before.id);
        let kept = same.is_some_and(|admin| admin.email.key() == before.email.key());
        let address = before.email.clone();
        if kept { Recipient::Admin(before.id, address) } else { Recipient::Address(address) }
    });
    let configured = extra.iter().cloned().map(Recipient::Address);
    let mut others: Vec<Recipient> = former.into_iter().chain(configured).collect();
    others.retain(|recipient| {
        let key = recipient.key();
        let is_new = !known.contains(&key);
        known.push(key);
        is_new
    });
    others
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::admin::password::HashedPassword;
    use crate::domain::admin::person::AdminId;
    use crate::domain::token::secret::PhcString;

    fn admin(id: i64, email: &str, active: bool) -> ServerAdmin {
        ServerAdmin {
            id: AdminId(id),
            name: "Ada".parse().unwrap(),
            email: email.parse().unwrap(),
            password: HashedPassword {
                hash: PhcString::new(String::new()),
                generation: String::new(),
            },
            active,
            created_at: DateTime::UNIX_EPOCH,
            last_login_at: None,
        }
    }

    #[test]
    fn everybody_is_told_who_was_or_is_to_be_reached_and_nobody_twice() {
        let now = [admin(1, "ada@example.com", true), admin(2, "new@example.com", true)];
        let off = [admin(1, "ada@example.com", true), admin(2, "grace@example.com", false)];
        let grace = admin(2, "grace@example.com", true);
        let spelled = admin(2, "NEW@example.com", true);
        let inactive = admin(2, "grace@example.com", false);
        for (admins, before, extra, expected) in [
            (&now, None, &[][..], &[][..]),
            (&now, Some(&grace), &[][..], &[(None, "grace@example.com")][..]),
            (&now, Some(&spelled), &[][..], &[][..]),
            (&now, Some(&inactive), &[][..], &[][..]),
            (&off, Some(&grace), &[][..], &[(Some(2), "grace@example.com")][..]),
            (
                &now,
                Some(&grace),
                &["GRACE@example.com", "team@example.com", "ada@example.com"][..],
                &[(None, "grace@example.com"), (None, "team@example.com")][..],
            ),
        ] {
            let extra: Vec<EmailAddress> = extra.iter().map(|text| text.parse().unwrap()).collect();

            let told = others(admins, &extra, before);

            let told: Vec<_> =
                told.iter().map(|told| (told.admin().map(|id| id.0), told.to_string())).collect();
            let expected: Vec<_> =
                expected.iter().map(|(id, address)| (*id, (*address).to_owned())).collect();
            assert_eq!(told, expected);
        }
    }
}
