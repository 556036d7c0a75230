//! How many failures a source may have: a sliding window in bounded memory.
//!
//! Two fixed windows make a sliding one: the failures of the window before count by the share of it
//! that is still within a minute.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

use chrono::{DateTime, Utc};

use super::source_network;

/// The length of a window, in seconds.
const WINDOW: i64 = 60;
/// Failures that a source may have within a window. Nobody guesses a secret of 256 bits, so this
/// only keeps noise down, and leaves room for many clients behind one address.
const LIMIT: u32 = 500;
/// Sources that are counted apart; further ones share one count.
const SOURCES: usize = 10_000;

/// Counts failures by source.
#[derive(Debug, Default)]
pub struct Throttle {
    /// The number of the window, counted from 1970.
    window: i64,
    current: HashMap<IpAddr, u32>,
    previous: HashMap<IpAddr, u32>,
}

impl Throttle {
    /// Counts a failure of `source`, or returns the seconds to wait if it has had too many already.
    /// One that has to wait is not counted, so the limit lifts even for a stubborn client.
    pub fn fail(&mut self, source: IpAddr, now: DateTime<Utc>) -> Option<u32> {
        let wait = self.wait(source, now);
        if wait.is_none() {
            let source = self.group(source);
            *self.current.entry(source).or_default() += 1;
        }
        wait
    }

    /// The seconds that `source` has to wait, if it has had too many failures. Counts nothing.
    pub fn wait(&mut self, source: IpAddr, now: DateTime<Utc>) -> Option<u32> {
        self.turn(now.timestamp().div_euclid(WINDOW));
        let elapsed = now.timestamp().rem_euclid(WINDOW);
        let source = self.group(source);
        let previous = self.previous.get(&source).copied().unwrap_or_default();
        let current = self.current.get(&source).copied().unwrap_or_default();
        if weigh(previous, elapsed) + current < LIMIT {
            return None;
        }
        let left = WINDOW - elapsed;
        let in_this_window = (1..left).find(|s| weigh(previous, elapsed + s) + current < LIMIT);
        let wait = in_this_window
            .or_else(|| (left..=left + WINDOW).find(|s| weigh(current, s - left) < LIMIT));
        Some(wait.and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(1))
    }

    /// Goes on to `window`. A clock that was set back starts afresh.
    fn turn(&mut self, window: i64) {
        if window == self.window {
            return;
        }
        let last = std::mem::take(&mut self.current);
        self.previous = if window == self.window + 1 { last } else { HashMap::new() };
        self.window = window;
    }

    /// What is counted together: a network of IPv6 belongs to one subscriber, and when the table is
    /// full all further sources share a count.
    fn group(&self, source: IpAddr) -> IpAddr {
        let source = source_network(source);
        if self.current.len() < SOURCES || self.current.contains_key(&source) {
            source
        } else {
            IpAddr::V6(Ipv6Addr::UNSPECIFIED)
        }
    }
}

/// What failures of the window before count for, `elapsed` seconds into this one.
fn weigh(previous: u32, elapsed: i64) -> u32 {
    let share = i64::from(previous) * (WINDOW - elapsed) / WINDOW;
    u32::try_from(share).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(6_000_000 + seconds, 0).unwrap()
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_source_waits_after_its_limit_and_is_free_again_by_itself() {
        let mut throttle = Throttle::default();
        let client = address("192.0.2.1");
        for _ in 0..LIMIT {
            assert_eq!(throttle.fail(client, at(10)), None);
        }

        let wait = throttle.fail(client, at(10)).unwrap();

        assert_eq!(wait, 51);
        assert_eq!(throttle.fail(address("192.0.2.2"), at(10)), None);
        assert_eq!(throttle.fail(client, at(9 + i64::from(wait))), Some(1));
        assert_eq!(throttle.fail(client, at(10 + i64::from(wait))), None);
        assert_eq!(throttle.fail(client, at(600)), None);
    }

    #[test]
    fn no_minute_has_many_more_failures_than_the_limit() {
        let mut throttle = Throttle::default();
        let client = address("192.0.2.1");
        let mut passed = Vec::new();
        for second in 0..600 {
            let tries = (0..100).filter(|_| throttle.fail(client, at(second)).is_none());
            passed.push(u32::try_from(tries.count()).unwrap());
        }
        for minute in passed.windows(60) {
            assert!(minute.iter().sum::<u32>() <= LIMIT + LIMIT / 2, "{minute:?}");
        }
    }

    #[test]
    fn the_seconds_to_wait_are_never_zero_and_never_too_few() {
        for (before, now) in [(LIMIT, 0), (LIMIT, 1), (LIMIT / 2, LIMIT), (1, LIMIT), (7, LIMIT)] {
            for second in [60, 61, 89, 118, 119] {
                let mut throttle = Throttle::default();
                let client = address("192.0.2.1");
                for _ in 0..before {
                    throttle.fail(client, at(0));
                }
                for _ in 0..now {
                    throttle.fail(client, at(second));
                }
                while throttle.fail(client, at(second)).is_none() {}

                let wait = i64::from(throttle.fail(client, at(second)).unwrap());

                assert!((1..=120).contains(&wait), "{wait}");
                assert_eq!(throttle.fail(client, at(second + wait)), None, "{before} {second}");
            }
        }
    }

    #[test]
    fn a_flood_from_many_addresses_takes_bounded_memory() {
        let mut throttle = Throttle::default();
        for number in 0..50_000_u32 {
            throttle.fail(IpAddr::V4(number.into()), at(0));
            throttle.fail(IpAddr::V6(Ipv6Addr::from_bits(u128::from(number) << 64)), at(60));
        }
        assert!(throttle.current.len() <= SOURCES + 1);
        assert!(throttle.previous.len() <= SOURCES + 1);
    }

    #[test]
    fn a_network_of_version_six_counts_as_one_source() {
        let mut throttle = Throttle::default();
        for host in 0..LIMIT {
            throttle.fail(address(&format!("2001:db8::{host:x}")), at(0));
        }
        assert!(throttle.fail(address("2001:db8::ffff:1"), at(0)).is_some());
        assert!(throttle.fail(address("2001:db8:0:1::1"), at(0)).is_none());
    }
}
