//! What an entry about a generated token says of the old one that stays valid.

use chrono::{DateTime, Utc};

use crate::domain::calendar::rfc3339;
use crate::domain::token::Token;
use crate::domain::token::lifespan::Lifespan;

const BEFORE_ID: &str = ", token ";
const AFTER_ID: &str = " stays valid until ";
const END: &str = " at the latest";

/// `6 months, token 7F3K2M9d stays valid until 2026-11-26T09:40:00Z at the latest`
pub fn detail(lifespan: Lifespan, old: &Token) -> String {
    let latest = rfc3339(old.latest_end().unwrap_or(old.expires_at));
    format!("{lifespan}{BEFORE_ID}{}{AFTER_ID}{latest}{END}", old.id)
}

/// The lifespan, and which token stays valid until when.
pub fn parse(detail: &str) -> (&str, Option<(&str, DateTime<Utc>)>) {
    let kept = || {
        let (lifespan, rest) = detail.split_once(BEFORE_ID)?;
        let (id, rest) = rest.split_once(AFTER_ID)?;
        Some((lifespan, (id, rest.strip_suffix(END)?.parse().ok()?)))
    };
    kept().map_or((detail, None), |(lifespan, kept)| (lifespan, Some(kept)))
}
