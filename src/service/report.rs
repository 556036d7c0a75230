//! What programs learn of the token and of the sync: the same from the command line and from the
//! interface for API keys. The value of the token is not part of it: nobody has it.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::sync::SyncState;
use crate::domain::calendar::rfc3339;
use crate::domain::network::source::address_text;
use crate::domain::sync::SyncHealth;
use crate::domain::token::secret::TokenId;
use crate::domain::token::{Token, TokenStatus};

/// One word: `active`, `expired`, `replaced` or `revoked`.
pub fn status(token: &Token, now: DateTime<Utc>) -> &'static str {
    let replaced = token.kept.is_some()
        || token.revocation.as_ref().is_some_and(|end| end.replaced_by.is_some());
    match token.status(now) {
        TokenStatus::Active => "active",
        TokenStatus::Expired => "expired",
        TokenStatus::Revoked if replaced => "replaced",
        TokenStatus::Revoked => "revoked",
    }
}

/// The same facts with those about the sync.
pub fn with_sync(token: Value, state: &SyncState) -> Value {
    let connection = &state.connection;
    let refused = connection.refused.all();
    let limit = connection.rhythm.limit(state.rule);
    let sync = json!({
        "state": state.health.map(SyncHealth::code),
        "last_accepted_at": connection.last.as_ref().map(|last| rfc3339(last.at)),
        "last_accepted_from": connection.last.as_ref().map(|last| address_text(last.from)),
        "refused_since": refused.as_ref().map(|sum| rfc3339(sum.first_at)),
        "refused": refused.as_ref().map_or(0, |sum| sum.count),
        "refused_reason": refused.as_ref().map(|sum| sum.main.reason.code()),
        "quiet_seconds": connection.rhythm.quiet.map(|quiet| quiet.num_seconds()),
        "silent_after_seconds": limit.map(|limit| limit.after.num_seconds()),
    });
    with(token, "sync", sync)
}

/// The facts about the newest token, with those about the old one while two are valid.
pub fn both(newest: &Token, old: Option<&Token>, now: DateTime<Utc>) -> Value {
    with(token(newest, now), "old", old.map_or(Value::Null, |old| token(old, now)))
}

fn with(mut facts: Value, name: &str, value: Value) -> Value {
    if let Value::Object(facts) = &mut facts {
        facts.insert(name.to_owned(), value);
    }
    facts
}

/// The facts about a token.
pub fn token(token: &Token, now: DateTime<Utc>) -> Value {
    let end = token.revocation.as_ref();
    let last = token.last_use.as_ref();
    json!({
        "status": status(token, now),
        "token_id": token.id.as_str(),
        "generated_at": rfc3339(token.generated_at),
        "generated_by": token.generated_by.name(),
        "generated_from": token.generated_from.address_text(),
        "lifespan_months": token.lifespan.months(),
        "expires_at": rfc3339(token.expires_at),
        "expires_in": end.is_none().then(|| (token.expires_at - now).num_seconds().max(0)),
        "kept_since": token.kept.map(|kept| rfc3339(kept.since)),
        "ends_at": token.kept.map(|kept| rfc3339(kept.ends_at)),
        "ends_at_latest": token.latest_end().map(rfc3339),
        "revoked_at": end.map(|end| rfc3339(end.at)),
        "revoked_by": end.map(|end| end.by.name()),
        "replaced_by": end.and_then(|end| end.replaced_by.as_ref()).map(TokenId::as_str),
        "last_used_at": last.map(|last| rfc3339(last.at)),
        "last_used_from": last.map(|last| address_text(last.from)),
        "last_used_agent": last.and_then(|last| last.agent.as_deref()),
    })
}
