//! Tokens, and the ids of the forms that generated them.

pub(crate) mod calendar_entry;
pub(crate) mod reader;
pub(crate) mod record;
mod row;
pub mod uses;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use self::row::TokenRow;
use super::database::connection::Conn;
use super::error::StoreError;
use super::row::{instant, parse_token_id, seconds};
use super::schema::{tokens, used_requests};
use crate::domain::admin::actor::Actor;
use crate::domain::admin::code::Digest;
use crate::domain::keys::secret::KeyId;
use crate::domain::token::overlap::Kept;
use crate::domain::token::secret::{PhcString, TokenId};
use crate::domain::token::{Token, TokenHistory};

/// So many tokens that nobody used may follow each other before the first of them is forgotten.
const MOST_TOKENS: i64 = 100;

/// The newest token, and those before it down to the last one that was used; further to one that was
/// kept beside others until the newest was generated.
pub fn history(conn: &mut Conn) -> Result<TokenHistory, StoreError> {
    let mut tokens = newest(conn, 3)?;
    // Nearly always the token before the newest one was used, and the one before that had ended.
    let is_enough = tokens.len() < 3 || predecessors(&tokens) < 2;
    if !is_enough {
        tokens = newest(conn, MOST_TOKENS)?;
    }
    tokens.truncate(1 + predecessors(&tokens));
    let mut tokens = tokens.into_iter();
    Ok(TokenHistory { newest: tokens.next(), predecessors: tokens.collect() })
}

/// How many tokens after the first of these may still be sent.
fn predecessors(tokens: &[Token]) -> usize {
    let Some((newest, before)) = tokens.split_first() else { return 0 };
    let mut was_used = false;
    let may_be_sent = before.iter().take_while(|token| {
        let ended_before = token.revocation.as_ref().map(|end| end.at < newest.generated_at);
        let was_kept = token.kept.is_some() && ended_before != Some(true);
        let counts = !was_used || was_kept;
        was_used |= token.was_used();
        counts
    });
    may_be_sent.count()
}

/// The newest tokens, the newest first.
fn newest(conn: &mut Conn, limit: i64) -> Result<Vec<Token>, StoreError> {
    let rows = tokens::table
        .order(tokens::position.desc())
        .select(TokenRow::as_select())
        .limit(limit)
        .load(conn)?;
    rows.into_iter().map(Token::try_from).collect()
}

/// The token that this one replaced.
pub fn replaced_by(conn: &mut Conn, id: &TokenId) -> Result<Option<Token>, StoreError> {
    let row = tokens::table
        .filter(tokens::replaced_by.eq(id.as_str()))
        .select(TokenRow::as_select())
        .first::<TokenRow>(conn);
    row.optional()?.map(Token::try_from).transpose()
}

/// The token that was used last, whether or not it is revoked.
pub fn last_used(conn: &mut Conn) -> Result<Option<Token>, StoreError> {
    let row = tokens::table
        .filter(tokens::last_used_at.is_not_null())
        .order(tokens::last_used_at.desc())
        .select(TokenRow::as_select())
        .first::<TokenRow>(conn);
    row.optional()?.map(Token::try_from).transpose()
}

