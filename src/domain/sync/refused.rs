//! What was refused since the last accepted request, and which of it is a fault of the sync.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::token::refusal::Refusal;
use crate::domain::token::secret::TokenId;

/// So long people may take to enter a new token, and so long a refusal stays worth an alarm.
pub const PATIENCE: TimeDelta = TimeDelta::minutes(15);

/// Refused requests that have reason, token and network in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedGroup {
    /// Why they were refused.
    pub reason: Refusal,
    /// The token they carried, if it is a known one.
    pub token: Option<TokenId>,
    /// Where one of them came from; none for various networks.
    pub from: Option<IpAddr>,
    /// What one of the clients calls itself.
    pub agent: Option<String>,
    /// Whether what they presented begins like one of our tokens.
    pub looks_like_ours: bool,
    /// Whether a request from there was accepted lately.
    pub is_known_source: bool,
    /// How many there were.
    pub count: u64,
    /// The first of them.
    pub first_at: DateTime<Utc>,
    /// The latest of them.
    pub last_at: DateTime<Utc>,
}

impl RefusedGroup {
    /// Whether they speak of a fault of the sync: a scanner without a token does not, nor does an
    /// application that has no credential for introspection.
    pub fn is_fault(&self) -> bool {
        self.reason != Refusal::UnknownApplication && (self.looks_like_ours || self.is_known_source)
    }
}

/// The refused requests of a while.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RefusedRequests {
    /// Since the last accepted request, and since the token was generated or ended.
    pub groups: Vec<RefusedGroup>,
    /// The last fault before the last accepted request.
    pub before_at: Option<DateTime<Utc>>,
}

/// Several groups in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedSum<'a> {
    /// How many requests.
    pub count: u64,
    /// The first of them.
    pub first_at: DateTime<Utc>,
    /// The group with the latest of them.
    pub last: &'a RefusedGroup,
    /// The most frequent reason, with one group of it.
    pub main: &'a RefusedGroup,
}

impl RefusedRequests {
    /// Whether faults arrive and nothing else: within the last minutes, and nothing was accepted
    /// since the first of those.
    pub fn is_all_that_arrives(&self, now: DateTime<Utc>) -> bool {
        let is_recent = |at: DateTime<Utc>| now - at < PATIENCE;
        let faults = self.groups.iter().filter(|group| group.is_fault());
        faults.clone().any(|group| is_recent(group.last_at))
            && !self.before_at.is_some_and(is_recent)
    }

    /// The faults.
    pub fn faults(&self) -> Option<RefusedSum<'_>> {
        Self::sum(self.groups.iter().filter(|group| group.is_fault()))
    }

    /// Everything.
    pub fn all(&self) -> Option<RefusedSum<'_>> {
        Self::sum(self.groups.iter())
    }

    /// What carried one of these tokens.
    pub fn with<'a>(&'a self, tokens: &[&TokenId]) -> Option<RefusedSum<'a>> {
        let carries = |group: &&RefusedGroup| {
            group.token.as_ref().is_some_and(|token| tokens.contains(&token))
        };
        Self::sum(self.groups.iter().filter(carries))
    }

    fn sum<'a>(groups: impl Iterator<Item = &'a RefusedGroup>) -> Option<RefusedSum<'a>> {
        let groups: Vec<&RefusedGroup> = groups.collect();
        let of_reason = |reason: Refusal| -> u64 {
            groups.iter().filter(|group| group.reason == reason).map(|group| group.count).sum()
        };
        let weight = |group: &&&RefusedGroup| (of_reason(group.reason), group.count, group.last_at);
        Some(RefusedSum {
            count: groups.iter().map(|group| group.count).sum(),
            first_at: groups.iter().map(|group| group.first_at).min()?,
            last: groups.iter().max_by_key(|group| group.last_at)?,
            main: groups.iter().max_by_key(weight)?,
        })
    }
}
