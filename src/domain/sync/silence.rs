//! When silence is no longer normal. Some identity providers call every hour, some only when a user
//! changes: so what is usual is learnt from the connection itself.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::requests::hours::Pause;

/// How far back pauses count, from the last accepted request on.
pub const MEMORY: TimeDelta = TimeDelta::days(30);
/// With less history nobody is mailed.
const LEARNT: TimeDelta = TimeDelta::days(14);
const SHORTEST: TimeDelta = TimeDelta::hours(24);
const SHORTEST_UNTIL_LEARNT: TimeDelta = TimeDelta::hours(72);
const LONGEST: TimeDelta = TimeDelta::days(21);
const TIMES: i32 = 3;

/// What is configured about silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SilenceRule {
    /// Three times the longest pause that is usual.
    #[default]
    Auto,
    /// It is never worth a warning.
    Off,
    /// So many days.
    Days(u16),
}

/// The text is no rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write auto, off, or a number of days from 1 to 365")]
pub struct InvalidSilenceRule;

impl FromStr for SilenceRule {
    type Err = InvalidSilenceRule;

    fn from_str(text: &str) -> Result<Self, InvalidSilenceRule> {
        match text {
            "auto" => Ok(Self::Auto),
            "off" => Ok(Self::Off),
            days => match days.parse() {
                Ok(days @ 1..=365) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                    Ok(Self::Days(days))
                }
                _ => Err(InvalidSilenceRule),
            },
        }
    }
}

impl fmt::Display for SilenceRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Off => f.write_str("off"),
            Self::Days(days) => days.fmt(f),
        }
    }
}

/// What is usual on the connection and how long it is quiet now. Time in which no instance ran does
/// not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rhythm {
    /// How long nothing has been accepted; none if nothing ever was.
    pub quiet: Option<TimeDelta>,
    /// The longest pause between two accepted requests, but for the present one and for outages that
    /// a mail told of.
    pub longest_pause: TimeDelta,
    /// How long ago the first request was accepted.
    pub known: TimeDelta,
}

/// From when on silence is worth a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SilenceLimit {
    /// The limit.
    pub after: TimeDelta,
    /// Whether people are mailed too.
    pub is_mailed: bool,
}

impl Rhythm {
    /// The limit; none if silence is not watched.
    pub fn limit(&self, rule: SilenceRule) -> Option<SilenceLimit> {
        match rule {
            SilenceRule::Off => None,
            SilenceRule::Days(days) => {
                Some(SilenceLimit { after: TimeDelta::days(days.into()), is_mailed: true })
            }
            SilenceRule::Auto => {
                let is_learnt = self.known >= LEARNT;
                let shortest = if is_learnt { SHORTEST } else { SHORTEST_UNTIL_LEARNT };
                let after = (self.longest_pause * TIMES).clamp(shortest, LONGEST);
                Some(SilenceLimit { after, is_mailed: is_learnt })
            }
        }
    }

    /// Whether it is quiet for longer than that.
    pub fn is_silent(&self, rule: SilenceRule) -> bool {
        let limit = self.limit(rule).zip(self.quiet);
        limit.is_some_and(|(limit, quiet)| quiet >= limit.after)
    }
}

/// The longest of `pauses`, but for those that an outage of `outages` explains.
pub fn longest_pause(
    pauses: impl Iterator<Item = Pause>,
    outages: &[(DateTime<Utc>, DateTime<Utc>)],
) -> TimeDelta {
    let is_outage = |pause: &Pause| {
        outages.iter().any(|(began, ended)| *began < pause.until && *ended > pause.from)
    };
    let lengths = pauses.filter(|pause| !is_outage(pause)).map(|pause| pause.length);
    lengths.max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn hours(count: i64) -> TimeDelta {
        TimeDelta::hours(count)
    }

    #[test]
    fn a_rule_is_auto_off_or_a_number_of_days() {
        for (text, rule) in [
            ("auto", Ok(SilenceRule::Auto)),
            ("off", Ok(SilenceRule::Off)),
            ("1", Ok(SilenceRule::Days(1))),
            ("365", Ok(SilenceRule::Days(365))),
            ("0", Err(InvalidSilenceRule)),
            ("366", Err(InvalidSilenceRule)),
            ("+3", Err(InvalidSilenceRule)),
            ("-1", Err(InvalidSilenceRule)),
            ("3d", Err(InvalidSilenceRule)),
            ("Auto", Err(InvalidSilenceRule)),
            ("", Err(InvalidSilenceRule)),
        ] {
            assert_eq!(text.parse(), rule, "{text}");
        }
        for text in ["auto", "off", "9"] {
            assert_eq!(text.parse::<SilenceRule>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn the_limit_follows_the_longest_pause_within_bounds() {
        for (rule, known_days, pause, limit) in [
            (SilenceRule::Auto, 30, hours(1), Some((hours(24), true))),
            (SilenceRule::Auto, 30, hours(8), Some((hours(24), true))),
            (SilenceRule::Auto, 30, hours(23), Some((hours(69), true))),
            (SilenceRule::Auto, 30, hours(3 * 24), Some((hours(9 * 24), true))),
            (SilenceRule::Auto, 30, hours(20 * 24), Some((hours(21 * 24), true))),
            (SilenceRule::Auto, 14, hours(1), Some((hours(24), true))),
            (SilenceRule::Auto, 13, hours(1), Some((hours(72), false))),
            (SilenceRule::Auto, 13, hours(48), Some((hours(144), false))),
            (SilenceRule::Off, 30, hours(1), None),
            (SilenceRule::Days(2), 1, hours(40), Some((hours(48), true))),
        ] {
            let known = TimeDelta::days(known_days);
            let rhythm = Rhythm { quiet: None, longest_pause: pause, known };
            let expected = limit.map(|(after, is_mailed)| SilenceLimit { after, is_mailed });
            assert_eq!(rhythm.limit(rule), expected, "{rule} {known_days} {pause}");
        }
        let almost = Rhythm { known: LEARNT - TimeDelta::seconds(1), ..Rhythm::default() };
        assert!(!almost.limit(SilenceRule::Auto).unwrap().is_mailed);
    }

    #[test]
    fn outages_are_no_pauses() {
        let pause = |from: &str, until: &str| {
            let (from, until) = (at(from), at(until));
            Pause { from, until, length: until - from }
        };
        let all = [
            pause("2026-11-01T10:00:00Z", "2026-11-03T10:00:00Z"),
            pause("2026-11-03T11:00:00Z", "2026-11-13T10:00:00Z"),
        ];
        let outage = (at("2026-11-10T00:00:00Z"), at("2026-11-13T10:00:00Z"));

        assert_eq!(longest_pause(all.into_iter(), &[]), TimeDelta::hours(239));
        assert_eq!(longest_pause(all.into_iter(), &[outage]), TimeDelta::days(2));
        assert_eq!(longest_pause([].into_iter(), &[]), TimeDelta::zero());
    }
}
