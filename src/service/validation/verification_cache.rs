//! The results of verifications, so that Argon2id runs once for each token.
//!
//! Only that a certain text matched a certain hash is remembered, which never stops being true: as
//! keyed digests, under a key that is drawn per process and never leaves it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use subtle::ConstantTimeEq;
use tokio::sync::oneshot;

use crate::domain::token::secret::{PhcString, TokenId};

/// A keyed digest of a token and the hash it is compared with.
pub(crate) type Fingerprint = [u8; 32];

/// Which text matched which hash; cheap to clone.
#[derive(Clone)]
pub struct VerificationCache {
    key: Arc<[u8; 32]>,
    state: Arc<Mutex<CacheState>>,
}

/// One matching text for each token id, some that did not match, and what is being verified.
#[derive(Default)]
struct CacheState {
    matched: HashMap<TokenId, Matched>,
    /// Forged texts, so that repeating one costs nothing; emptied when it is full.
    failed: HashSet<Fingerprint>,
    in_progress: HashMap<Fingerprint, Vec<oneshot::Sender<()>>>,
}

/// A token that was verified.
struct Matched {
    /// With the hash that it matched.
    with_hash: Fingerprint,
    /// Without: the hash is erased when the token is revoked.
    alone: Fingerprint,
}

/// Remembered forgeries: 128 KiB at most.
const FAILED_LIMIT: usize = 4096;
/// Tokens remembered as matching; only one token is unrevoked at a time.
const MATCHED_LIMIT: usize = 64;

/// What is known of a text.
pub(crate) enum Lookup {
    /// Whether it matches.
    Known(bool),
    /// Another request verifies it; the receiver ends with that.
    InProgress(oneshot::Receiver<()>),
    /// The caller has to verify it.
    Unknown(Verification),
}

/// A verification in progress; however it ends, it wakes those who wait for it.
pub(crate) struct Verification {
    cache: VerificationCache,
    id: TokenId,
    digest: Fingerprint,
}

impl VerificationCache {
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self { key: Arc::new(key), state: Arc::default() }
    }

    /// Remembers a token that this process generated itself.
    pub fn remember(&self, id: &TokenId, plain: &str, hash: &PhcString) {
        let matched = Matched { with_hash: self.digest(plain, hash), alone: self.alone(plain) };
        self.state().remember(id, matched);
    }

    /// A keyed digest of a token without its hash.
    pub(crate) fn alone(&self, text: &str) -> Fingerprint {
        *blake3::keyed_hash(&self.key, text.as_bytes()).as_bytes()
    }

    /// Whether `text` is certainly not the token with this id, although the hash of that is erased:
    /// this process has verified another text.
    pub(crate) fn is_forgery(&self, id: &TokenId, text: &str) -> bool {
        let presented = self.alone(text);
        let state = self.state();
        state.matched.get(id).is_some_and(|known| !bool::from(known.alone.ct_eq(&presented)))
    }

    pub(crate) fn digest(&self, text: &str, hash: &PhcString) -> Fingerprint {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(text.as_bytes()).update(hash.as_str().as_bytes());
        *hasher.finalize().as_bytes()
    }

    pub(crate) fn recall(&self, id: &TokenId, digest: &Fingerprint) -> Option<bool> {
        self.state().recall(id, digest)
    }

    pub(crate) fn begin(&self, id: &TokenId, digest: Fingerprint) -> Lookup {
        let mut state = self.state();
        if let Some(matches) = state.recall(id, &digest) {
            return Lookup::Known(matches);
        }
        if let Some(waiting) = state.in_progress.get_mut(&digest) {
            let (done, wait) = oneshot::channel();
            waiting.push(done);
            return Lookup::InProgress(wait);
        }
        state.in_progress.insert(digest, Vec::new());
        Lookup::Unknown(Verification { cache: self.clone(), id: id.clone(), digest })
    }

    fn state(&self) -> MutexGuard<'_, CacheState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CacheState {
    fn recall(&self, id: &TokenId, digest: &Fingerprint) -> Option<bool> {
        if self.matched.get(id).is_some_and(|known| known.with_hash.ct_eq(digest).into()) {
            return Some(true);
        }
        self.failed.contains(digest).then_some(false)
    }

    fn remember(&mut self, id: &TokenId, matched: Matched) {
        if self.matched.len() >= MATCHED_LIMIT {
            self.matched.clear();
        }
        self.matched.insert(id.clone(), matched);
    }
}

impl Verification {
    /// `alone` is the digest of the text without the hash.
    pub(crate) fn finish(self, matches: bool, alone: Fingerprint) {
        let mut state = self.cache.state();
        if matches {
            state.remember(&self.id, Matched { with_hash: self.digest, alone });
        } else {
            if state.failed.len() >= FAILED_LIMIT {
                state.failed.clear();
            }
            state.failed.insert(self.digest);
        }
    }
}

impl Drop for Verification {
    fn drop(&mut self) {
        let waiting = self.cache.state().in_progress.remove(&self.digest);
        for done in waiting.into_iter().flatten() {
            let _ = done.send(());
        }
    }
}
