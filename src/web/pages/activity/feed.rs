//! The activity list as pages show it.

use chrono::{DateTime, Utc};

use super::notes::notes;
use super::sentence::Sentence;
use super::words;
use crate::domain::activity::Event;
use crate::domain::activity::timeline::TimelineEntry;
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

/// Entries with these names; the reader's own actions begin with "You".
pub(crate) fn entries(
    entries: &[TimelineEntry],
    names: &Names,
    now: DateTime<Utc>,
) -> Vec<FeedEntry> {
    let entry = |entry: &TimelineEntry| FeedEntry::new(&entry.event, entry.since, Some(names), now);
    entries.iter().map(entry).collect()
}
