//! What anybody can repeat, in groups: the first of a group in an hour is logged at once, the others
//! are counted and logged together once a minute. So a flood costs bounded memory and lines.

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use super::Line;
use super::failures::Failures;
use crate::domain::keys::secret::KeyId;
use crate::domain::network::source_network;
use crate::domain::token::secret::TokenId;

/// Groups of one event that are counted apart within an hour; further ones are counted together, so
/// that no event crowds out another.
const GROUPS: usize = 20;

/// Counts what is repeated; clones share it.
#[derive(Clone, Default)]
pub struct AuditLog(Arc<Counted>);

#[derive(Default)]
struct Counted {
    repeats: Mutex<Repeats>,
    failures: Failures,
}

#[derive(Default)]
struct Repeats {
    hour: i64,
    /// By event, and by its subject where that is one of a few.
    events: HashMap<(&'static str, Option<&'static str>), Groups>,
}

/// What was repeated of one event.
#[derive(Default)]
struct Groups {
    apart: HashMap<Key, Group>,
    /// What found no place of its own.
    various: Option<Group>,
}

/// What is counted together.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    actor: Option<i64>,
    program: Option<KeyId>,
    network: Option<IpAddr>,
    token: Option<TokenId>,
    subject: Option<Cow<'static, str>>,
}

struct Group {
    /// What its lines have in common.
    line: Line,
    /// How many are not logged yet.
    unlogged: u64,
}

impl AuditLog {
    /// Logs something that anybody can repeat.
    pub fn log(&self, line: Line, now: DateTime<Utc>) {
        let lines = self.repeats().add(line, now);
        lines.iter().for_each(Line::write);
    }

    /// Logs that a page could not be answered, because of `error`. Its reader has `reference`.
    pub fn log_failure(&self, error: &str, reference: &str) {
        if self.0.failures.add(error) {
            tracing::error!(request.id = reference, %error, "a page failed");
        }
    }

    /// Logs what was counted since the last time.
    pub fn log_counts(&self) {
        let lines = self.repeats().take();
        lines.iter().for_each(Line::write);
        for (error, count) in self.0.failures.take() {
            tracing::error!(%error, count, "further pages failed");
        }
    }

    fn repeats(&self) -> MutexGuard<'_, Repeats> {
        self.0.repeats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Repeats {
    /// Counts, and returns what is to be logged now.
    fn add(&mut self, line: Line, now: DateTime<Utc>) -> Vec<Line> {
        let hour = now.timestamp().div_euclid(60 * 60);
        let mut lines = Vec::new();
        if hour != self.hour {
            lines = self.take();
            *self = Self { hour, ..Self::default() };
        }
        let event = (line.event, line.fixed_subject());
        lines.extend(self.events.entry(event).or_default().add(line));
        lines
    }

    /// What was counted since it was taken last.
    fn take(&mut self) -> Vec<Line> {
        let groups = self
            .events
            .values_mut()
            .flat_map(|event| event.apart.values_mut().chain(&mut event.various));
        groups.filter_map(Group::take).collect()
    }
}

impl Groups {
    /// Counts; returns the line if it is the first of its group.
    fn add(&mut self, line: Line) -> Option<Line> {
        let is_full = self.apart.len() >= GROUPS;
        let key = Key::of(&line);
        if let Some(group) = self.apart.get_mut(&key) {
            group.unlogged += 1;
        } else if !is_full {
            self.apart.insert(key, Group::new(line.clone().of_group()));
            return Some(line.times(1));
        } else if let Some(group) = &mut self.various {
            group.unlogged += 1;
        } else {
            self.various = Some(Group::new(line.of_various()));
            return Some(line.times(1));
        }
        None
    }
}

impl Key {
    fn of(line: &Line) -> Self {
        Self {
            actor: line.actor.admin_id().map(|id| id.0),
            program: line.actor.key_id().cloned(),
            network: line.source.address.map(source_network),
            token: line.token.clone(),
            subject: line.subject.clone(),
        }
    }
}

impl Group {
    const fn new(line: Line) -> Self {
        Self { line, unlogged: 0 }
    }

    fn take(&mut self) -> Option<Line> {
        let count = std::mem::take(&mut self.unlogged);
        (count > 0).then(|| self.line.clone().times(count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::activity::{Attempt, Kind};
    use crate::domain::network::source::Source;

    fn login(address: &str, email: &str) -> Line {
        let source = Source::new(address.parse().unwrap(), None);
        Line::of_kind(Kind::LoginFailed, source).about(email.to_owned())
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    /// Source, subject and count of each line, sorted.
    fn told(lines: &[Line]) -> Vec<(String, String, u64)> {
        let mut told: Vec<_> = lines
            .iter()
            .map(|line| {
                let source = line.source.address_text().unwrap_or_default();
                let subject = line.subject.as_deref().unwrap_or_default().to_owned();
                (source, subject, line.count.unwrap())
            })
            .collect();
        told.sort();
        told
    }

    #[test]
    fn the_first_is_logged_at_once_and_the_others_together() {
        let mut repeats = Repeats::default();
        let first = repeats.add(login("192.0.2.1", "a@x.y"), at(0));
        assert_eq!(told(&first), [("192.0.2.1".into(), "a@x.y".into(), 1)]);
        for _ in 0..59 {
            assert!(repeats.add(login("192.0.2.1", "a@x.y"), at(1)).is_empty());
        }
        assert_eq!(repeats.add(login("192.0.2.2", "a@x.y"), at(2)).len(), 1);
        assert_eq!(repeats.add(login("192.0.2.1", "b@x.y"), at(2)).len(), 1);

        assert_eq!(told(&repeats.take()), [("192.0.2.1".into(), "a@x.y".into(), 59)]);
        assert!(repeats.take().is_empty());
        repeats.add(login("192.0.2.1", "a@x.y"), at(3));
        let next = repeats.add(login("192.0.2.1", "a@x.y"), at(3600));
        assert_eq!(told(&next).iter().map(|line| line.2).collect::<Vec<_>>(), [1, 1]);
    }

    #[test]
    fn a_flood_costs_few_lines_and_loses_no_count() {
        let mut repeats = Repeats::default();
        let mut lines = Vec::new();
        for number in 0..20_000_u32 {
            let address = IpAddr::V4(number.into()).to_string();
            lines.extend(repeats.add(login(&address, "a@x.y"), at(i64::from(number / 1000))));
            if number % 1000 == 0 {
                lines.extend(repeats.take());
            }
        }
        lines.extend(repeats.take());
        assert!(lines.len() < 100, "{}", lines.len());
        assert_eq!(lines.iter().map(|line| line.count.unwrap()).sum::<u64>(), 20_000);
        // Another event is not crowded out.
        let foreign = Source::new([192, 0, 2, 1].into(), None);
        let other = repeats.add(Line::of_attempt(Attempt::ForeignForm, foreign), at(21));
        assert_eq!(other.len(), 1);
    }

    #[test]
    fn a_network_of_version_six_is_one_group() {
        let mut repeats = Repeats::default();
        assert_eq!(repeats.add(login("2001:db8::1", "a@x.y"), at(0)).len(), 1);
        assert_eq!(repeats.add(login("2001:db8::2", "a@x.y"), at(0)).len(), 0);
        assert_eq!(repeats.add(login("2001:db8:0:1::1", "a@x.y"), at(0)).len(), 1);
    }
}
