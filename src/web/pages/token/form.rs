//! The form that generates a token, and the page that asks first.

use chrono::{DateTime, Utc};

use crate::domain::token::lifespan::Lifespan;
use crate::domain::token::{Token, TokenHistory, TokenStatus};
use crate::web::pages::layout::time::utc_date;

/// What the form holds.
pub(crate) struct GenerateForm {
    pub(crate) heading: &'static str,
    /// Works for one token.
    pub(crate) request_id: String,
    /// The unrevoked token that the page shows.
    pub(crate) replaces: String,
    /// Whether replacing breaks something, so that a confirmation comes first.
    pub(crate) asks_first: bool,
    /// Whether a live token is revoked.
    pub(crate) revokes: bool,
    pub(crate) options: Vec<LifespanOption>,
}

/// A lifespan to choose.
pub(crate) struct LifespanOption {
    pub(crate) months: u8,
    pub(crate) text: String,
    pub(crate) selected: bool,
}

impl GenerateForm {
    /// The form at `now`; the lifespan that was used last is selected.
    pub(crate) fn new(history: &TokenHistory, request_id: String, now: DateTime<Utc>) -> Self {
        let chosen = history.newest.as_ref().map_or(Lifespan::DEFAULT, |token| token.lifespan);
        let option = |lifespan: Lifespan| LifespanOption {
            months: lifespan.months(),
            text: option_text(lifespan, now),
            selected: lifespan == chosen,
        };
        Self {
            heading: if history.newest.is_some() {
                "Generate a new token"
            } else {
                "Create the first token"
            },
            request_id,
            replaces: history.unrevoked().map(|token| token.id.to_string()).unwrap_or_default(),
            asks_first: breaks_sync(history, now).is_some(),
            revokes: live(history, now).is_some(),
            options: Lifespan::all().map(option).collect(),
        }
    }
}

/// `6 months (until 22 May 2027)`.
pub(crate) fn option_text(lifespan: Lifespan, now: DateTime<Utc>) -> String {
    format!("{lifespan} (until {})", utc_date(lifespan.expiry(now)))
}

/// The token that clients are let in with.
pub(crate) fn live(history: &TokenHistory, now: DateTime<Utc>) -> Option<&Token> {
    history.unrevoked().filter(|token| token.status(now) == TokenStatus::Active)
}

/// The token whose replacement stops a sync that works: live, and used by a client.
pub(crate) fn breaks_sync(history: &TokenHistory, now: DateTime<Utc>) -> Option<&Token> {
    live(history, now).filter(|token| token.was_used())
}
