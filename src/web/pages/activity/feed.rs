//! The activity list in words: for the reader's eyes, and in exports for nobody in particular.

use chrono::{DateTime, Utc};

pub(crate) use super::kinds::{Topic, name, topics};
pub(crate) use super::words::{Part, Sentence, description};
use crate::domain::activity::timeline;
use crate::domain::activity::{Event, Kind};
use crate::domain::admin::actor::Actor;
use crate::domain::admin::person::AdminId;
use crate::domain::network::source::Source;
use crate::domain::token::refusal::RefusalGroup;
use crate::web::pages::layout::time::{Moment, ago};

/// An entry as the list shows it.
pub(crate) struct Entry {
    pub(crate) icon: &'static str,
    pub(crate) tone: &'static str,
    pub(crate) text: Sentence,
    pub(crate) notes: Vec<Sentence>,
    pub(crate) at: Moment,
    pub(crate) relative: String,
}

/// Groups of refused requests, told as entries of the list.
pub(crate) fn refused(groups: &[RefusalGroup], now: DateTime<Utc>) -> Vec<Entry> {
    let (icon, tone) = super::kinds::of(Kind::RequestsRefused);
    let entry = |group: &RefusalGroup| {
        let source = Source { address: group.from, agent: group.agent.clone() };
        let at = group.last_at;
        let mut event = Event::new(at, Kind::RequestsRefused, Actor::System, source)
            .about(group.reason.code())
            .times(group.count);
        event.token.clone_from(&group.token);
        Entry {
            icon,
            tone,
            text: super::words::headline(&event, None),
            notes: super::words::notes(&event, at, now),
            at: Moment::new(at),
            relative: ago(now, at),
        }
    };
    groups.iter().map(entry).collect()
}

/// Entries for the reader `me`, whose own actions begin with "You".
pub(crate) fn entries(entries: &[timeline::Entry], me: AdminId, now: DateTime<Utc>) -> Vec<Entry> {
    let entry = |entry: &timeline::Entry| {
        let event = &entry.event;
        let (icon, tone) = super::kinds::of(event.kind);
        Entry {
            icon,
            tone,
            text: super::words::headline(event, Some(me)),
            notes: super::words::notes(event, entry.since, now),
            at: Moment::new(event.at),
            relative: ago(now, event.at),
        }
    };
    entries.iter().map(entry).collect()
}
