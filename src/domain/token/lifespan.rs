//! How long a token lives.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Months, Utc};

/// One to six calendar months.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lifespan(u8);

/// The text or number names no lifespan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the lifespan must be a whole number of months from 1 to 6")]
pub struct InvalidLifespan;

impl Lifespan {
    /// Six months: the default of a first token.
    pub const DEFAULT: Self = Self(6);

    /// Every lifespan, shortest first.
    pub fn all() -> impl Iterator<Item = Self> {
        (1..=6).map(Self)
    }

    /// The number of calendar months.
    pub const fn months(self) -> u8 {
        self.0
    }

    /// The instant at which a token that is generated at `start` expires.
    ///
    /// Months are calendar months in UTC and the end of a month is clamped: 31 August plus six
    /// months is the last day of February.
    pub fn expiry(self, start: DateTime<Utc>) -> DateTime<Utc> {
        start.checked_add_months(Months::new(u32::from(self.0))).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}

impl TryFrom<i64> for Lifespan {
    type Error = InvalidLifespan;

    fn try_from(months: i64) -> Result<Self, InvalidLifespan> {
        match u8::try_from(months) {
            Ok(months @ 1..=6) => Ok(Self(months)),
            _ => Err(InvalidLifespan),
        }
    }
}

impl FromStr for Lifespan {
    type Err = InvalidLifespan;

    /// Accepts one digit: `+6`, `06` and `6 ` are mistakes, not lifespans.
    fn from_str(text: &str) -> Result<Self, InvalidLifespan> {
        match text.as_bytes() {
            [digit @ b'1'..=b'6'] => Ok(Self(digit - b'0')),
            _ => Err(InvalidLifespan),
        }
    }
}

impl fmt::Display for Lifespan {
    /// Writes `1 month` or `6 months`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} month{}", self.0, if self.0 == 1 { "" } else { "s" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_month_is_clamped() {
        for (start, months, expiry) in [
            ("2027-01-31T10:00:00Z", 1, "2027-02-28T10:00:00Z"),
            ("2028-01-31T10:00:00Z", 1, "2028-02-29T10:00:00Z"),
            ("2026-08-31T23:59:59Z", 6, "2027-02-28T23:59:59Z"),
            ("2027-08-31T00:00:00Z", 6, "2028-02-29T00:00:00Z"),
            ("2026-10-31T00:00:00Z", 1, "2026-11-30T00:00:00Z"),
            ("2028-02-29T12:00:00Z", 6, "2028-08-29T12:00:00Z"),
            ("2026-11-22T14:03:00Z", 6, "2027-05-22T14:03:00Z"),
        ] {
            let lifespan = Lifespan::try_from(months).unwrap();

            let result = lifespan.expiry(start.parse().unwrap());

            assert_eq!(result, expiry.parse::<DateTime<Utc>>().unwrap(), "{start} + {months}");
        }
    }

    #[test]
    fn only_one_to_six_months_exist() {
        for text in ["0", "7", "-1", "+6", "06", " 6", "6 ", "", "abc", "1.5", "٣"] {
            assert_eq!(text.parse::<Lifespan>(), Err(InvalidLifespan), "{text:?}");
        }
        for (text, lifespan) in ["1", "2", "3", "4", "5", "6"].into_iter().zip(Lifespan::all()) {
            assert_eq!(text.parse::<Lifespan>(), Ok(lifespan));
        }
        for months in [i64::MIN, -1, 0, 7, 257, i64::MAX] {
            assert_eq!(Lifespan::try_from(months), Err(InvalidLifespan), "{months}");
        }
    }
}
