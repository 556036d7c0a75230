//! Lengths of time as arguments: `15d`, `36h`, `90m`.

use std::str::FromStr;

use chrono::TimeDelta;

/// A length of time as an argument: a whole number with a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Duration(pub(super) TimeDelta);

/// The text names no length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write a whole number and a unit (d, h or m), such as 15d, 36h or 90m; at most 366d")]
pub(super) struct InvalidDuration;

impl FromStr for Duration {
    type Err = InvalidDuration;

    fn from_str(text: &str) -> Result<Self, InvalidDuration> {
        let (number, minutes) = if let Some(days) = text.strip_suffix('d') {
            (days, 24 * 60)
        } else if let Some(hours) = text.strip_suffix('h') {
            (hours, 60)
        } else if let Some(minutes) = text.strip_suffix('m') {
            (minutes, 1)
        } else {
            return Err(InvalidDuration);
        };
        // `parse` would take a sign.
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
        let number: i64 = number.parse().map_err(|_malformed| InvalidDuration)?;
        let minutes = number
            .checked_mul(minutes)
            .filter(|minutes| is_number && (1..=366 * 24 * 60).contains(minutes));
        minutes.map(|minutes| Self(TimeDelta::minutes(minutes))).ok_or(InvalidDuration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_needs_a_unit() {
        for (text, minutes) in
            [("15d", 21_600), ("36h", 2_160), ("90m", 90), ("1m", 1), ("007d", 10_080)]
        {
            assert_eq!(text.parse(), Ok(Duration(TimeDelta::minutes(minutes))), "{text}");
        }
        for text in [
            "",
            "15",
            "d",
            "15 d",
            " 15d",
            "15D",
            "+15d",
            "-1d",
            "0d",
            "1.5h",
            "15days",
            "1w",
            "90s",
            "1d12h",
            "367d",
            "99999999999999999999d",
            "٣d",
            "9223372036854775807d",
        ] {
            assert_eq!(text.parse::<Duration>(), Err(InvalidDuration), "{text:?}");
        }
    }
}
