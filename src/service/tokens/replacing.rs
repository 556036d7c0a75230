//! The bodies of the transactions that generate and revoke tokens.
//!
//! What was used decides what becomes of a token. So each of them holds [`Lock::Usage`] too: no use
//! is written while it decides.

use chrono::TimeDelta;

use super::changes::{CurrentToken, Form, GenerateError, RevokeError, Revoked, RevokedOld};
use crate::domain::activity::{Kind, kept};
use crate::domain::token::lifespan::Lifespan;
use crate::domain::token::overlap::{Kept, latest_end};
use crate::domain::token::secret::{PhcString, TokenId};
use crate::domain::token::{Token, TokenStatus};
use crate::service::authority::Authorized;
use crate::service::old_token;
use crate::store::{self, Lock, StoreError, Transaction};

/// Tokens that one admin may generate on the page, or a program with one API key, in an hour.
const HOURLY_LIMIT: i64 = 20;

/// What was generated, and what has become of the tokens before.
pub(super) struct Replacement {
    pub(super) token: Token,
    pub(super) replaced: Option<TokenId>,
    pub(super) old: Option<Token>,
    pub(super) ended: Option<TokenId>,
}

pub(super) fn new_token(
    id: TokenId,
    hash: PhcString,
    lifespan: Lifespan,
    by: &Authorized,
) -> Token {
    Token {
        id,
        hash: Some(hash),
        lifespan,
        generated_at: by.now,
        generated_by: by.actor.clone(),
        generated_from: by.source().clone(),
        expires_at: lifespan.expiry(by.now),
        uncopied_at: None,
        kept: None,
        revocation: None,
        first_used_at: None,
        last_use: None,
        late_use: None,
    }
}

/// Checks what the form says, revokes or keeps, inserts.
pub(super) fn replace(
    conn: &mut Transaction,
    token: Token,
    wanted: CurrentToken,
    form: Option<&Form>,
    by: &Authorized,
) -> Result<Replacement, GenerateError> {
    Lock::Usage.take(conn)?;
    if let Some(form) = form {
        check_form(conn, form, wanted, by)?;
    }
    old_token::end(conn, by.now)?;
    let replaced = make_room(conn, token, wanted, by)?;
    let token = &replaced.token;
    store::tokens::insert(conn, token)?;
    if let Some(form) = form {
        store::tokens::use_request(conn, &form.request.digest(), &token.id, by.now)?;
    }
    let detail = match &replaced.old {
        Some(old) => kept::detail(token.lifespan, old),
        None => token.lifespan.to_string(),
    };
    let event = by.event(Kind::TokenGenerated).about_token(token.id.clone()).with_detail(detail);
    let event = match &replaced.replaced {
        Some(replaced) => event.about(replaced.as_str()),
        None => event,
    };
    store::activity::record(conn, &event)?;
    Ok(replaced)
}

/// Revokes what `token` replaces, or begins to keep it.
fn make_room(
    conn: &mut Transaction,
    token: Token,
    wanted: CurrentToken,
    by: &Authorized,
) -> Result<Replacement, GenerateError> {
    let current = store::tokens::current(conn)?;
    let old = store::tokens::kept(conn)?;
    let in_use = current.as_ref().filter(|current| is_in_use(current, by));
    let revoke_current = |conn: &mut Transaction| {
        if let Some(current) = &current {
            store::tokens::revoke(conn, current, &by.actor, Some(&token.id), by.now)?;
        }
        Ok::<_, StoreError>(current.as_ref().map(|current| current.id.clone()))
    };
    if let (Some(old), None) = (&old, in_use) {
        // Sync goes on with the old one: nobody has entered the one that is replaced now.
        let replaced = revoke_current(conn)?;
        return Ok(Replacement { token, replaced, old: Some(old.clone()), ended: None });
    }
    if wanted == CurrentToken::Keep && in_use.is_none() {
        return Err(GenerateError::NothingToKeep);
    }
    let ended = old.as_ref().map(|old| end_with(conn, old, by)).transpose()?;
    match in_use {
        Some(in_use) if wanted == CurrentToken::Keep => {
            let ends_at = latest_end(by.now, in_use.expires_at);
            let kept = Kept { since: by.now, ends_at };
            store::tokens::keep(conn, &in_use.id, &token.id, kept)?;
            let old = Token { kept: Some(kept), ..in_use.clone() };
            Ok(Replacement { token, replaced: None, old: Some(old), ended })
        }
        _ => {
            let replaced = revoke_current(conn)?;
            Ok(Replacement { token, replaced, old: None, ended })
        }
    }
}

