//! The form that generates a token, and the page that asks first.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::domain::token::lifespan::Lifespan;
use crate::domain::token::{Token, TokenHistory, TokenStatus};
use crate::web::pages::layout::time::{utc_date, utc_text};

/// What the form sends.
#[derive(Deserialize)]
pub(crate) struct GenerateFields {
    #[serde(default)]
    pub(super) months: String,
    #[serde(default)]
    pub(super) request_id: String,
    #[serde(default)]
    pub(super) replaces: String,
    #[serde(default)]
    pub(super) used: String,
    #[serde(default)]
    pub(super) confirm: String,
    #[serde(default)]
    pub(super) current: String,
}

/// What the form holds.
pub(crate) struct GenerateForm {
    pub(crate) heading: &'static str,
    /// Works for one token.
    pub(crate) request_id: String,
    /// The unrevoked token that the page shows.
    pub(crate) replaces: String,
    /// Whether replacing breaks something, because the token is in use: a confirmation comes first, and
    /// the form says that the page knows it.
    pub(crate) asks_first: bool,
    /// Whether the current token is to be kept: only if that was chosen a moment ago.
    pub(crate) keeps: bool,
    /// Whether an old token stays valid whatever is chosen.
    pub(crate) keeps_old: bool,
    /// What stands below the button; none if there is a choice, which says it.
    pub(crate) caution: Option<Caution>,
    pub(crate) options: Vec<LifespanOption>,
}

/// What happens to the tokens when another one is generated.
pub(crate) enum Caution {
    /// Nothing: none is valid.
    None,
    /// The current one is revoked.
    Live,
    /// Two are valid: the new one was never used and is replaced, the old one stays until its end.
    Unused {
        /// The new one.
        new: String,
        /// The end at the latest.
        until: String,
    },
    /// Two are valid, the new one is in use: both are revoked.
    Both {
        /// The new one.
        new: String,
    },
}

/// A lifespan to choose.
pub(crate) struct LifespanOption {
    pub(crate) months: u8,
    pub(crate) text: String,
    pub(crate) selected: bool,
}

impl GenerateForm {
    /// The form at `now`, with what was chosen a moment ago, or the lifespan of the last token.
    pub(crate) fn new(
        history: &TokenHistory,
        kept: Option<&GenerateFields>,
        request_id: String,
        now: DateTime<Utc>,
    ) -> Self {
        let last = history.newest.as_ref().map(|token| token.lifespan);
        let chosen = kept.and_then(|kept| kept.months.parse().ok());
        let chosen = chosen.or(last).unwrap_or(Lifespan::DEFAULT);
        let option = |lifespan: Lifespan| LifespanOption {
            months: lifespan.months(),
            text: option_text(lifespan, now),
            selected: lifespan == chosen,
        };
        let caution = caution(history, now);
        Self {
            heading: if history.newest.is_some() {
                "Generate a new token"
            } else {
                "Create the first token"
            },
            request_id,
            replaces: history.unrevoked().map(|token| token.id.to_string()).unwrap_or_default(),
            asks_first: breaks_sync(history, now).is_some(),
            keeps: kept.is_some_and(|kept| kept.current == "keep"),
            keeps_old: matches!(caution, Some(Caution::Unused { .. })),
            caution,
            options: Lifespan::all().map(option).collect(),
        }
    }
}

fn caution(history: &TokenHistory, now: DateTime<Utc>) -> Option<Caution> {
    let Some(current) = live(history, now) else { return Some(Caution::None) };
    let new = current.id.to_string();
    match history.old(now) {
        Some(_) if current.was_used() => Some(Caution::Both { new }),
        Some(old) => {
            let until = utc_text(old.latest_end().unwrap_or(old.expires_at));
            Some(Caution::Unused { new, until })
        }
        None if current.was_used() => None,
        None => Some(Caution::Live),
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
