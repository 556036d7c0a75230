//! How long an API key is accepted.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Months, Utc};

/// Calendar months in which an API key is accepted: none is accepted without end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Validity(u8);

/// The text names no validity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an API key is valid for 1, 2, 3, 6, 9 or 12 months")]
pub struct InvalidValidity;

impl Validity {
    /// Three months: what forms propose.
    pub const DEFAULT: Self = Self(3);

    /// Every validity, shortest first.
    pub const ALL: [Self; 6] = [Self(1), Self(2), Self(3), Self(6), Self(9), Self(12)];

    /// The number of calendar months.
    pub const fn months(self) -> u8 {
        self.0
    }

    /// The instant at which a key that is made at `start` expires; calendar months as of the token.
    pub fn expiry(self, start: DateTime<Utc>) -> DateTime<Utc> {
        start.checked_add_months(Months::new(u32::from(self.0))).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}

impl FromStr for Validity {
    type Err = InvalidValidity;

    /// Accepts the plain number: `+6`, `06` and `6 ` are mistakes.
    fn from_str(text: &str) -> Result<Self, InvalidValidity> {
        let same = |validity: &Self| validity.0.to_string() == text;
        Self::ALL.into_iter().find(same).ok_or(InvalidValidity)
    }
}

impl fmt::Display for Validity {
    /// Writes `1 month` or `12 months`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} month{}", self.0, if self.0 == 1 { "" } else { "s" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_six_validities_exist_and_all_of_them_end() {
        let start: DateTime<Utc> = "2026-11-30T09:41:00Z".parse().unwrap();
        for (text, expiry) in [
            ("1", "2026-12-30T09:41:00Z"),
            ("3", "2027-02-28T09:41:00Z"),
            ("12", "2027-11-30T09:41:00Z"),
        ] {
            let validity: Validity = text.parse().unwrap();
            assert_eq!(validity.expiry(start), expiry.parse::<DateTime<Utc>>().unwrap(), "{text}");
        }
        for text in ["0", "4", "13", "24", "", "never", "+3", "03", "3 ", "٣", "-1"] {
            assert_eq!(text.parse::<Validity>(), Err(InvalidValidity), "{text:?}");
        }
    }
}
