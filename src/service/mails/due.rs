//! Which mails may go out at an instant.

use chrono::{DateTime, Utc};

use super::connection::ConnectionMails;
use super::keys::KeyReminder;
use super::{MailSettings, keys};
use crate::domain::mail::Mail;
use crate::domain::mail::about::{About, EventKey};
use crate::domain::mail::key::KeyMail;
use crate::domain::mail::kind::MailKind;
use crate::domain::mail::milestone::Milestone;
use crate::domain::mail::old_token::OldTokenMail;
use crate::domain::sync::{PATIENCE, presented_predecessors};
use crate::domain::token::{Token, TokenHistory};
use crate::mail::letters::StillUsed;
use crate::store::{self, Conn, StoreError};

/// The mails that may go out at an instant.
pub(crate) struct DueMails {
    /// The tokens they are about.
    pub(crate) history: TokenHistory,
    /// The one milestone whose mails may go out.
    pub(crate) milestone: Option<Milestone>,
    /// The connection they are about.
    pub(crate) connection: ConnectionMails,
    /// The mail about the old token, with the token.
    old_token: Option<(OldTokenMail, About)>,
    /// The API keys that will expire.
    pub(crate) keys: Vec<KeyReminder>,
}

impl DueMails {
    pub(crate) fn load(
        conn: &mut Conn,
        settings: &MailSettings,
        now: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        let history = store::tokens::history(conn)?;
        let milestone = match history.unrevoked() {
            Some(token) => {
                let started = store::mails::started_milestones(conn, &token.id)?;
                settings.schedule.due(token.expires_at, now, &started)
            }
            None => None,
        };
        let connection = ConnectionMails::load(conn, &history, settings, now)?;
        let keys = keys::load(conn, settings, now)?;
        let old_token = OldTokenMail::due(&history, now)
            .map(|(mail, old)| (mail, About::Event(EventKey::old_token(&old.id))));
        Ok(Self { history, milestone, connection, old_token, keys })
    }

    /// The mails that are due, each with what it is about.
    pub(crate) fn all(&self) -> Vec<(MailKind, About)> {
        let token = self.history.unrevoked().map(|token| About::Token(token.id.clone()));
        let expiry = self.milestone.map(MailKind::Expiry);
        let still_used = self.still_used().map(|_| MailKind::StillUsed);
        let about_token = expiry.into_iter().chain(still_used);
        let about_token = about_token.filter_map(|kind| Some((kind, token.clone()?)));
        let old_token = self.old_token.iter();
        let old_token = old_token.map(|(mail, about)| (MailKind::OldToken(*mail), about.clone()));
        about_token.chain(old_token).chain(self.connection.due(&self.history)).collect()
    }

    /// Whether a mail may go out. For a revoked token only the mail that it was generated does, and
    /// a milestone is superseded by the next.
    pub(crate) fn allows(&self, mail: &Mail) -> bool {
        let unrevoked = self.history.unrevoked().map(|token| &token.id);
        let is_current = unrevoked.is_some() && unrevoked == mail.about.token();
        match mail.kind {
            MailKind::Expiry(milestone) => is_current && self.milestone == Some(milestone),
            MailKind::StillUsed => is_current && self.still_used().is_some(),
            MailKind::OldToken(OldTokenMail::EndsSoon | OldTokenMail::Stopped) => {
                let due = self.old_token.as_ref();
                due.is_some_and(|(kind, about)| {
                    MailKind::OldToken(*kind) == mail.kind && *about == mail.about
                })
            }
            MailKind::OldToken(OldTokenMail::Ended | OldTokenMail::Revoked) => {
                let kept = self.history.kept().map(|old| EventKey::old_token(&old.id));
                kept.is_some() && kept.as_ref() == mail.about.event()
            }
            MailKind::Alarm(alarm) => self.connection.allows(alarm, mail, &self.history),
            MailKind::Key(KeyMail::FifteenDaysBefore | KeyMail::OneDayBefore) => {
                self.keys.iter().any(|reminder| reminder.is(mail))
            }
            MailKind::Generated
            | MailKind::Alert(_)
            | MailKind::Passkeys(_)
            | MailKind::NewLogin
            | MailKind::Certificate
            | MailKind::Key(KeyMail::Created) => true,
            MailKind::TooEarly(_)
            | MailKind::Invitation
            | MailKind::PasswordLink
            | MailKind::Test => false,
        }
    }

    /// The older tokens, if they are still presented while the new one is unused.
    pub(crate) fn still_used(&self) -> Option<StillUsed<'_>> {
        let token = self.history.unrevoked().filter(|token| !token.was_used())?;
        // Of one that was kept, the mails about its end tell.
        let was_revoked_at_once = |token: &&Token| token.kept.is_none();
        let presented: Vec<_> =
            presented_predecessors(&self.history).filter(was_revoked_at_once).collect();
        let late = presented.iter().filter_map(|token| token.late_use.as_ref());
        let last_at = late.map(|late| late.at).max()?;
        (last_at > token.generated_at + PATIENCE).then_some(StillUsed { token, presented })
    }
}
