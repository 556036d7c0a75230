//! The only reader of the wall clock.
//!
//! An operation asks once and hands the instant down, so no decision rests on two instants. Tests
//! put in a clock of their own and advance it.

use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// The present instant, in whole seconds: what is stored and what is compared never differ by
    /// a fraction.
    fn now(&self) -> DateTime<Utc>;
}

/// A clock that can be handed to every part that needs one.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that may ask for the time")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(0)
    }
}
