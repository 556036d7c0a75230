//! What monitoring shows besides the counters of `usage`: how hashing fares, and what is stored.

use super::Failure;
use super::mails::{MailOverview, Mails};
use super::sessions::Sessions;
use super::sessions::login::Logins;
use super::validation::Validation;
pub use crate::hasher::HashFigures;

/// Gathers what monitoring shows.
#[derive(Clone)]
pub struct Monitoring {
    validation: Validation,
    logins: Logins,
    mails: Mails,
    sessions: Sessions,
}

/// What the database says.
#[derive(Debug, Clone)]
pub struct StoredFigures {
    /// The newest token and the mails about it.
    pub mails: MailOverview,
    /// How many sessions have not ended.
    pub sessions: usize,
}

impl Monitoring {
    /// Asks these use cases.
    pub const fn new(
        validation: Validation,
        logins: Logins,
        mails: Mails,
        sessions: Sessions,
    ) -> Self {
        Self { validation, logins, mails, sessions }
    }

    /// How the hashing of tokens and of passwords fares.
    pub fn hashing(&self) -> [(&'static str, HashFigures); 2] {
        [("token", self.validation.hashing()), ("password", self.logins.hashing())]
    }

    /// What the database says.
    pub async fn stored(&self) -> Result<StoredFigures, Failure> {
        let mails = self.mails.overview(None).await?;
        Ok(StoredFigures { mails, sessions: self.sessions.count().await? })
    }
}
