//! What decides about mails at an instant, and who gets them.

use chrono::{DateTime, TimeDelta, Utc};

use super::MailSettings;
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::person::EmailAddress;
use crate::domain::mail::milestone::{Milestone, Schedule};
use crate::domain::mail::{Mail, Occasion, Recipient};
use crate::domain::token::{LateUse, Token, TokenHistory};
use crate::mail::letters::Reader;
use crate::store::{self, Conn, StoreError};

/// Somebody may need so long to enter the new token before a mail says that it is missing.
const SWITCHING: TimeDelta = TimeDelta::minutes(15);

/// The tokens, and the milestone whose mails may go out.
pub(crate) struct Situation {
    pub(crate) history: TokenHistory,
    pub(crate) milestone: Option<Milestone>,
}

impl Situation {
    pub(crate) fn load(
        conn: &mut Conn,
        schedule: Schedule,
        now: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        let history = store::tokens::history(conn)?;
        let milestone = match history.unrevoked() {
            Some(token) => {
                let begun = store::mails::begun(conn, &token.id)?;
                schedule.due(token.expires_at, now, &begun)
            }
            None => None,
        };
        Ok(Self { history, milestone })
    }

    /// What shall be mailed now.
    pub(crate) fn occasions(&self) -> Vec<Occasion> {
        let expiry = self.milestone.map(Occasion::Expiry);
        let still_used = self.still_used().map(|_| Occasion::StillUsed);
        expiry.into_iter().chain(still_used).collect()
    }

    /// Whether a mail may go out. A revoked token is silent but for the news that it was generated,
    /// and a milestone is superseded by the next.
    pub(crate) fn allows(&self, mail: &Mail) -> bool {
        let unrevoked = self.history.unrevoked().map(|token| &token.id);
        let is_live = unrevoked.is_some() && unrevoked == mail.token.as_ref();
        match mail.occasion {
            Occasion::Expiry(milestone) => is_live && self.milestone == Some(milestone),
            Occasion::StillUsed => is_live && self.still_used().is_some(),
            Occasion::Generated => true,
            Occasion::Invitation | Occasion::Test => false,
        }
    }

    /// The unused token and the one it replaced, if that one is still presented.
    pub(crate) fn still_used(&self) -> Option<(&Token, &Token, &LateUse)> {
        let token = self.history.unrevoked().filter(|token| !token.was_used())?;
        let replaced = self.history.replaced.as_ref()?;
        let late_use = replaced.late_use.as_ref()?;
        let replaced_at = replaced.revocation.as_ref()?.at;
        (late_use.at > replaced_at + SWITCHING).then_some((token, replaced, late_use))
    }
}

/// A recipient as the mail addresses them.
pub(crate) struct Person {
    pub(crate) name: Option<String>,
    pub(crate) recipient: Recipient,
    pub(crate) reader: Reader,
}

impl Person {
    fn admin(admin: &ServerAdmin) -> Self {
        Self {
            name: Some(admin.name.as_str().to_owned()),
            recipient: Recipient { admin: Some(admin.id), address: admin.email.clone() },
            reader: Reader::ServerAdmin,
        }
    }

    fn configured(address: &EmailAddress) -> Self {
        let recipient = Recipient { admin: None, address: address.clone() };
        Self { name: None, recipient, reader: Reader::Configured }
    }
}

/// Everybody who gets mails about the expiry now: active Server Admins and configured addresses,
/// nobody twice.
pub(crate) fn everybody(admins: &[ServerAdmin], configured: &MailSettings) -> Vec<Person> {
    let mut people: Vec<Person> =
        admins.iter().filter(|admin| admin.active).map(Person::admin).collect();
    for address in &configured.extra {
        if people.iter().all(|person| person.recipient.address.key() != address.key()) {
            people.push(Person::configured(address));
        }
    }
    people
}

/// Who of `people` a mail is for.
pub(crate) fn find<'a>(people: &'a [Person], recipient: &Recipient) -> Option<&'a Person> {
    people.iter().find(|person| match recipient.admin {
        Some(_) => person.recipient.admin == recipient.admin,
        None => person.recipient.address.key() == recipient.address.key(),
    })
}

/// The recipient of a mail as they are now; nobody if they were deactivated or removed from the
/// configuration.
pub(crate) fn addressee(
    conn: &mut Conn,
    mail: &Mail,
    configured: &MailSettings,
) -> Result<Option<Person>, StoreError> {
    let Some(id) = mail.recipient.admin else {
        let key = mail.recipient.address.key();
        let extra = configured.extra.iter().find(|address| address.key() == key);
        return Ok(extra.map(Person::configured));
    };
    let admin = store::people::admins::by_id(conn, id)?.filter(|admin| admin.active);
    Ok(admin.as_ref().map(Person::admin))
}
