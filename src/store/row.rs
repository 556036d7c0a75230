//! Columns to domain types and back. Instants are stored as whole seconds since 1970, the same on
//! both databases.

use std::net::IpAddr;

use chrono::{DateTime, Utc};

use super::error::StoreError;
use crate::domain::admin::actor::Actor;
use crate::domain::admin::person::AdminId;
use crate::domain::network::UNKNOWN;
use crate::domain::network::source::UNKNOWN_TEXT;
use crate::domain::token::secret::TokenId;

/// The stored form of an instant.
pub(super) const fn seconds(at: DateTime<Utc>) -> i64 {
    at.timestamp()
}

/// The instant behind a stored value.
pub(super) fn instant(seconds: i64) -> Result<DateTime<Utc>, StoreError> {
    DateTime::from_timestamp(seconds, 0)
        .ok_or_else(|| StoreError::Corrupt(format!("{seconds} is not an instant")))
}

/// An actor from its columns.
pub(super) fn actor(id: Option<i64>, name: String, email: Option<String>) -> Actor {
    match id {
        Some(id) => Actor::Admin { id: AdminId(id), name, email },
        None if name == Actor::CommandLine.name() => Actor::CommandLine,
        None => Actor::System,
    }
}

pub(super) fn parse_address(text: &str) -> Result<IpAddr, StoreError> {
    if text == UNKNOWN_TEXT {
        return Ok(UNKNOWN);
    }
    text.parse().map_err(|_malformed| corrupt("address", text))
}

pub(super) fn parse_token_id(text: &str) -> Result<TokenId, StoreError> {
    TokenId::parse(text).map_err(|_malformed| corrupt("token id", text))
}

pub(super) fn corrupt(what: &str, text: &str) -> StoreError {
    StoreError::Corrupt(format!("{text:?} is no {what}"))
}
