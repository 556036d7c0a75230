//! Gives memory back after a rush.
//!
//! The allocator keeps what was freed for a second, in case it is wanted again, and looks at it
//! only when something else is freed. On a server that has become idle nothing is.

use std::hint::black_box;
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(5);
/// Too large for the allocator to keep at hand, and small enough to be wiped at no cost.
const LARGE: usize = 512 << 10;

/// Frees something from time to time until `stop` ends.
pub(super) async fn run(stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = &mut stop => return,
            _ = ticks.tick() => drop(black_box(Vec::<u8>::with_capacity(LARGE))),
        }
    }
}
