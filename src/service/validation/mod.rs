//! Deciding whether a presented token is valid: fresh on every request, Argon2id once per token.
//!
//! Every decision rests on a row that was read after the request arrived; nothing is cached that a
//! revocation could make wrong. Only that a certain text matched a certain hash is remembered, which
//! never stops being true.

pub mod latency;
mod shared_reads;
pub(super) mod verification_cache;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use tokio::task::spawn;
use tokio::time::{Instant, timeout_at};

use self::latency::{Histogram, Latencies, Latency};
use self::shared_reads::SharedReads;
use self::verification_cache::{Fingerprint, Lookup, VerificationCache};
use super::fair_semaphore::FairSemaphore;
use super::{Failure, Resources};
use crate::domain::token::refusal::Refusal;
use crate::domain::token::secret::{PhcString, PresentedToken, TokenId};
use crate::entropy::random;
use crate::hasher::{HashError, HashFigures};
use crate::store::StoreError;

/// A decision that takes longer is given up: proxies and clients get an answer within two seconds.
const PATIENCE: Duration = Duration::from_millis(1700);
/// A command has no caller that gives up.
const LONG_PATIENCE: Duration = Duration::from_mins(2);

/// A token that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidToken {
    /// The public id.
    pub id: TokenId,
    /// When it was generated.
    pub issued_at: DateTime<Utc>,
    /// The first instant at which it is no longer accepted, by what is known now.
    pub expires_at: DateTime<Utc>,
    /// The same, if it is kept beside a newer one.
    pub ends_at: Option<DateTime<Utc>>,
    /// The instant of this decision.
    pub now: DateTime<Utc>,
}

/// What was decided about a presented token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It is valid.
    Valid(ValidToken),
    /// It is not; the reason is for Server Admins alone.
    Refused {
        /// Why.
        reason: Refusal,
        /// The id it carried, if a token with this id exists.
        known: Option<TokenId>,
    },
}

/// Makes a validator for each worker thread.
#[derive(Clone)]
pub struct Validation {
    resources: Resources,
    cache: VerificationCache,
    semaphore: FairSemaphore,
    latencies: Latencies,
}

impl Validation {
    /// Works on `resources`.
    pub fn new(resources: Resources) -> Self {
        let cache = VerificationCache::new(random(&*resources.entropy));
        let semaphore = FairSemaphore::new(resources.token_hasher.threads());
        Self { resources, cache, semaphore, latencies: Latencies::default() }
    }

    /// The verified tokens of this process.
    pub fn cache(&self) -> VerificationCache {
        self.cache.clone()
    }

    /// A validator for the current thread.
    pub fn validator(&self) -> Validator {
        Validator {
            reads: SharedReads::new(&self.resources.store),
            resources: self.resources.clone(),
            cache: self.cache.clone(),
            semaphore: self.semaphore.clone(),
            latency: self.latencies.of_thread(),
            patience: PATIENCE,
        }
    }

    /// How long decisions have taken since the start, failures included.
    pub fn latency(&self) -> Latency {
        self.latencies.read()
    }

    /// How the hashing of tokens fares: who waits for a turn has not reached the hasher.
    pub fn hashing(&self) -> HashFigures {
        let hasher = self.resources.token_hasher.figures();
        HashFigures { waiting: hasher.waiting + self.semaphore.waiting(), ..hasher }
    }
}

/// Validates tokens on one thread; cheap to clone, cannot leave its thread.
#[derive(Clone)]
pub struct Validator {
    resources: Resources,
    reads: SharedReads,
    cache: VerificationCache,
    semaphore: FairSemaphore,
    latency: Arc<Histogram>,
    patience: Duration,
}

impl Validator {
    /// For somebody who waits rather than ask again: a command on a busy machine.
    #[must_use]
    pub fn patient(self) -> Self {
        Self { patience: LONG_PATIENCE, ..self }
    }

    /// Decides about a token that `source` presents.
    ///
    /// # Errors
    /// [`Failure`] when no decision can be made: the answer is 503, never 401 and never 200.
    pub async fn validate(
        &self,
        presented: &PresentedToken,
        source: IpAddr,
    ) -> Result<Decision, Failure> {
        let began = Instant::now();
        let decision = self.decide(presented, source, began + self.patience).await;
        self.latency.record(began.elapsed());
        decision
    }

    async fn decide(
        &self,
        presented: &PresentedToken,
        source: IpAddr,
        deadline: Instant,
    ) -> Result<Decision, Failure> {
        let record = self.reads.get(presented.id()).await.map_err(|error| unavailable(&error))?;
        let now = self.resources.clock.now();
        let Some(record) = record else {
            return Ok(Decision::Refused { reason: Refusal::Unknown, known: None });
        };
        let refused =
            |reason| Ok(Decision::Refused { reason, known: Some(presented.id().clone()) });
        // It is not verified any more: a process that has done so before can tell a forgery.
        let unless_forged = |reason| {
            let is_forgery = self.cache.is_forgery(presented.id(), presented.expose());
            refused(if is_forgery { Refusal::Unknown } else { reason })
        };
        if let Some(end) = record.revoked {
            return unless_forged(end);
        }
        let Some(hash) = &record.hash else { return refused(Refusal::Revoked) };
        if record.ends_at.is_some_and(|ends_at| now >= ends_at) {
            return unless_forged(Refusal::Replaced);
        }
        if now >= record.expires_at {
            return unless_forged(Refusal::Expired);
        }
        let digest = self.cache.digest(presented.expose(), hash);
        let matches = if let Some(matches) = self.cache.recall(presented.id(), &digest) {
            matches
        } else {
            let verified = self.verify(presented, hash, digest, source);
            timeout_at(deadline, verified).await.unwrap_or_else(|_late| {
                self.resources.token_hasher.note_turned_away();
                Err(HashError::Busy.into())
            })?
        };
        if !matches {
            return refused(Refusal::Unknown);
        }
        Ok(Decision::Valid(ValidToken {
            id: record.id.clone(),
            issued_at: record.generated_at,
            expires_at: record.ends_at.unwrap_or(record.expires_at),
            ends_at: record.ends_at,
            now,
        }))
    }

    /// Whether the text is what the hash was made from.
    async fn verify(
        &self,
        presented: &PresentedToken,
        hash: &PhcString,
        digest: Fingerprint,
        source: IpAddr,
    ) -> Result<bool, Failure> {
        loop {
            match self.cache.begin(presented.id(), digest) {
                Lookup::Known(matches) => return Ok(matches),
                Lookup::InProgress(done) => {
                    // Another request verifies the same text: its result is known afterwards.
                    let _ = done.await;
                }
                Lookup::Unknown(verification) => {
                    // A source that floods with forged tokens waits here, behind itself.
                    let permit = self.semaphore.acquire(source).await;
                    let secret = SecretString::from(presented.expose());
                    let alone = self.cache.alone(presented.expose());
                    let (hasher, hash) = (self.resources.token_hasher.clone(), hash.clone());
                    // A task of its own: if this request gives up, the next one has the result.
                    let verified = spawn(async move {
                        let matches = hasher.verify(secret, hash).await?;
                        verification.finish(matches, alone);
                        drop(permit);
                        Ok(matches)
                    });
                    return verified.await.unwrap_or(Err(HashError::Busy.into()));
                }
            }
        }
    }
}

/// All who shared the read get the same failure.
fn unavailable(error: &StoreError) -> Failure {
    let text = match error {
        StoreError::Unavailable(text) => text.clone(),
        error => error.to_string(),
    };
    Failure::Store(StoreError::Unavailable(text))
}
