//! The card on the Authentication page.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::callers::{CallerRow, rows};
use super::chart::Chart;
use super::words::Say;
use crate::service::Failure;
use crate::service::requests::RequestsOverview;

/// Callers that the card shows apart.
const CALLERS: usize = 10;

/// The card.
pub(crate) enum RequestsCard {
    /// The numbers could not be read; the rest of the page does without.
    Unreadable,
    /// No request has ever arrived.
    Empty,
    /// What arrived in the last 30 days.
    Counted(Box<RequestsView>),
}

/// Requests as a sentence, a chart, and a table of callers.
pub(crate) struct RequestsView {
    pub(crate) say: Say,
    pub(crate) chart: Chart,
    pub(crate) callers: Vec<CallerRow>,
}

impl RequestsCard {
    /// What was read, or why not; `was_used` says whether any token was ever used.
    pub(crate) fn new(
        read: Result<Arc<RequestsOverview>, Failure>,
        was_used: bool,
        now: DateTime<Utc>,
    ) -> Self {
        match read {
            Ok(overview) if !was_used && overview.is_empty() => Self::Empty,
            Ok(overview) => Self::Counted(Box::new(RequestsView::new(&overview, CALLERS, now))),
            Err(error) => {
                tracing::warn!(%error, "the counts of requests cannot be read");
                Self::Unreadable
            }
        }
    }
}

impl RequestsView {
    pub(super) fn new(overview: &RequestsOverview, callers: usize, now: DateTime<Utc>) -> Self {
        Self {
            say: Say::new(&overview.series),
            chart: Chart::new(&overview.series),
            callers: rows(&overview.callers, callers, now),
        }
    }
}
