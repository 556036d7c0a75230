//! The activity list in words: for the reader's eyes, and in exports for nobody in particular.

mod look;
mod words;

use chrono::{DateTime, Utc};

pub(super) use self::look::{Topic, name, topics};
pub(super) use self::words::{Part, Sentence, description};
use super::time::{Moment, ago};
use crate::domain::activity::{Actor, Event, Kind};
use crate::domain::admin::AdminId;
use crate::domain::refusal::RefusedGroup;
use crate::domain::source::Source;
use crate::domain::timeline;

/// An entry as the list shows it.
pub(super) struct Entry {
    pub(super) icon: &'static str,
    pub(super) tone: &'static str,
    pub(super) text: Sentence,
    pub(super) notes: Vec<Sentence>,
    pub(super) at: Moment,
    pub(super) relative: String,
}

/// Groups of refused requests, told as entries of the list.
pub(super) fn refused(groups: &[RefusedGroup], now: DateTime<Utc>) -> Vec<Entry> {
    let (icon, tone) = look::of(Kind::RequestsRefused);
    let entry = |group: &RefusedGroup| {
        let source = Source { address: group.from, agent: group.agent.clone() };
        let at = group.last_at;
        let mut event = Event::new(at, Kind::RequestsRefused, Actor::System, source)
            .about(group.reason.code())
            .times(group.count);
        event.token.clone_from(&group.token);
        Entry {
            icon,
            tone,
            text: words::headline(&event, None),
            notes: words::notes(&event, at, now),
            at: Moment::new(at),
            relative: ago(now, at),
        }
    };
    groups.iter().map(entry).collect()
}

/// Entries for the reader `me`, whose own actions begin with "You".
pub(super) fn entries(entries: &[timeline::Entry], me: AdminId, now: DateTime<Utc>) -> Vec<Entry> {
    let entry = |entry: &timeline::Entry| {
        let event = &entry.event;
        let (icon, tone) = look::of(event.kind);
        Entry {
            icon,
            tone,
            text: words::headline(event, Some(me)),
            notes: words::notes(event, entry.since, now),
            at: Moment::new(event.at),
            relative: ago(now, event.at),
        }
    };
    entries.iter().map(entry).collect()
}
