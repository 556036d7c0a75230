//! Deciding whether a presented token is valid: fresh on every request, Argon2id once per token.
//!
//! Every decision rests on a row that was read after the request arrived; nothing is cached that a
//! revocation could make wrong. What is remembered is only that a certain text matched a certain
//! hash, which stays true for ever.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use subtle::ConstantTimeEq;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::{Instant, timeout_at};

use crate::domain::base62;
use crate::domain::refusal::Refusal;
use crate::domain::secret::{PhcString, PresentedToken, TokenId};
use crate::entropy::random;
use crate::hasher::HashError;
use crate::service::shared_reads::SharedReads;
use crate::service::usage::Usage;
use crate::service::{Failure, World};
use crate::store::StoreError;

/// A decision that takes longer is given up: proxies and clients get an answer within two seconds.
const PATIENCE: Duration = Duration::from_millis(1700);

/// A token that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidToken {
    /// The public id.
    pub id: TokenId,
    /// When it was generated.
    pub issued_at: DateTime<Utc>,
    /// The first instant at which it is no longer accepted.
    pub expires_at: DateTime<Utc>,
    /// The instant of this decision.
    pub now: DateTime<Utc>,
}

/// What was decided about a presented token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is valid.
    Valid(ValidToken),
    /// It is not, for the admins' eyes; `known` says that a token with its id exists.
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
    world: World,
    memory: Memory,
    usage: Arc<Usage>,
}

impl Validation {
    /// Works on `world`.
    pub fn new(world: World, usage: Arc<Usage>) -> Self {
        let memory = Memory::new(random(&*world.entropy));
        Self { world, memory, usage }
    }

    /// What this process remembers of verified tokens.
    pub fn memory(&self) -> Memory {
        self.memory.clone()
    }

    /// Ten letters and digits that no other thread or process has: what the ids of the requests that
    /// one thread answers begin with. Not a secret.
    pub fn label(&self) -> String {
        base62::random::<10>(|bytes| self.world.entropy.fill(bytes))
    }

    /// A validator for the current thread.
    pub fn validator(&self) -> Validator {
        Validator {
            reads: SharedReads::new(&self.world.store),
            world: self.world.clone(),
            memory: self.memory.clone(),
            usage: Arc::clone(&self.usage),
        }
    }
}

/// Validates tokens on one thread; cheap to clone, cannot leave its thread.
#[derive(Clone)]
pub struct Validator {
    world: World,
    reads: SharedReads,
    memory: Memory,
    usage: Arc<Usage>,
}

impl Validator {
    /// Decides about a presented token.
    ///
    /// # Errors
    /// [`Failure`] when no decision can be made: the answer is 503, never 401 and never 200.
    pub async fn validate(&self, presented: &PresentedToken) -> Result<Verdict, Failure> {
        let deadline = Instant::now() + PATIENCE;
        let credential =
            self.reads.get(presented.id()).await.map_err(|error| unavailable(&error))?;
        let now = self.world.clock.now();
        let Some(credential) = credential else {
            return Ok(Verdict::Refused { reason: Refusal::Unknown, known: None });
        };
        let refused = |reason| Ok(Verdict::Refused { reason, known: Some(presented.id().clone()) });
        let Some(hash) = credential.hash.as_ref().filter(|_| !credential.revoked) else {
            return refused(Refusal::Revoked);
        };
        if now >= credential.expires_at {
            return refused(Refusal::Expired);
        }
        if !self.matches(presented, hash, deadline).await? {
            return refused(Refusal::Unknown);
        }
        Ok(Verdict::Valid(ValidToken {
            id: credential.id.clone(),
            issued_at: credential.generated_at,
            expires_at: credential.expires_at,
            now,
        }))
    }

    /// What clients do is recorded here, off the request path.
    pub fn usage(&self) -> &Usage {
        &self.usage
    }

    /// Whether the text is what the hash was made from: at once if this process has seen it before.
    async fn matches(
        &self,
        presented: &PresentedToken,
        hash: &PhcString,
        deadline: Instant,
    ) -> Result<bool, Failure> {
        let digest = self.memory.digest(presented.expose(), hash);
        if let Some(matches) = self.memory.recall(presented.id(), &digest) {
            return Ok(matches);
        }
        let verified = timeout_at(deadline, self.verify(presented, hash, digest)).await;
        verified.unwrap_or(Err(HashError::Busy.into()))
    }

