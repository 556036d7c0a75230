//! What was used decides what becomes of a token, so uses are stored before anything is decided.
//!
//! This process waits until it has written what it has seen. Another one writes the first use of a token within half a
//! second, so what would be refused because of a use that is missing waits a moment for it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::{CurrentToken, Tokens};
use crate::domain::token::{TokenHistory, TokenStatus};
use crate::service::Failure;
use crate::store::StoreError;

/// By then another instance has written a first use, unless its database is slow.
const PATIENCE: Duration = Duration::from_secs(1);
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

impl Tokens {
    /// Makes sure that first uses from before this moment are stored.
    ///
    /// # Errors
    /// [`Failure`]; nothing was generated then, whatever has become of the uses.
    pub(super) async fn settle(&self, wanted: CurrentToken) -> Result<(), Failure> {
        Arc::clone(&self.usage).settle().await.map_err(|failure| match failure {
            Failure::Store(StoreError::OutcomeUnknown(text)) => {
                Failure::Store(StoreError::Unavailable(text))
            }
            failure => failure,
        })?;
        let deadline = Instant::now() + PATIENCE;
        while wanted == CurrentToken::Keep
            && self.is_unused(&self.history().await?)
            && Instant::now() < deadline
        {
            sleep(BETWEEN_LOOKS).await;
        }
        Ok(())
    }

    /// Has a page that comes next show what was used for the first time a moment ago, unless the
    /// database is slow.
    pub async fn show_new_use(&self) {
        let _ = timeout(PATIENCE, Arc::clone(&self.usage).settle()).await;
    }

    /// Whether there is a valid token that nobody has used yet, by what is stored.
    fn is_unused(&self, history: &TokenHistory) -> bool {
        let now = self.resources.clock.now();
        let live = history.unrevoked().filter(|token| token.status(now) == TokenStatus::Active);
        live.is_some_and(|token| !token.was_used())
    }
}
