//! The activity list in words: for the reader's eyes, and in exports for nobody in particular.

mod look;
mod words;

use chrono::{DateTime, Utc};

pub(super) use self::look::{Topic, name, topics};
pub(super) use self::words::{Part, Sentence, description};
use super::time::{Moment, ago};
use crate::domain::admin::AdminId;
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
