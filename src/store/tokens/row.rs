//! The row of a token.

use diesel::prelude::*;

use crate::domain::network::source::Source;
use crate::domain::token::lifespan::Lifespan;
use crate::domain::token::overlap::Kept;
use crate::domain::token::secret::PhcString;
use crate::domain::token::{LastUse, LateUse, Revocation, Token};
use crate::store::error::StoreError;
use crate::store::row::{actor_or_key, corrupt, instant, parse_address, parse_token_id};
use crate::store::schema::tokens;

#[derive(Queryable, Selectable)]
#[diesel(table_name = tokens)]
pub(super) struct TokenRow {
    id: String,
    hash: Option<String>,
    lifespan_months: i64,
    generated_at: i64,
    generated_by_id: Option<i64>,
    generated_by: String,
    generated_from: Option<String>,
    generated_agent: Option<String>,
    expires_at: i64,
    uncopied_at: Option<i64>,
    kept_at: Option<i64>,
    ends_at: Option<i64>,
    revoked_at: Option<i64>,
    revoked_by_id: Option<i64>,
    revoked_by: Option<String>,
    replaced_by: Option<String>,
    first_used_at: Option<i64>,
    last_used_at: Option<i64>,
    last_used_from: Option<String>,
    last_used_agent: Option<String>,
    late_uses: i64,
    late_used_at: Option<i64>,
    late_used_from: Option<String>,
    generated_by_key: Option<String>,
    revoked_by_key: Option<String>,
}

impl TryFrom<TokenRow> for Token {
    type Error = StoreError;

    fn try_from(row: TokenRow) -> Result<Self, StoreError> {
        let kept = kept_since(&row)?;
        let revocation = revocation(&row)?;
        let last_use = last_use(&row)?;
        let late_use = late_use(&row)?;
        let address = row.generated_from.as_deref().map(parse_address).transpose()?;
        Ok(Self {
            id: parse_token_id(&row.id)?,
            hash: row.hash.map(PhcString::new),
            lifespan: Lifespan::try_from(row.lifespan_months)
                .map_err(|_malformed| corrupt("lifespan", &row.lifespan_months.to_string()))?,
            generated_at: instant(row.generated_at)?,
            generated_by: actor_or_key(
                row.generated_by_key.as_deref(),
                row.generated_by_id,
                row.generated_by,
                None,
            )?,
            generated_from: Source { address, agent: row.generated_agent, request_id: None },
            expires_at: instant(row.expires_at)?,
            uncopied_at: row.uncopied_at.map(instant).transpose()?,
            kept,
            revocation,
            first_used_at: row.first_used_at.map(instant).transpose()?,
            last_use,
            late_use,
        })
    }
}

fn kept_since(row: &TokenRow) -> Result<Option<Kept>, StoreError> {
    let (Some(since), Some(ends_at)) = (row.kept_at, row.ends_at) else { return Ok(None) };
    Ok(Some(Kept { since: instant(since)?, ends_at: instant(ends_at)? }))
}

fn revocation(row: &TokenRow) -> Result<Option<Revocation>, StoreError> {
    let Some(at) = row.revoked_at else { return Ok(None) };
    Ok(Some(Revocation {
        at: instant(at)?,
        by: actor_or_key(
            row.revoked_by_key.as_deref(),
            row.revoked_by_id,
            row.revoked_by.clone().unwrap_or_default(),
            None,
        )?,
        replaced_by: row.replaced_by.as_deref().map(parse_token_id).transpose()?,
    }))
}

fn last_use(row: &TokenRow) -> Result<Option<LastUse>, StoreError> {
    let (Some(at), Some(from)) = (row.last_used_at, &row.last_used_from) else { return Ok(None) };
    let agent = row.last_used_agent.clone();
    Ok(Some(LastUse { at: instant(at)?, from: parse_address(from)?, agent }))
}

fn late_use(row: &TokenRow) -> Result<Option<LateUse>, StoreError> {
    let (Some(at), Some(from)) = (row.late_used_at, &row.late_used_from) else { return Ok(None) };
    let count = u64::try_from(row.late_uses).unwrap_or_default();
    Ok(Some(LateUse { count, at: instant(at)?, from: parse_address(from)? }))
}
