//! The loops behind [`crate::service::mails`], one for each turn: when, not what.
//!
//! They wake by real time and let the service decide by the clock, so a jump of the machine's date
//! is noticed within a minute.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::service::Failure;
use crate::service::mails::{Mails, SendReport, Turn};

const EVERY: Duration = Duration::from_mins(1);
/// How long the current mail may still take when the server stops. After that its claim runs out,
/// and another instance or the next start sends it.
const GRACE: Duration = Duration::from_secs(6);

/// Runs until `stop` ends and the current mail is sent.
pub async fn run(mails: Mails, turn: Turn, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    let mut new_mail = mails.new_mail();
    let mut minutes = tokio::time::interval(EVERY);
    minutes.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let stopping = AtomicBool::new(false);
    let mut has_warned = false;
    loop {
        tokio::select! {
            () = &mut stop => return,
            _ = minutes.tick() => {}
            Ok(()) = new_mail.changed() => {}
        }
        let mut sending = Box::pin(mails.take_turn(&turn, || stopping.load(Ordering::Relaxed)));
        tokio::select! {
            result = &mut sending => report(&result, &turn, &mut has_warned),
            () = &mut stop => {
                stopping.store(true, Ordering::Relaxed);
                if let Ok(result) = tokio::time::timeout(GRACE, sending).await {
                    report(&result, &turn, &mut has_warned);
                } else {
                    tracing::warn!("stopped while a mail server or a webhook was silent");
                }
                return;
            }
        }
    }
}

fn report(result: &Result<SendReport, Failure>, turn: &Turn, has_warned: &mut bool) {
    match result {
        Ok(report) => {
            let SendReport { due, sent, failed, left, nobody_to_tell } = *report;
            if due > 0 {
                let what = if *turn == Turn::People { "mails" } else { "notices to a webhook" };
                tracing::info!(due, sent, failed, left, "{what}");
            }
            if nobody_to_tell && !*has_warned {
                tracing::error!("a mail is due, and there is no active Server Admin to get it");
            }
            *has_warned = nobody_to_tell;
        }
        Err(error) => {
            tracing::warn!(%error, "mails could not be sent; the next try is in a minute");
        }
    }
}
