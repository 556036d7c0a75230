//! Which mails may go out at an instant.

use chrono::{DateTime, Utc};

use super::connection::ConnectionMails;
use super::keys::KeyReminder;
use super::{MailSettings, keys};
use crate::domain::mail::Mail;
use crate::domain::mail::about::About;
use crate::domain::mail::key::KeyMail;
use crate::domain::mail::kind::MailKind;
use crate::domain::mail::milestone::Milestone;
use crate::domain::sync::{PATIENCE, presented_predecessors};
use crate::domain::token::TokenHistory;
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
        Ok(Self { history, milestone, connection, keys })
    }

    /// The mails that are due, each with what it is about.
    pub(crate) fn all(&self) -> Vec<(MailKind, About)> {
        let token = self.history.unrevoked().map(|token| About::Token(token.id.clone()));
        let expiry = self.milestone.map(MailKind::Expiry);
        let still_used = self.still_used().map(|_| MailKind::StillUsed);
        let about_token = expiry.into_iter().chain(still_used);
        let about_token = about_token.filter_map(|kind| Some((kind, token.clone()?)));
        about_token.chain(self.connection.due(&self.history)).collect()
    }

    /// Whether a mail may go out. For a revoked token only the mail that it was generated does, and
    /// a milestone is superseded by the next.
    pub(crate) fn allows(&self, mail: &Mail) -> bool {
        let unrevoked = self.history.unrevoked().map(|token| &token.id);
        let is_current = unrevoked.is_some() && unrevoked == mail.about.token();
        match mail.kind {
            MailKind::Expiry(milestone) => is_current && self.milestone == Some(milestone),
            MailKind::StillUsed => is_current && self.still_used().is_some(),
            MailKind::Alarm(alarm) => self.connection.allows(alarm, mail, &self.history),
            MailKind::Key(KeyMail::FifteenDaysBefore | KeyMail::OneDayBefore) => {
                self.keys.iter().any(|reminder| reminder.is(mail))
            }
            MailKind::Generated
            | MailKind::Alert(_)
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
        let presented: Vec<_> = presented_predecessors(&self.history).collect();
        let late = presented.iter().filter_map(|token| token.late_use.as_ref());
        let last_at = late.map(|late| late.at).max()?;
        (last_at > token.generated_at + PATIENCE).then_some(StillUsed { token, presented })
    }
}
