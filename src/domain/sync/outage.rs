//! Times in which sync stood still: they end with an accepted request, and some are worth a report.

use std::net::IpAddr;

use chrono::{DateTime, Utc};

use super::PATIENCE;
use super::refused::RefusedGroup;
use crate::domain::token::secret::TokenId;
use crate::domain::token::{Token, TokenHistory};

/// The key of an outage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OutageId(pub i64);

/// A time in which sync stood still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// When it began.
    pub began_at: DateTime<Utc>,
    /// When a request was accepted.
    pub ended_at: DateTime<Utc>,
    /// Whether a mail had told of it.
    pub is_told: bool,
    /// The token that was accepted.
    pub token: TokenId,
    /// Where it came from.
    pub from: IpAddr,
    /// What the client calls itself.
    pub agent: Option<String>,
}

/// What ended with an accepted request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standstill<'a> {
    /// The last accepted request before it.
    pub last_at: Option<DateTime<Utc>>,
    /// What was refused since then.
    pub refused: &'a [RefusedGroup],
    /// When the last token ended without another one that was valid at once.
    pub stopped_at: Option<DateTime<Utc>>,
    /// Whether a mail told of silence.
    pub silence_was_mailed: bool,
    /// Whether a mail told that sync had stopped or is refused.
    pub stop_was_mailed: bool,
}

/// When the outage began, if the request that was accepted at `ended_at` ended one that is worth a
/// report: a mail told of it, or it was long.
pub fn began(standstill: &Standstill<'_>, ended_at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let Standstill { last_at, refused, stopped_at, silence_was_mailed, stop_was_mailed } =
        *standstill;
    if silence_was_mailed && last_at.is_some() {
        return last_at;
    }
    let faults = || refused.iter().filter(|group| group.is_fault());
    if stop_was_mailed || silence_was_mailed {
        let first = faults().map(|group| group.first_at).chain(stopped_at).min();
        return first.or(last_at);
    }
    // What never worked cannot work again.
    last_at?;
    let first = lasting_fault(faults()).into_iter().chain(stopped_at).min()?;
    (ended_at - first >= PATIENCE).then_some(first)
}

/// The first fault, if the faults are more than a stray request: a token of ours from where requests
/// are accepted, or anything that goes on for a while.
fn lasting_fault<'a>(
    faults: impl Iterator<Item = &'a RefusedGroup> + Clone,
) -> Option<DateTime<Utc>> {
    let first = faults.clone().map(|group| group.first_at).min()?;
    let last = faults.clone().map(|group| group.last_at).max()?;
    if last - first >= PATIENCE {
        return Some(first);
    }
    let certain = faults.filter(|group| group.looks_like_ours && group.is_known_source);
    certain.map(|group| group.first_at).min()
}

/// When the last moment was at which a token ended and no other one was valid, not before `last_at`.
/// The tokens are those of before the accepted request.
pub fn stopped_at(
    history: &TokenHistory,
    last_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let end = |token: &Token| {
        let revoked_at = token.revocation.as_ref().map(|end| end.at);
        revoked_at.map_or(token.expires_at, |at| at.min(token.expires_at))
    };
    let newest = history.newest.as_ref();
    let followed = newest.into_iter().chain(&history.predecessors).map(|token| token.generated_at);
    let ends = history.predecessors.iter().zip(followed);
    let stops = ends.map(|(token, next)| (end(token), next)).filter(|(end, next)| end < next);
    let since = last_at.unwrap_or(DateTime::UNIX_EPOCH);
    stops.map(|(end, _)| end).filter(|end| *end >= since && *end <= now).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::token::refusal::Refusal;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + minute * 60, 0).unwrap()
    }

    fn fault(first: i64, last: i64, looks_like_ours: bool, is_known_source: bool) -> RefusedGroup {
        RefusedGroup {
            reason: Refusal::Expired,
            token: None,
            from: None,
            agent: None,
            looks_like_ours,
            is_known_source,
            count: 1,
            first_at: at(first),
            last_at: at(last),
        }
    }

    #[test]
    fn an_outage_was_told_of_or_long() {
        let certain = [fault(10, 10, true, true)];
        let stray = [fault(10, 24, true, false), fault(11, 12, false, true)];
        let lasting = [fault(10, 20, true, false), fault(11, 25, false, true)];
        let scanner = [fault(10, 500, false, false)];
        for (refused, stopped, silence, stop, ended, expected) in [
            // A pause without a fault is none.
            (&[][..], None, false, false, 10_000, None),
            (&scanner, None, false, false, 10_000, None),
            (&stray, None, false, false, 10_000, None),
            (&certain, None, false, false, 24, None),
            (&certain, None, false, false, 25, Some(10)),
            (&lasting, None, false, false, 26, Some(10)),
            (&[], Some(10), false, false, 24, None),
            (&[], Some(10), false, false, 25, Some(10)),
            (&certain, Some(8), false, false, 25, Some(8)),
            (&certain, None, false, true, 11, Some(10)),
            (&stray, None, false, true, 11, Some(10)),
            (&[], None, true, false, 12_000, Some(0)),
            (&certain, None, true, false, 12_000, Some(0)),
        ] {
            let standstill = Standstill {
                last_at: Some(at(0)),
                refused,
                stopped_at: stopped.map(at),
                silence_was_mailed: silence,
                stop_was_mailed: stop,
            };
            assert_eq!(began(&standstill, at(ended)), expected.map(at), "{standstill:?} {ended}");
            let first_ever = Standstill { last_at: None, ..standstill };
            if !silence && !stop {
                assert_eq!(began(&first_ever, at(ended)), None);
            }
        }
    }
}
