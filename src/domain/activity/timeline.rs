//! The activity list as people read it: newest first, in pages, and refused requests that follow
//! each other grouped, so that an outage does not hide what else happened.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Event, Kind, Recorded};

/// A place in the list: entries are ordered by time, those of the same second by their key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// When it happened.
    pub at: DateTime<Utc>,
    /// The key.
    pub id: i64,
}

/// The text names no place in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("that is no place in the activity list")]
pub struct InvalidCursor;

impl From<&Recorded> for Cursor {
    fn from(recorded: &Recorded) -> Self {
        Self { at: recorded.event.at, id: recorded.id }
    }
}

impl fmt::Display for Cursor {
    /// Seconds since 1970, a hyphen and the key: `1795356180-482`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.at.timestamp(), self.id)
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let (seconds, id) = text.split_once('-').ok_or(InvalidCursor)?;
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let numbers = is_number(seconds) && is_number(id);
        let at = seconds.parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        match (at, id.parse().ok()) {
            (Some(at), Some(id)) if numbers => Ok(Self { at, id }),
            _ => Err(InvalidCursor),
        }
    }
}

/// An entry of the list, or several about the same refused requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineEntry {
    /// The place of the latest.
    pub cursor: Cursor,
    /// The latest, with the count of all.
    pub event: Event,
    /// When the earliest happened.
    pub since: DateTime<Utc>,
}

/// A page of the list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TimelinePage {
    /// Newest first.
    pub entries: Vec<TimelineEntry>,
    /// Where the page with newer entries ends, unless this is the newest.
    pub newer: Option<Cursor>,
    /// Where the page with older entries begins, unless this is the oldest.
    pub older: Option<Cursor>,
}

/// Puts a page together from entries that come in the order of the list, or all in reverse.
#[derive(Debug)]
pub struct PageBuilder {
    limit: usize,
    entries: Vec<TimelineEntry>,
    /// Where the present stretch of refused requests begins.
    stretch: usize,
    first: Option<Cursor>,
    last: Option<Cursor>,
}

impl PageBuilder {
    /// A page of at most `limit` entries.
    pub const fn new(limit: usize) -> Self {
        Self { limit, entries: Vec::new(), stretch: 0, first: None, last: None }
    }

    /// How many entries it holds at most.
    pub const fn limit(&self) -> usize {
        self.limit
    }

    /// Takes the next entry, or refuses it because the page is full.
    pub fn take(&mut self, recorded: Recorded) -> bool {
        let cursor = Cursor::from(&recorded);
        let event = recorded.event;
        let is_refusal = event.kind == Kind::RequestsRefused;
        let same = if is_refusal {
            let mut stretch = self.entries.iter_mut().skip(self.stretch);
            stretch.find(|entry| is_about_the_same(entry, &event))
        } else {
            self.entries.last_mut().filter(|entry| is_same_login(entry, &event))
        };
        if let Some(entry) = same {
            entry.add(cursor, event);
        } else if self.entries.len() == self.limit {
            return false;
        } else {
            self.entries.push(TimelineEntry { cursor, since: event.at, event });
            if !is_refusal {
                self.stretch = self.entries.len();
            }
        }
        self.first.get_or_insert(cursor);
        self.last = Some(cursor);
        true
    }

    /// The place of the first entry that was taken.
    pub const fn first(&self) -> Option<Cursor> {
        self.first
    }

    /// The place of the last entry that was taken.
    pub const fn last(&self) -> Option<Cursor> {
        self.last
    }

    /// The entries, newest first.
    pub fn entries(mut self) -> Vec<TimelineEntry> {
        self.entries.sort_by_key(|entry| std::cmp::Reverse(entry.cursor));
        self.entries
    }
}

fn is_about_the_same(entry: &TimelineEntry, event: &Event) -> bool {
    entry.event.subject == event.subject
        && entry.event.token == event.token
        && entry.event.source.address == event.source.address
}

/// Whether one person has logged in again, in the same way and within a day.
fn is_same_login(entry: &TimelineEntry, event: &Event) -> bool {
    let Event { kind, actor, source, detail, .. } = &entry.event;
    let span = entry.event.at.max(event.at) - entry.since.min(event.at);
    *kind == Kind::LoggedIn
        && event.kind == Kind::LoggedIn
        && actor.admin_id().is_some()
        && actor.admin_id() == event.actor.admin_id()
        && (source.address, &source.agent) == (event.source.address, &event.source.agent)
        && *detail == event.detail
        && span <= TimeDelta::days(1)
}

