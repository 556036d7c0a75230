//! Entries about callers that used the live token for the first time: the sign of a copied token.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::activity::{Event, Kind};
use crate::domain::admin::actor::Actor;
use crate::domain::requests::caller::{Caller, CallerEntry};
use crate::domain::requests::day;
use crate::domain::token::secret::TokenId;
use crate::store::{self, StoreError, Transaction};

/// Entries of a day at most: with the token one can make up any number of names.
const ENTRIES: i64 = 10;
/// After an upgrade, a token may already have had callers that nobody has counted: those of this time
/// are taken for them.
const LEARNING: TimeDelta = TimeDelta::days(1);

/// Adds entries about `callers`. The entry about the first use of a token names who it was: `told`.
pub(super) fn record(
    conn: &mut Transaction,
    callers: Vec<CallerEntry>,
    told: &[Caller],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let untold: Vec<_> =
        callers.into_iter().filter(|entry| !told.contains(&entry.caller)).collect();
    if untold.is_empty() {
        return Ok(());
    }
    let mut room = ENTRIES - store::activity::count_since(conn, Kind::NewCaller, day(now))?;
    for CallerEntry { caller, count } in untold {
        let Some(token) = caller.token else { continue };
        if room <= 0 || may_be_old(conn, &token, now)? {
            continue;
        }
        room -= 1;
        let event = Event::new(count.first_at, Kind::NewCaller, Actor::System, caller.source);
        store::activity::record(conn, &event.about_token(token))?;
    }
    Ok(())
}

/// Whether callers of this token may have called before callers were counted.
fn may_be_old(
    conn: &mut Transaction,
    token: &TokenId,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let Some(counted_since) = store::requests::hours::first(conn)? else { return Ok(false) };
    let token = store::tokens::by_id(conn, token)?;
    let first_used = token.and_then(|token| token.first_used_at);
    Ok(now - counted_since < LEARNING && first_used.is_some_and(|first| first < counted_since))
}