    async fn verify(
        &self,
        presented: &PresentedToken,
        hash: &PhcString,
        digest: Fingerprint,
    ) -> Result<bool, Failure> {
        // Whoever floods with forged tokens waits here, and so sends less.
        let _turn = self.memory.turns.acquire().await;
        loop {
            match self.memory.begin(presented.id(), digest) {
                Knowledge::Known(matches) => return Ok(matches),
                Knowledge::Busy(done) => {
                    // Somebody verifies the same text: its result will be known afterwards.
                    let _ = done.await;
                }
                Knowledge::Unknown(flight) => {
                    let secret = SecretString::from(presented.expose());
                    let matches = self.world.token_hasher.verify(secret, hash.clone()).await?;
                    flight.finish(matches);
                    return Ok(matches);
                }
            }
        }
    }
}

/// Everybody who shared the read gets the same failure.
fn unavailable(error: &StoreError) -> Failure {
    let text = match error {
        StoreError::Unavailable(text) => text.clone(),
        error => error.to_string(),
    };
    Failure::Store(StoreError::Unavailable(text))
}

/// A keyed digest of a token and the hash it is compared with.
type Fingerprint = [u8; 32];

/// What a process remembers: which text matched which hash, as keyed digests under a key that is
/// drawn per process and never leaves it.
#[derive(Clone)]
pub struct Memory {
    key: Arc<[u8; 32]>,
    state: Arc<Mutex<MemoryState>>,
    turns: Arc<Semaphore>,
}

/// One remembered text for each token id, a few that did not match, and what is being verified.
#[derive(Default)]
struct MemoryState {
    matched: HashMap<TokenId, Fingerprint>,
    /// Forged texts, so that repeating one costs nothing; emptied when it is full.
    failed: std::collections::HashSet<Fingerprint>,
    flights: HashMap<Fingerprint, Vec<oneshot::Sender<()>>>,
}

/// Remembered forgeries: 128 KiB at most.
const FAILED_LIMIT: usize = 4096;
/// Verifications that are under way in the whole process; more wait for their turn.
const VERIFICATIONS: usize = 32;
/// Tokens remembered as matched; there is one unrevoked token at a time.
const MATCHED_LIMIT: usize = 64;

enum Knowledge {
    Known(bool),
    Busy(oneshot::Receiver<()>),
    Unknown(Flight),
}

/// A verification under way; wakes those who wait for it when it ends in whatever way.
struct Flight {
    memory: Memory,
    id: TokenId,
    digest: Fingerprint,
}

impl Memory {
    fn new(key: [u8; 32]) -> Self {
        let turns = Arc::new(Semaphore::new(VERIFICATIONS));
        Self { key: Arc::new(key), state: Arc::default(), turns }
    }

    /// Remembers a token that this process generated itself.
    pub fn remember(&self, id: &TokenId, plain: &str, hash: &PhcString) {
        let digest = self.digest(plain, hash);
        self.state().remember(id, digest);
    }

    fn digest(&self, text: &str, hash: &PhcString) -> Fingerprint {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(text.as_bytes()).update(hash.as_str().as_bytes());
        *hasher.finalize().as_bytes()
    }

    fn recall(&self, id: &TokenId, digest: &Fingerprint) -> Option<bool> {
        self.state().recall(id, digest)
    }

    fn begin(&self, id: &TokenId, digest: Fingerprint) -> Knowledge {
        let mut state = self.state();
        if let Some(matches) = state.recall(id, &digest) {
            return Knowledge::Known(matches);
        }
        if let Some(waiting) = state.flights.get_mut(&digest) {
            let (done, wait) = oneshot::channel();
            waiting.push(done);
            return Knowledge::Busy(wait);
        }
        state.flights.insert(digest, Vec::new());
        Knowledge::Unknown(Flight { memory: self.clone(), id: id.clone(), digest })
    }

    fn state(&self) -> std::sync::MutexGuard<'_, MemoryState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MemoryState {
    fn recall(&self, id: &TokenId, digest: &Fingerprint) -> Option<bool> {
        if self.matched.get(id).is_some_and(|known| known.ct_eq(digest).into()) {
            return Some(true);
        }
        self.failed.contains(digest).then_some(false)
    }

    fn remember(&mut self, id: &TokenId, digest: Fingerprint) {
        if self.matched.len() >= MATCHED_LIMIT {
            self.matched.clear();
        }
        self.matched.insert(id.clone(), digest);
    }
}

impl Flight {
    fn finish(self, matches: bool) {
        let mut state = self.memory.state();
        if matches {
            state.remember(&self.id, self.digest);
        } else {
            if state.failed.len() >= FAILED_LIMIT {
                state.failed.clear();
            }
            state.failed.insert(self.digest);
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let waiting = self.memory.state().flights.remove(&self.digest);
        for done in waiting.into_iter().flatten() {
            let _ = done.send(());
        }
    }
}
