//! The state of the token as pages name it: badge, banner, bar and form follow from it.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::domain::calendar;
use crate::domain::token::{Token, TokenStatus};

/// From this many days before the expiry, every admin page carries a banner.
const WARNING_DAYS: i64 = 15;

/// What the newest token is worth to the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenState {
    /// There never was a token.
    Never,
    /// More than fifteen days are left.
    Active,
    /// Fifteen days or fewer are left, but it is not today.
    Expiring {
        /// Calendar days in the configured zone.
        days: i64,
    },
    /// It expires today and has not yet.
    Today,
    /// It has expired.
    Expired,
    /// It was revoked without a replacement.
    Revoked,
}

impl TokenState {
    /// The state at `now`. Expired is decided by the instant, the rest by calendar days of `zone`.
    pub(crate) fn of(newest: Option<&Token>, now: DateTime<Utc>, zone: Tz) -> Self {
        let Some(token) = newest else { return Self::Never };
        match token.status(now) {
            TokenStatus::Revoked => Self::Revoked,
            TokenStatus::Expired => Self::Expired,
            TokenStatus::Active => match calendar::days_until(token.expires_at, now, zone) {
                0 => Self::Today,
                days if days <= WARNING_DAYS => Self::Expiring { days },
                _ => Self::Active,
            },
        }
    }

    /// Whether a client is let in with the token.
    pub(crate) const fn is_live(self) -> bool {
        matches!(self, Self::Active | Self::Expiring { .. } | Self::Today)
    }

    /// The colour of dates and the bar.
    pub(crate) const fn tone(self) -> &'static str {
        match self {
            Self::Never | Self::Active => "",
            Self::Expiring { .. } | Self::Today => "attention",
            Self::Expired | Self::Revoked => "danger",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::admin::actor::Actor;
    use crate::domain::network::source::Source;
    use crate::domain::token::Revocation;
    use crate::domain::token::lifespan::Lifespan;
    use crate::domain::token::secret::{PhcString, TokenId};

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn token(generated: &str, lifespan: i64) -> Token {
        let lifespan = Lifespan::try_from(lifespan).unwrap();
        Token {
            id: TokenId::parse("Q9T4XB12").unwrap(),
            hash: Some(PhcString::new("$argon2id$".to_owned())),
            lifespan,
            generated_at: at(generated),
            generated_by: Actor::CommandLine,
            generated_from: Source::command_line(),
            expires_at: lifespan.expiry(at(generated)),
            uncopied_at: None,
            kept: None,
            revocation: None,
            first_used_at: None,
            last_use: None,
            late_use: None,
        }
    }

    #[test]
    fn the_state_changes_at_midnight_and_at_the_instant() {
        let half_a_year = token("2026-08-31T14:03:00Z", 6);
        for (now, state) in [
            ("2027-02-12T23:59:59Z", TokenState::Active),
            ("2027-02-13T00:00:00Z", TokenState::Expiring { days: 15 }),
            ("2027-02-14T00:00:00Z", TokenState::Expiring { days: 14 }),
            ("2027-02-27T23:59:59Z", TokenState::Expiring { days: 1 }),
            ("2027-02-28T00:00:00Z", TokenState::Today),
            ("2027-02-28T14:02:59Z", TokenState::Today),
            ("2027-02-28T14:03:00Z", TokenState::Expired),
            ("2027-02-28T14:03:01Z", TokenState::Expired),
            ("2027-03-01T14:03:00Z", TokenState::Expired),
        ] {
            assert_eq!(TokenState::of(Some(&half_a_year), at(now), Tz::UTC), state, "{now}");
        }
        let leap = token("2028-01-29T12:00:00Z", 1);
        assert_eq!(
            TokenState::of(Some(&leap), at("2028-02-29T00:00:00Z"), Tz::UTC),
            TokenState::Today
        );
    }

    #[test]
    fn days_are_those_of_the_configured_zone() {
        let token = token("2026-11-04T23:30:00Z", 1);
        let now = at("2026-12-04T22:30:00Z");

        assert_eq!(TokenState::of(Some(&token), now, Tz::UTC), TokenState::Today);
        let tokyo = TokenState::of(Some(&token), now, Tz::Asia__Tokyo);
        assert_eq!(tokyo, TokenState::Today);
        let berlin = TokenState::of(Some(&token), now, Tz::Europe__Berlin);
        assert_eq!(berlin, TokenState::Expiring { days: 1 });
    }

    #[test]
    fn without_a_token_and_after_a_revocation_nothing_is_live() {
        let now = at("2026-11-22T00:00:00Z");
        assert_eq!(TokenState::of(None, now, Tz::UTC), TokenState::Never);

        let mut revoked = token("2026-11-04T23:30:00Z", 1);
        revoked.revocation =
            Some(Revocation { at: now, by: Actor::CommandLine, replaced_by: None });
        let state = TokenState::of(Some(&revoked), now, Tz::UTC);

        assert_eq!(state, TokenState::Revoked);
        assert!(!state.is_live());
    }
}
