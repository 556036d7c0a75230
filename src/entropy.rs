//! The only source of randomness.
//!
//! Tokens, salts, session ids and one-time codes are drawn here, so tests can seed them and a
//! review finds every use.

use std::sync::Arc;

use rand::TryRng;
use rand::rngs::SysRng;

/// Where unpredictable bytes come from.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with unpredictable values.
    fn fill(&self, bytes: &mut [u8]);
}

/// A source that can be handed to every part that needs one.
pub type SharedEntropy = Arc<dyn Entropy>;

/// The operating system's cryptographically secure generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    #[expect(
        clippy::expect_used,
        reason = "without the system's generator no secret may be made: stopping is the only safe answer"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        SysRng.try_fill_bytes(bytes).expect("the operating system's random generator failed");
    }
}

/// An array of unpredictable bytes.
pub fn random<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes);
    bytes
}
