//! Which letter a queued mail becomes.

use chrono::{DateTime, Utc};

use super::MailSettings;
use super::due::DueMails;
use crate::domain::activity::{Event, Kind, Recorded};
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::person::EmailAddress;
use crate::domain::mail::Mail;
use crate::domain::mail::about::{About, EventKey};
use crate::domain::mail::alert::Alert;
use crate::domain::mail::calendar_entry::CalendarEntry;
use crate::domain::mail::key::KeyMail;
use crate::domain::mail::kind::MailKind;
use crate::domain::mail::old_token::OldTokenMail;
use crate::domain::mail::passkey_alert::PasskeyAlert;
use crate::domain::token::Token;
use crate::mail::letter::Letter;
use crate::mail::letters::{self, Told};
use crate::store::{self, Conn, StoreError};

/// What the letter of a queued mail is written with.
pub(crate) struct Writing<'a> {
    /// What is due.
    pub(crate) due: &'a DueMails,
    /// In whose name, and in which zone.
    pub(crate) settings: &'a MailSettings,
    /// When it is sent.
    pub(crate) now: DateTime<Utc>,
}

impl Writing<'_> {
    /// Writes the letter of a queued mail; none if what it is about is gone.
    pub(crate) fn letter(
        &self,
        conn: &mut Conn,
        mail: &Mail,
    ) -> Result<Option<Letter>, StoreError> {
        if let MailKind::Alarm(alarm) = mail.kind {
            let Self { due, settings, now } = *self;
            return due.connection.letter(conn, (alarm, mail), &due.history, settings, now);
        }
        match (&mail.about, mail.kind) {
            (About::Token(id), _) => match store::tokens::by_id(conn, id)? {
                Some(token) => self.about_token(conn, mail, &token),
                None => Ok(None),
            },
            (About::Event(key), MailKind::Alert(alert)) => self.alert(conn, mail, key, alert),
            (About::Event(key), MailKind::Key(about)) => self.about_key(conn, mail, key, about),
            (About::Event(key), MailKind::OldToken(about)) => {
                self.about_old_token(conn, mail, key, about)
            }
            (About::Event(key), MailKind::Passkeys(alert)) => self.passkeys(conn, mail, key, alert),
            (About::Event(key), MailKind::NewLogin) => self.new_login(conn, key),
            (About::Event(key), MailKind::Certificate) => Ok(self.certificate(mail, key)),
            (About::Event(_) | About::Request, _) => Ok(None),
        }
    }

    fn about_token(
        &self,
        conn: &mut Conn,
        mail: &Mail,
        token: &Token,
    ) -> Result<Option<Letter>, StoreError> {
        let MailSettings { letterhead, schedule, .. } = self.settings;
        let recipient = &mail.recipient;
        Ok(match mail.kind {
            MailKind::Expiry(milestone) => {
                let now = self.now;
                let expiry = letters::Expiry { token, milestone, schedule: *schedule, now };
                Some(letters::expiry(&expiry, recipient, letterhead))
            }
            MailKind::Generated => {
                let replaced = store::tokens::replaced_by(conn, &token.id)?;
                let replaced = replaced.filter(|replaced| replaced.revocation.is_some());
                let newest = self.due.history.newest.as_ref();
                let old = self.due.history.old(self.now);
                let old = old.filter(|_| newest.is_some_and(|newest| newest.id == token.id));
                let by = token.generated_by.admin_id();
                let by = by.map(|id| store::people::admins::by_id(conn, id)).transpose()?.flatten();
                let email = by.as_ref().map(|admin| &admin.email);
                let entry = entry(conn, mail, token)?;
                let (replaced, entry) = (replaced.as_ref(), entry.as_ref());
                let tokens = letters::Generated { token, replaced, old, entry };
                Some(letters::generated(tokens, email, schedule.zone, recipient, letterhead))
            }
            MailKind::StillUsed => self
                .due
                .still_used()
                .map(|facts| letters::still_used(&facts, schedule.zone, recipient, letterhead)),
            MailKind::TooEarly(_)
            | MailKind::OldToken(_)
            | MailKind::Alarm(_)
            | MailKind::Alert(_)
            | MailKind::Passkeys(_)
            | MailKind::NewLogin
            | MailKind::Certificate
            | MailKind::Key(_)
            | MailKind::Invitation
            | MailKind::PasswordLink
            | MailKind::Test => None,
        })
    }

    fn about_old_token(
        &self,
        conn: &mut Conn,
        mail: &Mail,
        event: &EventKey,
        about: OldTokenMail,
    ) -> Result<Option<Letter>, StoreError> {
        let Some(id) = event.old_token_id() else { return Ok(None) };
        let old = store::tokens::by_id(conn, &id)?;
        let (Some(old), Some(new)) = (old, &self.due.history.newest) else { return Ok(None) };
        let entry = store::activity::page(conn, None, &[Kind::OldTokenRevoked], 1)?.pop();
        let entry = entry.filter(|entry| entry.event.token.as_ref() == Some(&old.id));
        let from = entry.and_then(|entry| entry.event.source.address);
        let facts = letters::OldToken { mail: about, old: &old, new, from };
        let MailSettings { letterhead, schedule, .. } = self.settings;
        Ok(Some(letters::old_token(&facts, schedule.zone, &mail.recipient, letterhead)))
    }

    fn about_key(
        &self,
        conn: &mut Conn,
        mail: &Mail,
        event: &EventKey,
        about: KeyMail,
    ) -> Result<Option<Letter>, StoreError> {
        let MailSettings { letterhead, schedule, .. } = self.settings;
        let (recipient, zone) = (&mail.recipient, schedule.zone);
        let key = event.key_id().map(|id| store::keys::by_id(conn, &id)).transpose()?.flatten();
        Ok(key.map(|key| match about {
            KeyMail::Created => letters::key_created(&key, zone, recipient, letterhead),
            KeyMail::FifteenDaysBefore | KeyMail::OneDayBefore => {
                letters::key_expires(&key, zone, self.now, recipient, letterhead)
            }
        }))
    }

    fn certificate(&self, mail: &Mail, key: &EventKey) -> Option<Letter> {
        let MailSettings { letterhead, schedule, .. } = self.settings;
        let expires_at = key.certificate_expiry()?;
        let (zone, now) = (schedule.zone, self.now);
        Some(letters::certificate(expires_at, zone, now, &mail.recipient, letterhead))
    }

    /// The entry that a mail is about, and the Server Admin who has its address now.
    fn entry(
        conn: &mut Conn,
        key: &EventKey,
    ) -> Result<Option<(Event, Option<ServerAdmin>)>, StoreError> {
        let entry = key.entry_id().map(|id| store::activity::by_id(conn, id)).transpose()?;
        let Some(event) = entry.flatten().map(|entry| entry.event) else { return Ok(None) };
        let address = EmailAddress::stored(event.subject.clone().unwrap_or_default());
        let changed = store::people::admins::by_email(conn, &address)?;
        Ok(Some((event, changed)))
    }

    /// Why the recipient of a mail about a change is told.
    fn told(&self, conn: &mut Conn, mail: &Mail) -> Result<Told, StoreError> {
        let key = mail.recipient.key();
        let is_configured = || self.settings.extra.iter().any(|extra| extra.key() == key);
        Ok(match mail.recipient.admin() {
            Some(id) => match store::people::admins::by_id(conn, id)? {
                Some(admin) if admin.active => Told::ServerAdmin,
                _ => Told::Former,
            },
            None if is_configured() => Told::Configured,
            None => Told::Former,
        })
    }

    fn passkeys(
        &self,
        conn: &mut Conn,
        mail: &Mail,
        key: &EventKey,
        alert: PasskeyAlert,
    ) -> Result<Option<Letter>, StoreError> {
        let Some((event, changed)) = Self::entry(conn, key)? else { return Ok(None) };
        let own = changed.as_ref().filter(|admin| mail.recipient.admin() == Some(admin.id));
        let is_own = own.is_some();
        let name = changed.as_ref().map(|admin| admin.name.as_str());
        let change = letters::PasskeyChange { alert, event: &event, name, is_own };
        let told = self.told(conn, mail)?;
        let MailSettings { letterhead, schedule, .. } = self.settings;
        Ok(Some(letters::passkeys(&change, told, schedule.zone, letterhead)))
    }

    fn new_login(&self, conn: &mut Conn, key: &EventKey) -> Result<Option<Letter>, StoreError> {
        let entry = key.entry_id().map(|id| store::activity::by_id(conn, id)).transpose()?;
        let MailSettings { letterhead, schedule, .. } = self.settings;
        let letter = |entry: Recorded| letters::new_login(&entry.event, schedule.zone, letterhead);
        Ok(entry.flatten().map(letter))
    }

    fn alert(
        &self,
        conn: &mut Conn,
        mail: &Mail,
        key: &EventKey,
        alert: Alert,
    ) -> Result<Option<Letter>, StoreError> {
        let Some((event, changed)) = Self::entry(conn, key)? else { return Ok(None) };
        let name = changed.as_ref().map(|admin| admin.name.as_str());
        let change = letters::Change { alert, event: &event, name };
        let told = self.told(conn, mail)?;
        let MailSettings { letterhead, schedule, .. } = self.settings;
        Ok(Some(letters::alert(&change, told, schedule.zone, letterhead)))
    }
}

/// What calendars are told of a token that was generated. A mail that was put off until the token had
/// ended says nothing: a later mail, which has moved or removed the entry, may have arrived before.
fn entry(conn: &mut Conn, mail: &Mail, token: &Token) -> Result<Option<CalendarEntry>, StoreError> {
    let has_ended = token.revocation.is_some() || token.kept.is_some();
    if mail.attempts > 0 && has_ended {
        Ok(None)
    } else {
        store::tokens::calendar_entry::of(conn, token)
    }
}
