//! The loop behind [`crate::service::upkeep`]: when, not what.
//!
//! It wakes by real time and lets the service decide by the clock, so a jump of the machine's date
//! is noticed within a minute.

use std::time::Duration;

use tokio::time::Instant;

use crate::service::upkeep::Upkeep;

const EVERY: Duration = Duration::from_mins(1);
/// What is written at once waits for so long: some clients ask without a token first, and with it
/// right afterwards.
const GATHERING: Duration = Duration::from_millis(250);

/// Runs until `stop` ends, then writes what is still kept in memory.
pub(super) async fn run(upkeep: Upkeep, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    let mut minutes = tokio::time::interval_at(Instant::now() + EVERY, EVERY);
    minutes.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let done = tokio::select! {
            () = &mut stop => break,
            _ = minutes.tick() => upkeep.run_once().await,
            () = upkeep.wake() => {
                tokio::time::sleep(GATHERING).await;
                upkeep.write_urgent().await
            }
        };
        if let Err(error) = done {
            tracing::warn!(%error, "upkeep failed; it is tried again in a minute");
        }
    }
    if let Err(error) = upkeep.write_usage().await {
        tracing::error!(%error, "the last uses of the token could not be written");
    }
}
