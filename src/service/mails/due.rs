//! Which mails may go out at an instant.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::mail::Mail;
use crate::domain::mail::kind::MailKind;
use crate::domain::mail::milestone::{Milestone, Schedule};
use crate::domain::token::TokenHistory;
use crate::mail::letters::StillUsed;
use crate::store::{self, Conn, StoreError};

/// How long people may take to enter the new token before a mail says that it is missing.
const SWITCHING: TimeDelta = TimeDelta::minutes(15);

/// The mails that may go out at an instant.
pub(crate) struct DueMails {
    /// The tokens they are about.
    pub(crate) history: TokenHistory,
    /// The one milestone whose mails may go out.
    pub(crate) milestone: Option<Milestone>,
}

impl DueMails {
    pub(crate) fn load(
        conn: &mut Conn,
        schedule: Schedule,
        now: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        let history = store::tokens::history(conn)?;
        let milestone = match history.unrevoked() {
            Some(token) => {
                let started = store::mails::started_milestones(conn, &token.id)?;
                schedule.due(token.expires_at, now, &started)
            }
            None => None,
        };
        Ok(Self { history, milestone })
    }

    /// The kinds of mails about the current token that are due.
    pub(crate) fn kinds(&self) -> Vec<MailKind> {
        let expiry = self.milestone.map(MailKind::Expiry);
        let still_used = self.still_used().map(|_| MailKind::StillUsed);
        expiry.into_iter().chain(still_used).collect()
    }

    /// Whether a mail may go out. For a revoked token only the mail that it was generated does, and
    /// a milestone is superseded by the next.
    pub(crate) fn allows(&self, mail: &Mail) -> bool {
        let unrevoked = self.history.unrevoked().map(|token| &token.id);
        let is_current = unrevoked.is_some() && unrevoked == mail.about.token();
        match mail.kind {
            MailKind::Expiry(milestone) => is_current && self.milestone == Some(milestone),
            MailKind::StillUsed => is_current && self.still_used().is_some(),
            MailKind::Generated | MailKind::Alert(_) => true,
            MailKind::Invitation | MailKind::Test => false,
        }
    }

    /// The replaced token, if it is still presented while the new one is unused.
    pub(crate) fn still_used(&self) -> Option<StillUsed<'_>> {
        let token = self.history.unrevoked().filter(|token| !token.was_used())?;
        let replaced = self.history.replaced.as_ref()?;
        let late_use = replaced.late_use.as_ref()?;
        let replaced_at = replaced.revocation.as_ref()?.at;
        (late_use.at > replaced_at + SWITCHING).then_some(StillUsed {
            token,
            replaced: &replaced.id,
            replaced_at,
            late_use,
        })
    }
}
