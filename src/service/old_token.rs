//! The old token that is kept beside the new one: its row says when it ends.
//!
//! Nothing but the row counts, whatever instances have seen: every use that is written may move the
//! end, a validation compares it with the clock, and what was revoked never comes back.

use chrono::{DateTime, Utc};

use crate::domain::activity::{Event, Kind};
use crate::domain::admin::actor::Actor;
use crate::domain::network::source::Source;
use crate::domain::token::Token;
use crate::domain::token::overlap::{self, EndReason};
use crate::store::{self, Conn, StoreError, Transaction};

/// Moves the end of the old token to where the uses that are stored put it. The transaction must hold
/// [`store::Lock::Usage`].
pub(super) fn move_end(conn: &mut Conn, now: DateTime<Utc>) -> Result<(), StoreError> {
    let Some(old) = store::tokens::kept(conn)? else { return Ok(()) };
    let new_in_use_since = store::tokens::current(conn)?.and_then(|new| new.first_used_at);
    let last_request = old.last_use.as_ref().map(|last| last.at);
    let (Some(kept), Some(latest)) = (old.kept, old.latest_end()) else { return Ok(()) };
    let ends_at = overlap::end(latest, last_request, new_in_use_since);
    if ends_at == kept.ends_at {
        return Ok(());
    }
    store::tokens::move_end(conn, &old.id, ends_at, now)
}

/// The old token, if its time has come and it is not revoked yet.
pub(super) fn ended(conn: &mut Conn, now: DateTime<Utc>) -> Result<Option<Token>, StoreError> {
    let old = store::tokens::kept(conn)?;
    Ok(old.filter(|old| old.kept.is_some_and(|kept| now >= kept.ends_at)))
}

/// Revokes the old token if its time has come. The transaction must hold [`store::Lock::Tokens`] and
/// [`store::Lock::Usage`].
pub(super) fn end(conn: &mut Transaction, now: DateTime<Utc>) -> Result<(), StoreError> {
    let Some(old) = ended(conn, now)? else { return Ok(()) };
    let Some(kept) = old.kept else { return Ok(()) };
    store::tokens::revoke(conn, &old, &Actor::System, None, kept.ends_at)?;
    let new = store::tokens::current(conn)?;
    let is_switched = new.is_none_or(|new| new.was_used());
    let reason = match overlap::reason(kept, old.expires_at) {
        EndReason::Unseen => "not presented for 60 minutes",
        EndReason::TimeOver => "after 24 hours",
        EndReason::Expired => "it expired",
    };
    let kind = if is_switched { Kind::OldTokenEnded } else { Kind::OldTokenEndedUnswitched };
    let event = Event::new(kept.ends_at, kind, Actor::System, Source::default());
    let event = event.about_token(old.id.clone()).about(reason);
    store::activity::record(conn, &event)?;
    tracing::info!(token.id = %old.id, reason, new_token_used = is_switched, "the old token ended");
    Ok(())
}