fn is_in_use(token: &Token, by: &Authorized) -> bool {
    token.status(by.now) == TokenStatus::Active && token.was_used()
}

/// Revokes the old token together with the one beside it.
fn end_with(conn: &mut Transaction, old: &Token, by: &Authorized) -> Result<TokenId, StoreError> {
    store::tokens::revoke(conn, old, &by.actor, None, by.now)?;
    let event = by.event(Kind::OldTokenRevoked).about_token(old.id.clone());
    store::activity::record(conn, &event)?;
    Ok(old.id.clone())
}

/// Revokes the current token and the old one beside it.
pub(super) fn revoke(
    conn: &mut Transaction,
    expected: Option<&TokenId>,
    by: &Authorized,
) -> Result<Revoked, RevokeError> {
    Lock::Usage.take(conn)?;
    let current = store::tokens::current(conn)?.ok_or(RevokeError::NoToken)?;
    if expected.is_some_and(|expected| *expected != current.id) {
        return Err(RevokeError::TokenChanged);
    }
    old_token::end(conn, by.now)?;
    let old = store::tokens::kept(conn)?;
    let old = old.map(|old| end_with(conn, &old, by)).transpose()?;
    store::tokens::revoke(conn, &current, &by.actor, None, by.now)?;
    let event = by.event(Kind::TokenRevoked).about_token(current.id.clone());
    store::activity::record(conn, &event)?;
    Ok(Revoked { token: current.id, old })
}

/// Revokes the old token; the entry names the new one, which stays.
pub(super) fn revoke_old(
    conn: &mut Transaction,
    expected: Option<&TokenId>,
    by: &Authorized,
) -> Result<RevokedOld, RevokeError> {
    Lock::Usage.take(conn)?;
    old_token::end(conn, by.now)?;
    let old = store::tokens::kept(conn)?.ok_or(RevokeError::NoOldToken)?;
    let new = store::tokens::current(conn)?.ok_or(RevokeError::NoToken)?;
    if expected.is_some_and(|expected| *expected != old.id) {
        return Err(RevokeError::TokenChanged);
    }
    store::tokens::revoke(conn, &old, &by.actor, None, by.now)?;
    let event = by.event(Kind::OldTokenRevoked).about_token(old.id.clone());
    store::activity::record(conn, &event.about(new.id.as_str()))?;
    Ok(RevokedOld { old: old.id, new })
}

fn check_form(
    conn: &mut Transaction,
    form: &Form,
    wanted: CurrentToken,
    by: &Authorized,
) -> Result<(), GenerateError> {
    if let Some(token) = store::tokens::used_request(conn, &form.request.digest())? {
        return Err(GenerateError::RequestAlreadyUsed(token));
    }
    let history = store::tokens::history(conn)?;
    if !form.replaces.is(history.unrevoked().map(|token| &token.id)) {
        return Err(GenerateError::TokenChanged { history: Box::new(history) });
    }
    let is_in_use = history.unrevoked().is_some_and(|token| is_in_use(token, by));
    if is_in_use && wanted == CurrentToken::Revoke && !form.knows_of_use {
        return Err(GenerateError::UsedMeanwhile);
    }
    // A clock that ran ahead has noted some for a later hour: they do not count.
    let hour_ago = by.now - TimeDelta::hours(1);
    if store::tokens::count_generated(conn, &by.actor, hour_ago, by.now)? >= HOURLY_LIMIT {
        return Err(GenerateError::RateLimited);
    }
    Ok(())
}
