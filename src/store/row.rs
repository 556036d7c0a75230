//! Columns to domain types and back. Instants are stored as whole seconds since 1970, the same on
//! both databases.

use std::net::IpAddr;

use chrono::{DateTime, Utc};

use super::error::StoreError;
use crate::domain::admin::actor::Actor;
use crate::domain::admin::person::AdminId;
use crate::domain::keys::secret::KeyId;
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

/// The same, where it may have been an API key.
pub(super) fn actor_or_key(
    key: Option<&str>,
    id: Option<i64>,
    name: String,
    email: Option<String>,
) -> Result<Actor, StoreError> {
    match key {
        Some(key) => Ok(Actor::ApiKey { id: parse_key_id(key)?, title: name }),
        None => Ok(actor(id, name, email)),
    }
}

pub(super) fn parse_key_id(text: &str) -> Result<KeyId, StoreError> {
    KeyId::parse(text).map_err(|_malformed| corrupt("key id", text))
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
