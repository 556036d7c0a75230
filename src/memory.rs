//! Gives memory back after a rush.
//!
//! The allocator (`src/main.rs`) keeps what was freed, in case it is wanted again. A thread looks at
//! its own part while it allocates, and the parts of all are returned when a thread ends. On a
//! server that has become idle neither happens.

use std::convert::Infallible;
use std::hint::black_box;
use std::thread;
use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval};

/// How often a thread looks at its own part: a little at a time, so that no request waits for it.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Allocations of one look. The allocator goes through a thread's part once in 10,000.
const ALLOCATIONS: usize = 2_000;
/// What is smaller is allocated without looking at anything.
const LARGE: usize = 2 << 10;
/// How often a thread ends.
const RETURN_EVERY: Duration = Duration::from_secs(5);

/// Lets the current thread free what nobody uses, as long as this is awaited.
pub(crate) async fn look() -> Infallible {
    let mut ticks = ticks(LOOK_EVERY);
    loop {
        ticks.tick().await;
        for _ in 0..ALLOCATIONS {
            allocate();
        }
    }
}

/// Returns to the system what all threads have freed, as long as this is awaited.
pub(crate) async fn give_back() -> Infallible {
    let mut ticks = ticks(RETURN_EVERY);
    loop {
        ticks.tick().await;
        // Where no thread can be started it is tried again.
        let _ = thread::Builder::new().name("memory".to_owned()).spawn(allocate);
    }
}

fn allocate() {
    drop(black_box(Vec::<u8>::with_capacity(LARGE)));
}

fn ticks(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
