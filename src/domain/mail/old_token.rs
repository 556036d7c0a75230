//! Mails about the old token that is kept beside a new one: before it ends, and when it has ended.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::admin::actor::Actor;
use crate::domain::token::{Token, TokenHistory};

/// So long before the end people are warned, if nobody has used the new token.
const WARNING: TimeDelta = TimeDelta::hours(4);
/// An end that was noticed later than this is no news.
const NEWS: TimeDelta = TimeDelta::hours(24);

/// A mail about the old token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OldTokenMail {
    /// It ends soon, and the new one was never used.
    EndsSoon,
    /// It has ended, and the new one is in use.
    Ended,
    /// Somebody has revoked it.
    Revoked,
    /// It has ended, and the new one was never used.
    Stopped,
}

impl OldTokenMail {
    /// The stored form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EndsSoon => "old-token-ends-soon",
            Self::Ended => "old-token-ended",
            Self::Revoked => "old-token-revoked",
            Self::Stopped => "old-token-stopped",
        }
    }

    /// Its name in a sentence.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EndsSoon => "Mail that the old token ends soon",
            Self::Ended | Self::Stopped => "Mail that the old token ended",
            Self::Revoked => "Mail about the revoked old token",
        }
    }

    /// The mail that may go out at `now`, with the old token that it is about.
    pub fn due(history: &TokenHistory, now: DateTime<Utc>) -> Option<(Self, &Token)> {
        let new = history.unrevoked()?;
        let old = history.kept()?;
        let between = history.predecessors.iter().take_while(|token| token.id != old.id);
        // If one of those was used, it was generated anew, and that mail tells of it.
        if between.into_iter().any(Token::was_used) {
            return None;
        }
        let (kept, latest) = (old.kept?, old.latest_end()?);
        let Some(end) = &old.revocation else {
            let is_long = latest - kept.since > WARNING;
            let is_soon = now >= latest - WARNING && now < kept.ends_at;
            return (is_long && is_soon && !new.was_used()).then_some((Self::EndsSoon, old));
        };
        let mail = match new.first_used_at {
            _ if now - end.at >= NEWS => return None,
            _ if end.by != Actor::System => Self::Revoked,
            Some(first) if first <= end.at => Self::Ended,
            Some(_) => return None,
            None => Self::Stopped,
        };
        Some((mail, old))
    }
}

impl fmt::Display for OldTokenMail {
    /// Writes what pages and commands call it in a list.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EndsSoon => "Old token ends soon",
            Self::Ended => "Old token ended",
            Self::Revoked => "Old token revoked",
            Self::Stopped => "Old token ended, new one not used",
        })
    }
}
