//! A token in words, without its value: nobody has it.

use chrono::{DateTime, Utc};

use crate::cli::error::CommandError;
use crate::domain::calendar::{rfc3339, span};
use crate::domain::network::source::Source;
use crate::domain::token::overlap::Kept;
use crate::domain::token::secret::TokenId;
use crate::domain::token::{LastUse, Revocation, Token};
use crate::service::report::status;
use crate::service::sync::SyncState;

/// There is none to work on.
pub(super) fn no_token() -> CommandError {
    "there is no SCIM token; generate one with `scimward token generate`".to_owned().into()
}

/// What there is to say about a token that somebody presented.
pub(super) fn verdict(token: &Token, now: DateTime<Utc>) -> String {
    let id = &token.id;
    match (&token.revocation, token.kept) {
        (Some(Revocation { at, replaced_by: Some(by), .. }), Some(Kept { since, .. })) => {
            let (since, at) = (rfc3339(since), rfc3339(*at));
            format!("token {id} was replaced by token {by} at {since}, and ended at {at}")
        }
        (Some(Revocation { at, replaced_by: Some(by), .. }), None) => {
            format!("token {id} was replaced by token {by} at {}", rfc3339(*at))
        }
        (Some(end), _) => format!("token {id} was revoked at {}", rfc3339(end.at)),
        (None, Some(Kept { since, ends_at })) => {
            let (since, ends_at) = (rfc3339(since), rfc3339(ends_at));
            format!("token {id} was replaced at {since}, and ended at {ends_at}")
        }
        (None, None) if now >= token.expires_at => {
            format!("token {id} expired at {}", rfc3339(token.expires_at))
        }
        (None, None) => {
            format!("token {id} is the current one; it expires at {}", rfc3339(token.expires_at))
        }
    }
}

/// The same about an old token that is valid beside a newer one.
pub(super) fn verdict_on_old(latest: DateTime<Utc>, newer: &TokenId) -> String {
    format!("Valid until {} at the latest. A newer token {newer} exists.", rfc3339(latest))
}

/// A line for each fact.
pub(super) fn description(token: &Token, now: DateTime<Utc>) -> String {
    let mut lines = vec![
        ("Status", status(token, now).to_owned()),
        ("Token ID", token.id.to_string()),
        ("Expires", rfc3339(token.expires_at)),
        ("Lifespan", token.lifespan.to_string()),
        ("Generated", generated(token)),
    ];
    if let Some(end) = &token.revocation {
        lines.push(("Revoked", format!("{} by {}", rfc3339(end.at), end.by.name())));
        if let Some(by) = &end.replaced_by {
            lines.push(("Replaced by", by.to_string()));
        }
    }
    lines.push(("Last used", last_used(token)));
    lines.push(("Value", "not stored, so it cannot be shown".to_owned()));
    aligned(&lines)
}

/// Both tokens while two are valid.
pub(super) fn both(new: &Token, old: &Token, state: &SyncState, now: DateTime<Utc>) -> String {
    let mut lines = vec![
        ("Status", "valid beside the new one".to_owned()),
        ("Token ID", old.id.to_string()),
        ("Expires", rfc3339(old.expires_at)),
    ];
    if let Some((kept, latest)) = old.kept.zip(old.latest_end()) {
        if kept.ends_at < latest {
            lines.push(("Ends", format!("{} unless it is presented again", rfc3339(kept.ends_at))));
        }
        lines.push(("At the latest", rfc3339(latest)));
    }
    lines.push(("Generated", generated(old)));
    lines.push(("Last used", last_used(old)));
    let word = state.health.map(|health| health.to_string()).unwrap_or_default();
    format!(
        "Sync: {word}\n\nNew token\n{}\n\nOld token\n{}\n\n{}",
        description(new, now),
        aligned(&lines),
        aligned(&about_sync(state))
    )
}

/// The same about the sync.
pub(super) fn sync(state: &SyncState) -> String {
    let word = state.health.map(|health| health.to_string().to_lowercase()).unwrap_or_default();
    let mut lines = vec![("Sync", word)];
    lines.append(&mut about_sync(state));
    aligned(&lines)
}

fn about_sync(state: &SyncState) -> Vec<(&'static str, String)> {
    let connection = &state.connection;
    let last = connection.last.as_ref();
    let mut lines = vec![("Last request", last.map_or_else(|| "never".to_owned(), used))];
    if let Some(sum) = connection.refused.all() {
        let since = rfc3339(sum.first_at);
        let reason = sum.main.reason.reason();
        lines.push(("Refused", format!("{} since {since}, {reason}", sum.count)));
    }
    if let Some(limit) = connection.rhythm.limit(state.rule) {
        let quiet = connection.rhythm.quiet.map(|quiet| format!("{}; ", span(quiet)));
        let after = span(limit.after);
        lines.push(("Quiet for", format!("{}warning after {after}", quiet.unwrap_or_default())));
    }
    lines
}

fn aligned(lines: &[(&str, String)]) -> String {
    let lines = lines.iter().map(|(name, value)| format!("{:<13} {value}", format!("{name}:")));
    lines.collect::<Vec<_>>().join("\n")
}

fn generated(token: &Token) -> String {
    let text = format!("{} by {}", rfc3339(token.generated_at), token.generated_by.name());
    with_source(text, &token.generated_from)
}

fn last_used(token: &Token) -> String {
    token.last_use.as_ref().map_or_else(|| "never".to_owned(), used)
}

fn used(last: &LastUse) -> String {
    let source =
        Source { address: Some(last.from), agent: last.agent.clone(), ..Source::default() };
    with_source(rfc3339(last.at), &source)
}

fn with_source(mut text: String, source: &Source) -> String {
    if let Some(address) = source.address_text() {
        text.push_str(" from ");
        text.push_str(&address);
    }
    if let Some(agent) = &source.agent {
        text.push_str(" (");
        text.push_str(agent);
        text.push(')');
    }
    text
}
