//! The activity list as pages show it.

use chrono::{DateTime, Utc};

use super::notes::notes;
use super::sentence::Sentence;
use super::words;
use crate::domain::activity::timeline::TimelineEntry;
use crate::domain::activity::{Event, Kind};
use crate::domain::admin::actor::Actor;
use crate::domain::network::source::Source;
use crate::domain::token::refusal::RefusalGroup;
use crate::web::pages::layout::time::{Moment, ago};
use crate::web::pages::names::Names;

/// An entry as the list shows it.
pub(crate) struct FeedEntry {
    pub(crate) icon: &'static str,
    pub(crate) tone: &'static str,
    pub(crate) text: Sentence,
    pub(crate) notes: Vec<Sentence>,
    pub(crate) at: Moment,
    pub(crate) relative: String,
}

impl FeedEntry {
    /// An event with these names; `since` is when the earliest of several happened.
    fn new(event: &Event, since: DateTime<Utc>, names: Option<&Names>, now: DateTime<Utc>) -> Self {
        let kind = event.kind.info();
        Self {
            icon: kind.icon,
            tone: kind.tone,
            text: words::headline(event, names),
            notes: notes(event, since, now),
            at: Moment::new(event.at),
            relative: ago(now, event.at),
        }
    }
}

/// Groups of refused requests as entries of the list.
pub(crate) fn refused(groups: &[RefusalGroup], now: DateTime<Utc>) -> Vec<FeedEntry> {
    let entry = |group: &RefusalGroup| {
        let source =
            Source { address: group.from, agent: group.agent.clone(), ..Source::default() };
        let event = Event::new(group.last_at, Kind::RequestsRefused, Actor::System, source)
            .about(group.reason.code())
            .times(group.count);
        let event = Event { token: group.token.clone(), ..event };
        FeedEntry::new(&event, group.last_at, None, now)
    };
    groups.iter().map(entry).collect()
}

/// Entries with these names; the reader's own actions begin with "You".
pub(crate) fn entries(
    entries: &[TimelineEntry],
    names: &Names,
    now: DateTime<Utc>,
) -> Vec<FeedEntry> {
    let entry = |entry: &TimelineEntry| FeedEntry::new(&entry.event, entry.since, Some(names), now);
    entries.iter().map(entry).collect()
}
