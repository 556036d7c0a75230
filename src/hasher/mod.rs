//! Argon2id, bounded: 19 MiB, two passes, one lane (RFC 9106, OWASP's minimum).
//!
//! A hash takes tens of milliseconds and 19 MiB, so anyone who can send requests could exhaust the
//! server. It runs on a few threads of its own, never on those that answer requests, behind a short
//! queue: when that is full, the caller learns so at once.

mod stored;

use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::oneshot;

use self::stored::{lengths, parse};
use crate::domain::token::secret::PhcString;
use crate::entropy::{SharedEntropy, random};
use crate::stack;

/// How far hashing yields when processors are scarce: to a tenth of a share.
const NICENESS: i32 = 10;

/// How much work a hash is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashCost {
    /// Memory in KiB.
    pub memory: u32,
    /// Passes over the memory.
    pub passes: u32,
}

impl HashCost {
    /// The cost in production.
    pub const PRODUCTION: Self = Self { memory: 19 * 1024, passes: 2 };
}

/// The hash could not be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Too many hashes are waiting; try again in a moment.
    #[error("too many hashes are waiting")]
    Busy,
    /// The stored text is no PHC string, or a parameter is impossible.
    #[error("the hash cannot be computed: {0}")]
    Failed(&'static str),
}

/// How long we make salt and output.
const SALT: usize = 16;

type Job = Box<dyn FnOnce() + Send>;

/// What has become of hashes since the start, for monitoring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashFigures {
    /// How many were computed.
    pub runs: u64,
    /// How many wait for their turn.
    pub waiting: usize,
    /// How many were given up, because too many or for too long were waiting.
    pub turned_away: u64,
}

#[derive(Default)]
struct HashCounters {
    runs: AtomicU64,
    waiting: AtomicUsize,
    turned_away: AtomicU64,
}

/// Hashes and verifies; cheap to clone.
#[derive(Clone)]
pub struct Hasher {
    queue: SyncSender<Job>,
    threads: usize,
    argon2: Argon2<'static>,
    entropy: SharedEntropy,
    stand_in: Arc<tokio::sync::OnceCell<PhcString>>,
    counters: Arc<HashCounters>,
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher")
    }
}

impl Hasher {
    /// Starts `threads` threads that end with the last handle. At most `waiting` hashes wait.
    ///
    /// # Errors
    /// A sentence, when the cost is impossible or a thread cannot be started.
    pub fn start(
        cost: HashCost,
        threads: usize,
        waiting: usize,
        entropy: SharedEntropy,
    ) -> Result<Self, String> {
        let params = Params::new(cost.memory, cost.passes, 1, None)
            .map_err(|error| format!("the cost of hashing is not possible: {error}"))?;
        let (queue, jobs) = sync_channel::<Job>(waiting);
        let jobs = Arc::new(Mutex::new(jobs));
        for number in 0..threads {
            let jobs = Arc::clone(&jobs);
            thread::Builder::new()
                .name(format!("argon2-{number}"))
                .spawn(move || work(&jobs))
                .map_err(|error| format!("a thread cannot be started: {error}"))?;
        }
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let (stand_in, counters) = (Arc::default(), Arc::default());
        Ok(Self { queue, threads, argon2, entropy, stand_in, counters })
    }

    /// How many hashes are computed at a time.
    pub const fn threads(&self) -> usize {
        self.threads
    }

    /// What has become of hashes since the start.
    pub fn figures(&self) -> HashFigures {
        HashFigures {
            runs: self.counters.runs.load(Relaxed),
            waiting: self.counters.waiting.load(Relaxed),
            turned_away: self.counters.turned_away.load(Relaxed),
        }
    }

    /// Counts a caller who did not want to wait any longer.
    pub fn note_turned_away(&self) {
        self.counters.turned_away.fetch_add(1, Relaxed);
    }

    /// The PHC string of `secret` with a fresh salt.
    ///
    /// # Errors
    /// [`HashError::Busy`] when too many wait.
    pub async fn hash(&self, secret: SecretString) -> Result<PhcString, HashError> {
        let salt = random::<SALT>(&*self.entropy);
        let argon2 = self.argon2.clone();
        self.run(move || {
            argon2
                .hash_password_with_salt(secret.expose_secret().as_bytes(), &salt)
                .map(|hash: PasswordHash| PhcString::new(hash.to_string()))
                .map_err(|_malformed| HashError::Failed("Argon2id refused its input"))
        })
        .await
    }

