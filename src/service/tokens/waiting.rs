//! Waiting until the identity provider uses the current token.

use std::time::Duration;

use chrono::TimeDelta;

use super::Tokens;
use crate::domain::token::secret::TokenId;
use crate::domain::token::{Token, TokenStatus};
use crate::service::Failure;

/// The database is asked this often. The first use of a token is written at once.
const POLL: Duration = Duration::from_secs(1);

/// Why a token was not used.
#[derive(Debug, thiserror::Error)]
pub enum WaitError {
    /// No token is unrevoked.
    #[error("there is no SCIM token")]
    NoToken,
    /// Another token took its place, or it was revoked or has expired.
    #[error("token {0} was replaced or revoked or has expired, and had not been used")]
    Ended(TokenId),
    /// The time is over.
    #[error("token {0} has not been used in time")]
    TimedOut(TokenId),
    /// The server failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl Tokens {
    /// Waits until the token that is the current one now was accepted; at most for so long.
    pub async fn wait_until_used(&self, timeout: TimeDelta) -> Result<Token, WaitError> {
        let deadline = self.resources.clock.now() + timeout;
        let awaited = self.history().await?.unrevoked().map(|token| token.id.clone());
        let awaited = awaited.ok_or(WaitError::NoToken)?;
        loop {
            let token = self.by_id(awaited.clone()).await?.ok_or(WaitError::NoToken)?;
            if token.was_used() {
                return Ok(token);
            }
            let now = self.resources.clock.now();
            if token.status(now) != TokenStatus::Active {
                return Err(WaitError::Ended(awaited));
            }
            if now >= deadline {
                return Err(WaitError::TimedOut(awaited));
            }
            tokio::time::sleep(POLL).await;
        }
    }
}