impl TimelineEntry {
    fn add(&mut self, cursor: Cursor, event: Event) {
        let count = self.event.count.saturating_add(event.count);
        self.since = self.since.min(event.at);
        if cursor > self.cursor {
            self.cursor = cursor;
            self.event = event;
        }
        self.event.count = count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::admin::actor::Actor;
    use crate::domain::admin::person::AdminId;
    use crate::domain::network::source::Source;

    fn recorded(id: i64, kind: Kind, subject: &str) -> Recorded {
        let at = DateTime::from_timestamp(1_000 + id, 0).unwrap();
        let event = Event::new(at, kind, Actor::System, Source::default()).about(subject);
        Recorded { id, event }
    }

    fn refused(id: i64, reason: &str, count: u64) -> Recorded {
        let mut refused = recorded(id, Kind::RequestsRefused, reason);
        refused.event.count = count;
        refused
    }

    fn shown(assembly: PageBuilder) -> Vec<(i64, u64, i64)> {
        let entries = assembly.entries().into_iter();
        entries.map(|e| (e.cursor.id, e.event.count, e.since.timestamp() - 1_000)).collect()
    }

    #[test]
    fn a_cursor_is_read_back_from_its_text() {
        let cursor = Cursor::from(&recorded(482, Kind::LoggedIn, ""));

        assert_eq!(cursor.to_string(), "1482-482");
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for text in ["", "-", "1", "1-", "-1", "+1-2", "1--2", "1-2-3", "1-x", "99999999999999-1"] {
            assert_eq!(text.parse::<Cursor>(), Err(InvalidCursor), "{text}");
        }
    }

    #[test]
    fn refusals_of_one_stretch_are_grouped_in_either_direction() {
        let rows = [
            refused(9, "expired", 4),
            refused(8, "unknown", 1),
            refused(7, "expired", 3),
            recorded(6, Kind::LoggedIn, ""),
            refused(5, "expired", 2),
            recorded(4, Kind::LoginFailed, "a@b"),
            recorded(3, Kind::LoginFailed, "a@b"),
        ];
        let expected = vec![(9, 7, 7), (8, 1, 8), (6, 1, 6), (5, 2, 5), (4, 1, 4), (3, 1, 3)];
        let (mut down, mut up) = (PageBuilder::new(50), PageBuilder::new(50));

        assert!(rows.iter().all(|row| down.take(row.clone())));
        assert!(rows.iter().rev().all(|row| up.take(row.clone())));

        assert_eq!((down.first(), up.last()), (up.last(), down.first()));
        assert_eq!(shown(down), expected);
        assert_eq!(shown(up), expected);
    }

    #[test]
    fn a_full_page_still_takes_what_belongs_to_its_last_stretch() {
        let mut page = PageBuilder::new(2);

        assert!(page.take(recorded(9, Kind::LoggedIn, "")));
        assert!(page.take(refused(8, "expired", 1)));
        assert!(page.take(refused(7, "expired", 1)));
        assert!(!page.take(refused(6, "unknown", 1)));

        assert_eq!(page.last().map(|cursor| cursor.id), Some(7));
        assert_eq!(shown(page), [(9, 1, 9), (8, 2, 7)]);
    }

    fn login(id: i64, admin: i64, agent: &str) -> Recorded {
        let at = DateTime::from_timestamp(id * 60 * 60, 0).unwrap();
        let actor = Actor::Admin { id: AdminId(admin), name: "Ada".to_owned(), email: None };
        let source = Source::new([203, 0, 113, 24].into(), Some(agent));
        Recorded { id, event: Event::new(at, Kind::LoggedIn, actor, source) }
    }

    #[test]
    fn logins_of_one_person_and_browser_within_a_day_are_one_entry() {
        let mut page = PageBuilder::new(9);
        for (id, admin, agent) in [
            (80, 1, "Firefox"),
            (60, 1, "Firefox"),
            (56, 1, "Firefox"),
            (55, 1, "Firefox"),
            (54, 1, "Chrome"),
            (53, 2, "Chrome"),
            (52, 1, "Chrome"),
        ] {
            assert!(page.take(login(id, admin, agent)));
        }

        let entries = page.entries().into_iter();
        let told: Vec<_> = entries.map(|entry| (entry.cursor.id, entry.event.count)).collect();
        assert_eq!(told, [(80, 3), (55, 1), (54, 1), (53, 1), (52, 1)]);
    }
}
