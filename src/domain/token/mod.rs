//! The stored record of a token and what can be said of it at an instant.

pub mod lifespan;
pub mod overlap;
pub mod refusal;
pub mod secret;

use std::net::IpAddr;

use chrono::{DateTime, Utc};

use self::lifespan::Lifespan;
use self::overlap::Kept;
use self::secret::{PhcString, TokenId};
use super::admin::actor::Actor;
use super::network::source::Source;

/// A token as it is stored: everything but its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The public id.
    pub id: TokenId,
    /// What a presented token is verified against; erased when the token is revoked.
    pub hash: Option<PhcString>,
    /// The lifespan it was generated with.
    pub lifespan: Lifespan,
    /// When it was generated.
    pub generated_at: DateTime<Utc>,
    /// Who generated it.
    pub generated_by: Actor,
    /// From where it was generated.
    pub generated_from: Source,
    /// The first instant at which it is no longer accepted.
    pub expires_at: DateTime<Utc>,
    /// When the window that showed it was closed before it was copied.
    pub uncopied_at: Option<DateTime<Utc>>,
    /// Present once another token has replaced it that it is kept beside.
    pub kept: Option<Kept>,
    /// Present once it was revoked, with or without a replacement.
    pub revocation: Option<Revocation>,
    /// When it was accepted for the first time.
    pub first_used_at: Option<DateTime<Utc>>,
    /// When and from where it was accepted last.
    pub last_use: Option<LastUse>,
    /// How often, when and from where it was presented after it had been revoked.
    pub late_use: Option<LateUse>,
}

/// How a token ended before its expiry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// When it was revoked.
    pub at: DateTime<Utc>,
    /// Who revoked it.
    pub by: Actor,
    /// The token that replaced it, if one did.
    pub replaced_by: Option<TokenId>,
}

/// The last time a token was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastUse {
    /// When.
    pub at: DateTime<Utc>,
    /// From which address.
    pub from: IpAddr,
    /// The client's own name for itself.
    pub agent: Option<String>,
}

/// Requests that still carried a token after it had been revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateUse {
    /// How many requests.
    pub count: u64,
    /// The latest of them.
    pub at: DateTime<Utc>,
    /// The address the latest came from.
    pub from: IpAddr,
}

/// What a token is worth at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenStatus {
    /// It is accepted.
    Active,
    /// It has expired.
    Expired,
    /// It was revoked or replaced, or has ended as an old token does.
    Revoked,
}

impl Token {
    /// The status at `now`: without leeway, a token is expired from the second of its expiry on
    /// (RFC 7519 section 4.1.4).
    pub fn status(&self, now: DateTime<Utc>) -> TokenStatus {
        let has_ended = self.kept.is_some_and(|kept| now >= kept.ends_at);
        if self.revocation.is_some() || self.hash.is_none() || has_ended {
            TokenStatus::Revoked
        } else if now >= self.expires_at {
            TokenStatus::Expired
        } else {
            TokenStatus::Active
        }
    }

    /// When it ends at the latest, if it is kept beside a new one.
    pub fn latest_end(&self) -> Option<DateTime<Utc>> {
        self.kept.map(|kept| overlap::latest_end(kept.since, self.expires_at))
    }

    /// Whether it was ever accepted.
    pub const fn was_used(&self) -> bool {
        self.first_used_at.is_some() || self.last_use.is_some()
    }
}

/// The newest token and those that an identity provider may still send instead.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TokenHistory {
    /// The token that was generated last, revoked or not, if there ever was one.
    pub newest: Option<Token>,
    /// Those before it, newest first, down to the last one that was used, and further to one that was
    /// kept until the newest was generated.
    pub predecessors: Vec<Token>,
}

impl TokenHistory {
    /// The newest token unless it was revoked: the one that may still be accepted.
    pub fn unrevoked(&self) -> Option<&Token> {
        self.newest.as_ref().filter(|token| token.revocation.is_none())
    }

    /// The token that was kept when the newest one or one shortly before it was generated, whether or
    /// not it has ended.
    pub fn kept(&self) -> Option<&Token> {
        self.predecessors.iter().find(|token| token.kept.is_some())
    }

    /// The old token, while it is valid beside the newest one.
    pub fn old(&self, now: DateTime<Utc>) -> Option<&Token> {
        self.kept().filter(|token| token.status(now) == TokenStatus::Active)
    }
}
