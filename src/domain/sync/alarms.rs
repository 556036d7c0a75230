//! Which mails about the connection are due.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

use super::silence::SilenceRule;
use super::{Connection, SyncHealth, health};
use crate::domain::token::TokenHistory;

/// A mail tells of refused requests when they last so long.
const REFUSED_FOR: TimeDelta = TimeDelta::minutes(60);
/// A revocation that was noticed later than this is no news.
const REVOKED_WITHIN: TimeDelta = TimeDelta::hours(24);
/// So long after the first mail about silence the second one follows.
const AGAIN_AFTER: TimeDelta = TimeDelta::days(7);

/// A mail about the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Alarm {
    /// The token was revoked, and none has replaced it.
    Revoked,
    /// Requests are refused, and none is accepted.
    Refused,
    /// Nothing has been heard for longer than usual.
    Silent,
    /// Still nothing: the last mail about it.
    StillSilent,
    /// A request was accepted after an outage.
    WorksAgain,
}

impl Alarm {
    /// Every mail.
    pub const ALL: [Self; 5] =
        [Self::Revoked, Self::Refused, Self::Silent, Self::StillSilent, Self::WorksAgain];

    /// The stored form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Refused => "refused",
            Self::Silent => "silent",
            Self::StillSilent => "still-silent",
            Self::WorksAgain => "works-again",
        }
    }

    /// Its name in a sentence.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Revoked => "Mail about the revoked token",
            Self::Refused => "Mail about refused requests",
            Self::Silent => "Mail about silence",
            Self::StillSilent => "Second mail about silence",
            Self::WorksAgain => "Mail that sync works again",
        }
    }
}

impl fmt::Display for Alarm {
    /// Writes what pages and commands call it in a list.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Revoked => "Token revoked",
            Self::Refused => "Requests refused",
            Self::Silent => "Nothing heard",
            Self::StillSilent => "Still nothing heard",
            Self::WorksAgain => "Sync works again",
        })
    }
}

/// The mails that are due at `now`. `silent_mail_at` is when the first one about this silence became
/// due.
pub fn due(
    history: &TokenHistory,
    connection: &Connection,
    rule: SilenceRule,
    silent_mail_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Vec<Alarm> {
    match health(history, connection, rule, now) {
        Some(SyncHealth::Silent) if is_mailed(history, connection, rule, now) => {
            let again = silent_mail_at.is_some_and(|at| now - at >= AGAIN_AFTER);
            [Alarm::Silent].into_iter().chain(again.then_some(Alarm::StillSilent)).collect()
        }
        Some(SyncHealth::Refused) => {
            let since = connection.refused.faults().map(|faults| faults.first_at);
            let is_long = since.is_some_and(|since| now - since >= REFUSED_FOR);
            if is_long { vec![Alarm::Refused] } else { Vec::new() }
        }
        Some(SyncHealth::Stopped) if was_just_revoked(history, now) => vec![Alarm::Revoked],
        _ => Vec::new(),
    }
}

/// The next mail, and when it becomes due if nothing changes until then.
pub fn next(
    history: &TokenHistory,
    connection: &Connection,
    rule: SilenceRule,
    silent_mail_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Option<(Alarm, DateTime<Utc>)> {
    let token = history.unrevoked()?;
    let (alarm, at) = match health(history, connection, rule, now)? {
        SyncHealth::Refused => {
            (Alarm::Refused, connection.refused.faults()?.first_at + REFUSED_FOR)
        }
        SyncHealth::Silent if silent_mail_at.is_some() => {
            (Alarm::StillSilent, silent_mail_at? + AGAIN_AFTER)
        }
        SyncHealth::Working | SyncHealth::Waiting | SyncHealth::Silent => {
            let limit = connection.rhythm.limit(rule).filter(|limit| limit.is_mailed)?;
            let quiet = connection.rhythm.quiet.unwrap_or(now - token.generated_at);
            (Alarm::Silent, now + limit.after - quiet)
        }
        _ => return None,
    };
    (at > now && at < token.expires_at).then_some((alarm, at))
}

fn was_just_revoked(history: &TokenHistory, now: DateTime<Utc>) -> bool {
    let revocation = history.newest.as_ref().and_then(|newest| newest.revocation.as_ref());
    revocation.is_some_and(|end| now - end.at < REVOKED_WITHIN)
}

/// A token that was never used is not worth a mail before the connection is quiet for too long.
fn is_mailed(
    history: &TokenHistory,
    connection: &Connection,
    rule: SilenceRule,
    now: DateTime<Utc>,
) -> bool {
    let Some(limit) = connection.rhythm.limit(rule) else { return false };
    let generated_at = history.newest.as_ref().map(|newest| newest.generated_at);
    let age = generated_at.map_or(TimeDelta::zero(), |at| now - at);
    limit.is_mailed && connection.rhythm.quiet.unwrap_or(age) >= limit.after
}
