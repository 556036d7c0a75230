//! The loop behind [`crate::service::mails`]: when, not what.
//!
//! It wakes by real time and lets the service decide by the clock, so a jump of the machine's date
//! is noticed within a minute.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::service::Failure;
use crate::service::mails::{Mails, Pass, Report};

const EVERY: Duration = Duration::from_mins(1);
/// How long the mail in hand may still take when the server stops. After that its claim is left to
/// run out, and another instance or the next start sends it.
const GRACE: Duration = Duration::from_secs(10);

/// Runs until `stop` ends and the mail in hand is sent.
pub async fn run(notices: Mails, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    let mut minutes = tokio::time::interval(EVERY);
    minutes.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let stopping = AtomicBool::new(false);
    let mut told_nobody = false;
    loop {
        tokio::select! {
            () = &mut stop => return,
            _ = minutes.tick() => {}
            () = notices.wait_for_mail() => {}
        }
        let mut pass =
            Box::pin(notices.run_once(Pass::Scheduled, || stopping.load(Ordering::Relaxed)));
        tokio::select! {
            result = &mut pass => report(&result, &mut told_nobody),
            () = &mut stop => {
                stopping.store(true, Ordering::Relaxed);
                if let Ok(result) = tokio::time::timeout(GRACE, pass).await {
                    report(&result, &mut told_nobody);
                } else {
                    tracing::warn!("stopped while the mail server was silent");
                }
                return;
            }
        }
    }
}

fn report(result: &Result<Report, Failure>, told_nobody: &mut bool) {
    match result {
        Ok(report) => {
            let Report { due, sent, failed, left, nobody_to_tell } = *report;
            if due > 0 {
                tracing::info!(due, sent, failed, left, "mails");
            }
            if nobody_to_tell && !*told_nobody {
                tracing::error!(
                    "the expiry of the SCIM token is to be told, and there is no active Server Admin"
                );
            }
            *told_nobody = nobody_to_tell;
        }
        Err(error) => {
            tracing::warn!(%error, "mails could not be sent; it is tried again in a minute");
        }
    }
}
