//! The part of a token's row that a validation reads.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::domain::token::refusal::Refusal;
use crate::domain::token::secret::{PhcString, TokenId};
use crate::store::database::connection::Conn;
use crate::store::error::StoreError;
use crate::store::row::{instant, parse_token_id};
use crate::store::schema::tokens;

/// What a validation needs to know of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TokenRecord {
    /// The public id.
    pub(crate) id: TokenId,
    /// What a presented token is verified against; erased when the token is revoked.
    pub(crate) hash: Option<PhcString>,
    /// When it was generated.
    pub(crate) generated_at: DateTime<Utc>,
    /// The first instant at which it is no longer accepted.
    pub(crate) expires_at: DateTime<Utc>,
    /// The first instant at which it is not accepted beside the one that has replaced it, if it is
    /// kept.
    pub(crate) ends_at: Option<DateTime<Utc>>,
    /// Why it is refused, if it was revoked.
    pub(crate) revoked: Option<Refusal>,
}

pub(super) type RecordRow =
    (String, Option<String>, i64, i64, Option<i64>, Option<i64>, Option<String>);

type Columns = (
    tokens::id,
    tokens::hash,
    tokens::generated_at,
    tokens::expires_at,
    tokens::ends_at,
    tokens::revoked_at,
    tokens::replaced_by,
);
const COLUMNS: Columns = (
    tokens::id,
    tokens::hash,
    tokens::generated_at,
    tokens::expires_at,
    tokens::ends_at,
    tokens::revoked_at,
    tokens::replaced_by,
);

/// The record of the token with this id: by far the most frequent query.
#[diesel::dsl::auto_type]
#[expect(clippy::elidable_lifetime_names, reason = "the type that Diesel derives needs its name")]
pub(super) fn by_id<'a>(id: &'a str) -> _ {
    let columns: Columns = COLUMNS;
    tokens::table.find(id).select(columns)
}

/// As [`by_id()`], for several ids.
#[diesel::dsl::auto_type]
#[expect(clippy::elidable_lifetime_names, reason = "the type that Diesel derives needs its name")]
pub(super) fn by_ids<'a>(ids: Vec<&'a str>) -> _ {
    let columns: Columns = COLUMNS;
    tokens::table.filter(tokens::id.eq_any(ids)).select(columns)
}

/// The records of the tokens with these ids; ids that do not exist are left out.
pub(super) fn read(conn: &mut Conn, ids: &[TokenId]) -> Result<Vec<TokenRecord>, StoreError> {
    let rows: Vec<RecordRow> = match ids {
        [id] => by_id(id.as_str()).load(conn)?,
        ids => by_ids(ids.iter().map(TokenId::as_str).collect()).load(conn)?,
    };
    rows.into_iter().map(TokenRecord::try_from).collect()
}

impl TryFrom<RecordRow> for TokenRecord {
    type Error = StoreError;

    fn try_from(row: RecordRow) -> Result<Self, StoreError> {
        let (id, hash, generated_at, expires_at, ends_at, revoked_at, replaced_by) = row;
        let end = if replaced_by.is_some() { Refusal::Replaced } else { Refusal::Revoked };
        Ok(Self {
            id: parse_token_id(&id)?,
            hash: hash.map(PhcString::new),
            generated_at: instant(generated_at)?,
            expires_at: instant(expires_at)?,
            ends_at: ends_at.map(instant).transpose()?,
            revoked: revoked_at.map(|_| end),
        })
    }
}
