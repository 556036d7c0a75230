//! A caller: what sends requests, and how many.

use std::net::IpAddr;

use chrono::{DateTime, Utc};

use super::Outcome;
use crate::domain::network::source::Source;
use crate::domain::token::secret::TokenId;

/// What sends requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The token that it sends, if there is such a one.
    pub token: Option<TokenId>,
    /// Where it is and what it calls itself; without an address it stands for several.
    pub source: Source,
}

/// The requests of a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallerCount {
    /// How many were accepted.
    pub accepted: u64,
    /// How many were refused.
    pub refused: u64,
    /// The first request.
    pub first_at: DateTime<Utc>,
    /// The latest request.
    pub last_at: DateTime<Utc>,
}

/// A caller and its requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerEntry {
    /// Who.
    pub caller: Caller,
    /// How many.
    pub count: CallerCount,
}

/// What a source has sent on several days, with whatever token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerSummary {
    /// Who; without an address, several.
    pub source: Source,
    /// How many requests.
    pub count: CallerCount,
    /// Whether some were refused lately.
    pub refused_lately: bool,
}

/// What orders and tells callers apart.
pub(super) type Key<'a> = (Option<IpAddr>, Option<&'a TokenId>, Option<&'a str>);

impl Caller {
    /// Those that were not counted apart.
    pub const OTHERS: Self =
        Self { token: None, source: Source { address: None, agent: None, request_id: None } };

    /// Whether it stands for several.
    pub const fn is_others(&self) -> bool {
        self.source.address.is_none()
    }

    pub(super) fn key(&self) -> Key<'_> {
        (self.source.address, self.token.as_ref(), self.source.agent.as_deref())
    }
}

impl CallerCount {
    pub(super) fn one(outcome: Outcome, now: DateTime<Utc>) -> Self {
        let (accepted, refused) = match outcome {
            Outcome::Accepted => (1, 0),
            Outcome::Refused => (0, 1),
        };
        Self { accepted, refused, first_at: now, last_at: now }
    }

    /// Adds requests of the same caller.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            accepted: self.accepted.saturating_add(other.accepted),
            refused: self.refused.saturating_add(other.refused),
            first_at: self.first_at.min(other.first_at),
            last_at: self.last_at.max(other.last_at),
        }
    }
}
