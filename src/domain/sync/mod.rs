//! Whether sync works: the state of the connection to the identity provider, beside that of the
//! token.
//!
//! A token may be valid for months while every request is refused, or none arrives. So the state
//! follows from what was accepted and refused, and from the rhythm that the connection had before.

pub mod alarms;
pub mod outage;
pub mod refused;
pub mod silence;

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

pub use self::refused::PATIENCE;
use self::refused::RefusedRequests;
use self::silence::{Rhythm, SilenceRule};
use super::token::{LastUse, Token, TokenHistory, TokenStatus};

/// A token that was never used is silent when it is so old.
pub const FIRST_USE_WITHIN: TimeDelta = TimeDelta::hours(24);

/// Whether sync works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SyncHealth {
    /// No token is valid, though there was one.
    Stopped,
    /// The identity provider still sends an older token, and the current one was never used.
    NotSwitched,
    /// Requests are refused, and none is accepted.
    Refused,
    /// Nothing was accepted for longer than usual.
    Silent,
    /// Two tokens are valid: the old one until the identity provider has switched to the new one.
    Switching,
    /// The token is new and was not used yet.
    Waiting,
    /// Everything else.
    Working,
}

impl SyncHealth {
    /// Every state, in the order in which they are looked for.
    pub const ALL: [Self; 7] = [
        Self::Stopped,
        Self::NotSwitched,
        Self::Refused,
        Self::Silent,
        Self::Switching,
        Self::Waiting,
        Self::Working,
    ];

    /// The state for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::NotSwitched => "not_switched",
            Self::Refused => "refused",
            Self::Silent => "silent",
            Self::Switching => "switching",
            Self::Waiting => "waiting",
            Self::Working => "working",
        }
    }
}

impl fmt::Display for SyncHealth {
    /// Writes the word that people read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stopped => "Stopped",
            Self::NotSwitched => "Not switched",
            Self::Refused => "Refused",
            Self::Silent => "Silent",
            Self::Switching => "Switching",
            Self::Waiting => "Waiting",
            Self::Working => "Working",
        })
    }
}

/// What is known of the connection at an instant, besides the tokens.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Connection {
    /// The last accepted request, with whichever token.
    pub last: Option<LastUse>,
    /// What was refused since.
    pub refused: RefusedRequests,
    /// How long nothing was accepted, and what is usual.
    pub rhythm: Rhythm,
}

/// The state at `now`: the first that fits. None before the first token.
pub fn health(
    history: &TokenHistory,
    connection: &Connection,
    rule: SilenceRule,
    now: DateTime<Utc>,
) -> Option<SyncHealth> {
    let newest = history.newest.as_ref()?;
    Some(if newest.status(now) != TokenStatus::Active {
        SyncHealth::Stopped
    } else if has_not_switched(newest, history, now) {
        SyncHealth::NotSwitched
    } else if is_refused(newest, connection, now) {
        SyncHealth::Refused
    } else if is_silent(newest, connection, rule, now) {
        SyncHealth::Silent
    } else if history.old(now).is_some() {
        SyncHealth::Switching
    } else if newest.was_used() {
        SyncHealth::Working
    } else {
        SyncHealth::Waiting
    })
}

/// The tokens before the newest one that were presented since it was generated, newest first.
pub fn presented_predecessors(history: &TokenHistory) -> impl Iterator<Item = &Token> {
    let generated_at = history.newest.as_ref().map(|newest| newest.generated_at);
    history.predecessors.iter().filter(move |token| {
        token.late_use.as_ref().is_some_and(|late| Some(late.at) >= generated_at)
    })
}

fn has_not_switched(newest: &Token, history: &TokenHistory, now: DateTime<Utc>) -> bool {
    let had_time = now - newest.generated_at >= PATIENCE || newest.uncopied_at.is_some();
    !newest.was_used() && had_time && presented_predecessors(history).next().is_some()
}

/// While somebody enters a new token, refused requests are a part of that.
fn is_refused(newest: &Token, connection: &Connection, now: DateTime<Utc>) -> bool {
    let being_entered = !newest.was_used() && now - newest.generated_at < PATIENCE;
    !being_entered && connection.refused.is_all_that_arrives(now)
}

fn is_silent(
    newest: &Token,
    connection: &Connection,
    rule: SilenceRule,
    now: DateTime<Utc>,
) -> bool {
    if !newest.was_used() {
        return now - newest.generated_at >= FIRST_USE_WITHIN;
    }
    connection.rhythm.is_silent(rule)
}

#[cfg(test)]
mod tests;