/// When tokens were replaced since `since`, the latest first, at most `limit`.
pub fn replacements(
    conn: &mut Conn,
    since: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<DateTime<Utc>>, StoreError> {
    let rows: Vec<(Option<i64>, Option<i64>)> = tokens::table
        .filter(tokens::replaced_by.is_not_null().and(tokens::revoked_at.ge(seconds(since))))
        .order(tokens::revoked_at.desc())
        .select((tokens::kept_at, tokens::revoked_at))
        .limit(limit)
        .load(conn)?;
    let kept = kept(conn)?.and_then(|old| old.kept).map(|kept| kept.since);
    let ended = rows.into_iter().filter_map(|(kept_at, revoked_at)| kept_at.or(revoked_at));
    kept.into_iter().map(Ok).chain(ended.map(instant)).collect()
}

/// The token with this id.
pub fn by_id(conn: &mut Conn, id: &TokenId) -> Result<Option<Token>, StoreError> {
    let row = tokens::table.find(id.as_str()).select(TokenRow::as_select()).first::<TokenRow>(conn);
    row.optional()?.map(Token::try_from).transpose()
}

/// Stores a new token. In the same transaction [`revoke`] or [`keep`] must come first: the database
/// allows one current token.
///
/// # Errors
/// [`StoreError::Conflict`] if there is another current token.
pub fn insert(conn: &mut Conn, token: &Token) -> Result<(), StoreError> {
    let last: Option<i64> = tokens::table.select(diesel::dsl::max(tokens::position)).first(conn)?;
    let calendar_sequence = calendar_entry::next(conn, token.generated_at)?;
    diesel::insert_into(tokens::table)
        .values((
            (
                tokens::id.eq(token.id.as_str()),
                tokens::hash.eq(token.hash.as_ref().map(PhcString::as_str)),
                tokens::lifespan_months.eq(i64::from(token.lifespan.months())),
                tokens::generated_at.eq(seconds(token.generated_at)),
                tokens::generated_by_id.eq(token.generated_by.admin_id().map(|id| id.0)),
                tokens::generated_by.eq(token.generated_by.name()),
                tokens::generated_by_key.eq(token.generated_by.key_id().map(KeyId::as_str)),
            ),
            (
                tokens::generated_from.eq(token.generated_from.address_text()),
                tokens::generated_agent.eq(token.generated_from.agent.as_deref()),
                tokens::expires_at.eq(seconds(token.expires_at)),
                tokens::late_uses.eq(0),
                tokens::position.eq(last.unwrap_or_default() + 1),
                tokens::calendar_sequence.eq(Some(calendar_sequence)),
            ),
        ))
        .execute(conn)?;
    Ok(())
}

/// The token that may be accepted and is not kept beside another one.
pub fn current(conn: &mut Conn) -> Result<Option<Token>, StoreError> {
    let row = tokens::table
        .filter(tokens::revoked_at.is_null().and(tokens::kept_at.is_null()))
        .select(TokenRow::as_select())
        .first::<TokenRow>(conn);
    row.optional()?.map(Token::try_from).transpose()
}

/// The token that is kept beside the current one, until somebody or scimward itself revokes it.
pub fn kept(conn: &mut Conn) -> Result<Option<Token>, StoreError> {
    let row = tokens::table
        .filter(tokens::revoked_at.is_null().and(tokens::kept_at.is_not_null()))
        .select(TokenRow::as_select())
        .first::<TokenRow>(conn);
    row.optional()?.map(Token::try_from).transpose()
}

/// Revokes a token that is not revoked, and erases its hash. A kept one remembers what replaced it
/// then.
pub fn revoke(
    conn: &mut Conn,
    token: &Token,
    by: &Actor,
    replaced_by: Option<&TokenId>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let unrevoked = tokens::table.find(token.id.as_str()).filter(tokens::revoked_at.is_null());
    diesel::update(unrevoked)
        .set((
            tokens::hash.eq(None::<String>),
            tokens::revoked_at.eq(Some(seconds(now))),
            tokens::revoked_by_id.eq(by.admin_id().map(|id| id.0)),
            tokens::revoked_by.eq(Some(by.name())),
            tokens::revoked_by_key.eq(by.key_id().map(KeyId::as_str)),
        ))
        .execute(conn)?;
    if token.kept.is_none() {
        diesel::update(tokens::table.find(token.id.as_str()))
            .set(tokens::replaced_by.eq(replaced_by.map(TokenId::as_str)))
            .execute(conn)?;
    }
    Ok(())
}

/// Keeps a token beside `new`, which replaces it.
pub fn keep(conn: &mut Conn, id: &TokenId, new: &TokenId, kept: Kept) -> Result<(), StoreError> {
    diesel::update(tokens::table.find(id.as_str()).filter(tokens::revoked_at.is_null()))
        .set((
            tokens::kept_at.eq(Some(seconds(kept.since))),
            tokens::ends_at.eq(Some(seconds(kept.ends_at))),
            tokens::replaced_by.eq(Some(new.as_str())),
        ))
        .execute(conn)?;
    Ok(())
}

/// Has a kept token end at another instant. What has ended by `now` stays so.
pub fn move_end(
    conn: &mut Conn,
    id: &TokenId,
    ends_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let kept = tokens::table.find(id.as_str()).filter(tokens::revoked_at.is_null());
    diesel::update(kept.filter(tokens::ends_at.gt(seconds(now))))
        .set(tokens::ends_at.eq(Some(seconds(ends_at))))
        .execute(conn)?;
    Ok(())
}

/// How many tokens an admin, or a program with an API key, has generated after `after`; the command
/// line is not counted.
pub fn count_generated(
    conn: &mut Conn,
    by: &Actor,
    after: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let in_time = tokens::generated_at.gt(seconds(after));
    let in_time = tokens::table.filter(in_time.and(tokens::generated_at.le(seconds(until))));
    Ok(match (by.admin_id(), by.key_id()) {
        (Some(admin), _) => {
            in_time.filter(tokens::generated_by_id.eq(admin.0)).count().get_result(conn)?
        }
        (None, Some(key)) => {
            in_time.filter(tokens::generated_by_key.eq(key.as_str())).count().get_result(conn)?
        }
        (None, None) => 0,
    })
}

/// The token that a form has generated, if any.
pub fn used_request(conn: &mut Conn, request: &Digest) -> Result<Option<TokenId>, StoreError> {
    let id: Option<String> = used_requests::table
        .find(request.as_str())
        .select(used_requests::token_id)
        .first(conn)
        .optional()?;
    id.as_deref().map(parse_token_id).transpose()
}

/// Uses a form's id up.
///
/// # Errors
/// [`StoreError::Conflict`] if it was used before.
pub fn use_request(
    conn: &mut Conn,
    request: &Digest,
    token: &TokenId,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    diesel::insert_into(used_requests::table)
        .values((
            used_requests::id_hash.eq(request.as_str()),
            used_requests::token_id.eq(token.as_str()),
            used_requests::used_at.eq(seconds(now)),
        ))
        .execute(conn)?;
    Ok(())
}