    /// Whether `secret` is what `hash` was made from.
    ///
    /// # Errors
    /// [`HashError::Busy`] when too many wait; [`HashError::Failed`] if `hash` is no PHC string.
    pub async fn verify(&self, secret: SecretString, hash: PhcString) -> Result<bool, HashError> {
        let argon2 = self.argon2.clone();
        self.run(move || {
            let (hash, _) = parse(&hash).map_err(HashError::Failed)?;
            Ok(argon2.verify_password(secret.expose_secret().as_bytes(), &hash).is_ok())
        })
        .await
    }

    /// Whether `hash` is made as this hasher makes them.
    pub fn is_current(&self, hash: &PhcString) -> bool {
        let ours = self.argon2.params();
        parse(hash).is_ok_and(|(hash, params)| {
            (params.m_cost(), params.t_cost(), params.p_cost())
                == (ours.m_cost(), ours.t_cost(), ours.p_cost())
                && lengths(&hash) == (SALT, Params::DEFAULT_OUTPUT_LEN)
        })
    }

    /// Takes as long as [`Hasher::verify`], for an account that does not exist; always false.
    pub async fn verify_stand_in(&self, secret: SecretString) -> Result<bool, HashError> {
        let stand_in = self
            .stand_in
            .get_or_try_init(|| self.hash(SecretString::from("an account that does not exist")))
            .await?;
        self.verify(secret, stand_in.clone()).await?;
        Ok(false)
    }

    async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let (answer, result) = oneshot::channel();
        let counters = Arc::clone(&self.counters);
        let job: Job = Box::new(move || {
            counters.waiting.fetch_sub(1, Relaxed);
            // When nobody waits any more, the work is not worth its cost.
            if !answer.is_closed() {
                let result = job();
                counters.runs.fetch_add(1, Relaxed);
                let _ = answer.send(result);
            }
        });
        self.counters.waiting.fetch_add(1, Relaxed);
        self.queue.try_send(job).map_err(|error| {
            self.counters.waiting.fetch_sub(1, Relaxed);
            match error {
                TrySendError::Full(_) => {
                    self.note_turned_away();
                    HashError::Busy
                }
                TrySendError::Disconnected(_) => {
                    HashError::Failed("the hashing threads have ended")
                }
            }
        })?;
        result.await.unwrap_or(Err(HashError::Failed("a hashing thread has ended")))
    }
}

fn work(jobs: &Mutex<Receiver<Job>>) {
    // On Linux this affects the thread alone: those that answer requests go first. Where it is not
    // permitted, hashing merely competes with them.
    let _ = rustix::process::nice(NICENESS);
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(job) => job(),
            Err(_) => return,
        }
        stack::wipe();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use futures_util::FutureExt;

    use super::*;
    use crate::entropy::OsEntropy;

    #[tokio::test]
    async fn who_waits_and_who_is_turned_away_is_counted() {
        let cost = HashCost { memory: 8, passes: 1 };
        let hasher = Hasher::start(cost, 1, 1, Arc::new(OsEntropy)).unwrap();
        let (go_on, wait) = channel::<()>();
        let (begun, has_begun) = channel();
        let mut computed = Box::pin(hasher.run(move || {
            begun.send(()).unwrap();
            wait.recv().unwrap();
            Ok(())
        }));
        assert!(computed.as_mut().now_or_never().is_none());
        has_begun.recv().unwrap();
        let mut waiting = Box::pin(hasher.run(|| Ok(())));
        assert!(waiting.as_mut().now_or_never().is_none());

        assert_eq!(hasher.run(|| Ok(())).await, Err(HashError::Busy));

        assert_eq!(hasher.figures(), HashFigures { runs: 0, waiting: 1, turned_away: 1 });
        go_on.send(()).unwrap();
        assert_eq!((computed.await, waiting.await), (Ok(()), Ok(())));
        assert_eq!(hasher.figures(), HashFigures { runs: 2, waiting: 0, turned_away: 1 });
    }
}
