//! What monitoring shows besides the counters of `usage`: how hashing fares, and what is stored.

use super::Failure;
use super::keys::Keys;
use super::mails::{MailOverview, Mails};
use super::sessions::Sessions;
use super::sessions::login::Logins;
use super::validation::Validation;
use crate::domain::keys::ApiKey;
pub use crate::hasher::HashFigures;

/// Gathers what monitoring shows.
#[derive(Clone)]
pub struct Monitoring {
    validation: Validation,
    logins: Logins,
    mails: Mails,
    sessions: Sessions,
    keys: Keys,
}

/// What the database says.
#[derive(Debug, Clone)]
pub struct StoredFigures {
    /// The newest token and the mails about it.
    pub mails: MailOverview,
    /// How many sessions have not ended.
    pub sessions: usize,
    /// The API keys, those that have ended lately among them.
    pub keys: Vec<ApiKey>,
}

impl Monitoring {
    /// Asks these use cases, the last ones about what is stored.
    pub fn new(
        validation: Validation,
        logins: Logins,
        (mails, sessions, keys): (Mails, Sessions, Keys),
    ) -> Self {
        Self { validation, logins, mails, sessions, keys }
    }

    /// How the hashing of tokens and of passwords fares.
    pub fn hashing(&self) -> [(&'static str, HashFigures); 2] {
        [("token", self.validation.hashing()), ("password", self.logins.hashing())]
    }

    /// What the database says.
    pub async fn stored(&self) -> Result<StoredFigures, Failure> {
        let mails = self.mails.overview(None).await?;
        let (sessions, keys) = (self.sessions.count().await?, self.keys.list().await?);
        Ok(StoredFigures { mails, sessions, keys })
    }
}
