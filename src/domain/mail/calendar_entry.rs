//! The expiry of the token as people have it in their calendars: one entry, which each renewal moves
//! and a revocation removes.

use chrono::{DateTime, Utc};

use crate::domain::token::Token;
use crate::domain::token::secret::TokenId;

/// 1 January 2026: from here on the seconds are counted by which an entry supersedes others.
const EPOCH: i64 = 1_767_225_600;
/// Calendars count in 32 bits with a sign. A clock that shows a later time counts for nothing: numbers
/// have to be left for what follows.
const LATEST: i64 = 2_000_000_000;

/// What calendars are told about a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarEntry {
    /// Names the one entry of this installation, whichever token it is about.
    pub uid: String,
    /// The higher one supersedes the others (RFC 5545 section 3.8.7.4).
    pub sequence: i64,
    /// When the token was generated or revoked: the same on every try, so a mail that is sent again
    /// says the same.
    pub changed_at: DateTime<Utc>,
    /// When the token expires.
    pub expires_at: DateTime<Utc>,
    /// Whether it is to be removed.
    pub is_cancelled: bool,
}

impl CalendarEntry {
    /// The entry of a token that was generated. `first` is the first token that there ever was:
    /// backups know it too, and a new address of the server does not change it.
    pub fn published(token: &Token, first: &TokenId, sequence: i64) -> Self {
        let digest = blake3::hash(first.as_str().as_bytes()).to_hex();
        let digest: String = digest.chars().take(32).collect();
        Self {
            uid: format!("scim-token-{digest}"),
            sequence,
            changed_at: token.generated_at,
            expires_at: token.expires_at,
            is_cancelled: false,
        }
    }

    /// The same for a token that was revoked at this instant and has no successor.
    #[must_use]
    pub fn cancelled(self, at: DateTime<Utc>) -> Self {
        let sequence = after(self.sequence, at);
        Self { sequence, changed_at: at, is_cancelled: true, ..self }
    }
}

/// The number of an entry that is made at `at` and supersedes the one with the number `last`.
///
/// It follows the clock, because a backup that is restored knows nothing of the numbers that were
/// given after it; and it rises whatever the clock of an instance shows.
pub fn after(last: i64, at: DateTime<Utc>) -> i64 {
    let seconds = at.timestamp() - EPOCH;
    let by_clock = if (0..LATEST).contains(&seconds) { seconds } else { 0 };
    by_clock.max(last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_the_clock_and_never_fall() {
        for (last, at, number) in [
            (0, "2026-01-01T00:00:00Z", 1),
            (0, "2026-01-02T00:00:00Z", 86_400),
            (86_400, "2026-01-02T00:00:00Z", 86_401),
            (86_400, "2026-01-02T00:00:01Z", 86_401),
            // A clock that is behind, and one that is far ahead.
            (86_400, "2020-01-01T00:00:00Z", 86_401),
            (86_400, "2199-01-01T00:00:00Z", 86_401),
            (86_400, "2026-01-03T00:00:00Z", 172_800),
        ] {
            assert_eq!(after(last, at.parse().unwrap()), number, "{last} {at}");
        }
        assert!(i32::try_from(LATEST).is_ok());
    }
}
