//! The card `Expiry notifications`: how the mails about the token stand, milestone by milestone.

use chrono_tz::Tz;

use super::shell::Badge;
use super::time::utc_date;
use crate::domain::calendar;
use crate::domain::milestone::Milestone;
use crate::domain::notice::Occasion;
use crate::service::notices::{Entry, Health, Overview, State};

/// The card.
pub(super) struct MailCard {
    /// Nothing when there is no token to be warned about.
    pub(super) rows: Vec<Row>,
    /// How mails fare.
    pub(super) health: &'static str,
    /// The colour of that.
    pub(super) tone: &'static str,
    /// When a mail was accepted or failed last.
    pub(super) last: String,
    /// Whether there is something to read about failures.
    pub(super) has_failed: bool,
}

/// A milestone.
pub(super) struct Row {
    pub(super) when: Milestone,
    /// In the configured zone.
    pub(super) date: String,
    pub(super) badge: Badge,
}

impl MailCard {
    /// The card of an overview.
    pub(super) fn new(overview: &Overview, zone: Tz) -> Self {
        let is_live = overview.token.as_ref().is_some_and(|token| token.revocation.is_none());
        let rows = Milestone::ALL.into_iter().filter_map(|when| row(when, overview, zone));
        let (health, tone) = health(&overview.health);
        Self {
            rows: rows.filter(|_| is_live).collect(),
            health,
            tone,
            last: last(&overview.health),
            has_failed: has_failed(&overview.health),
        }
    }

    /// Whether every recipient was sent the mail about a milestone.
    pub(super) fn is_sent(&self, when: Milestone) -> bool {
        self.rows.iter().any(|row| row.when == when && row.badge.tone == "success")
    }
}

fn row(when: Milestone, overview: &Overview, zone: Tz) -> Option<Row> {
    let of = |entry: &&Entry| entry.occasion == Occasion::Expiry(when);
    let entries: Vec<&Entry> = overview.entries.iter().filter(of).collect();
    let due_at = entries.first()?.due_at;
    let states: Vec<&State> = entries.into_iter().map(|entry| &entry.state).collect();
    let date = calendar::date_text(calendar::date(due_at, zone));
    Some(Row { when, date, badge: badge(&states) })
}

/// One word for the mails to all recipients.
fn badge(states: &[&State]) -> Badge {
    let count = |is: fn(&State) -> bool| states.iter().filter(|state| is(state)).count();
    let sent = count(|state| matches!(state, State::Sent { .. }));
    let failed = count(|state| matches!(state, State::Failed { .. }));
    let of = format!("Sent {sent} of {}", sent + failed);
    if count(State::is_open) > 0 {
        Badge::new("neutral", "sync", "Sending")
    } else if sent > 0 && failed == 0 {
        Badge::new("success", "check", of)
    } else if sent > 0 {
        Badge::new("danger", "alert", of)
    } else if failed > 0 {
        Badge::new("danger", "x", "Not sent")
    } else if count(|state| matches!(state, State::Planned)) > 0 {
        Badge::new("neutral", "clock", "Scheduled")
    } else if count(|state| matches!(state, State::Superseded)) > 0 {
        Badge::new("neutral", "skip", "Superseded")
    } else {
        Badge::new("neutral", "circle-slash", "Cancelled")
    }
}

fn health(health: &Health) -> (&'static str, &'static str) {
    if health.directory.is_some() {
        ("Outgoing mail is not set up. Nobody will be notified.", "danger")
    } else if health.reaches_nobody() {
        ("No active Server Admin can be reached by mail.", "danger")
    } else if has_failed(health) {
        ("A mail has failed.", "danger")
    } else if health.last.sent_at.is_some() {
        ("Outgoing mail works.", "")
    } else {
        ("Outgoing mail has not been tested.", "")
    }
}

/// Whether a mail has failed since one was accepted last.
fn has_failed(health: &Health) -> bool {
    health.directory.is_none() && health.last.failed_at > health.last.sent_at
}

fn last(health: &Health) -> String {
    match (health.last.sent_at, health.last.failed_at) {
        _ if health.directory.is_some() => String::new(),
        (sent, Some(failed)) if Some(failed) > sent => {
            format!("Last failed {}.", utc_date(failed))
        }
        (Some(sent), _) => format!("Last sent {}.", utc_date(sent)),
        (None, _) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_says_how_the_mails_of_a_milestone_stand() {
        let at = "2026-11-19T09:00:00Z".parse().unwrap();
        let sent = State::Sent { at };
        let failed = State::Failed { at, answer: "550 5.1.1".to_owned() };
        let retrying = State::Retrying { answer: "451".to_owned(), next_try_at: at };
        for (states, tone, text) in [
            (vec![&State::Planned, &State::Planned], "neutral", "Scheduled"),
            (vec![&sent, &State::Due], "neutral", "Sending"),
            (vec![&failed, &retrying], "neutral", "Sending"),
            (vec![&sent, &sent, &State::Cancelled], "success", "Sent 2 of 2"),
            (vec![&sent, &failed, &sent], "danger", "Sent 2 of 3"),
            (vec![&failed], "danger", "Not sent"),
            (vec![&State::Superseded, &State::Cancelled], "neutral", "Superseded"),
            (vec![&State::Cancelled], "neutral", "Cancelled"),
        ] {
            let badge = badge(&states);
            assert_eq!((badge.tone, &*badge.text), (tone, text), "{states:?}");
        }
    }
}
