//! How the mails stand, in a word for each milestone: the card `Expiry notifications`.

use chrono_tz::Tz;

use crate::domain::calendar::{date, date_text};
use crate::domain::mail::Occasion;
use crate::domain::mail::milestone::Milestone;
use crate::service::mails::{Entry, Overview, State};
use crate::web::pages::layout::Badge;
use crate::web::pages::layout::text::count;

/// The card.
pub(crate) struct MailCard {
    pub(crate) rows: Vec<Row>,
    pub(crate) outgoing: Outgoing,
}

/// A milestone.
pub(crate) struct Row {
    pub(crate) when: Milestone,
    pub(crate) date: String,
    pub(crate) badge: Badge,
}

/// Whether mails leave.
pub(crate) struct Outgoing {
    pub(crate) text: String,
    pub(crate) is_broken: bool,
    pub(crate) has_details: bool,
}

impl MailCard {
    /// The card; days are those of `zone`.
    pub(crate) fn new(overview: &Overview, zone: Tz) -> Self {
        let row = |milestone| {
            let entries = about(overview, Occasion::Expiry(milestone));
            let first = entries.first()?;
            Some(Row {
                when: milestone,
                date: date_text(date(first.due_at, zone)),
                badge: summary(&entries),
            })
        };
        Self {
            rows: Milestone::ALL.into_iter().filter_map(row).collect(),
            outgoing: Outgoing::new(overview, zone),
        }
    }

    /// Whether every recipient was sent the mail about a milestone.
    pub(crate) fn is_sent(&self, when: Milestone) -> bool {
        self.rows.iter().any(|row| row.when == when && row.badge.tone == "success")
    }
}

/// The mails about an occasion.
pub(crate) fn about(overview: &Overview, occasion: Occasion) -> Vec<&Entry> {
    overview.entries.iter().filter(|entry| entry.occasion == occasion).collect()
}

/// One badge for the mails to all recipients.
pub(crate) fn summary(entries: &[&Entry]) -> Badge {
    let number = |is: fn(&State) -> bool| entries.iter().filter(|entry| is(&entry.state)).count();
    let sent = number(|state| matches!(state, State::Sent { .. }));
    let failed = number(|state| matches!(state, State::Failed { .. }));
    let superseded = number(|state| matches!(state, State::Superseded));
    let total = entries.len() - number(|state| matches!(state, State::Cancelled));
    if number(|state| matches!(state, State::Retrying { .. })) > 0 {
        Badge::new("attention", "sync", "Retrying")
    } else if number(State::is_open) > 0 {
        Badge::new("neutral", "sync", "Sending")
    } else if total == 0 {
        Badge::new("neutral", "circle-slash", "Cancelled")
    } else if number(|state| matches!(state, State::Planned)) > 0 {
        Badge::new("neutral", "clock", "Scheduled")
    } else if sent == total {
        Badge::new("success", "check", format!("Sent {sent} of {total}"))
    } else if sent == 0 && failed == 0 && superseded > 0 {
        Badge::new("neutral", "skip", "Superseded")
    } else if sent == 0 {
        Badge::new("danger", "x", "Not sent")
    } else {
        Badge::new("danger", "alert", format!("Sent {sent} of {total}"))
    }
}

impl Outgoing {
    /// Whether mails leave, in a sentence.
    pub(crate) fn new(overview: &Overview, zone: Tz) -> Self {
        let health = &overview.banner.health;
        let failures = overview.entries.iter().filter_map(|entry| match entry.state {
            State::Failed { at, .. } => Some(at),
            _ => None,
        });
        let failures: Vec<_> = failures.collect();
        let retrying =
            overview.entries.iter().filter(|e| matches!(e.state, State::Retrying { .. }));
        let retrying = i64::try_from(retrying.count()).unwrap_or(i64::MAX);
        let on = |at| date_text(date(at, zone));
        if health.directory.is_some() {
            let text = "Outgoing mail is not set up. Nobody will be notified.";
            return Self { text: text.to_owned(), is_broken: true, has_details: false };
        }
        if let Some(last) = failures.iter().max() {
            let number = i64::try_from(failures.len()).unwrap_or(i64::MAX);
            let text = format!("{} failed on {}.", count(number, "mail"), on(*last));
            return Self { text, is_broken: true, has_details: true };
        }
        if retrying > 0 {
            let verb = if retrying == 1 { "is" } else { "are" };
            let text = format!("{} {verb} being tried again.", count(retrying, "mail"));
            return Self { text, is_broken: true, has_details: true };
        }
        let last = health.last;
        let (text, is_broken) = match (last.sent_at, last.failed_at) {
            (sent, Some(failed)) if sent <= Some(failed) => {
                (format!("The last mail failed on {}.", on(failed)), true)
            }
            (Some(sent), _) => (format!("Outgoing mail works. Last sent {}.", on(sent)), false),
            (None, _) => ("Outgoing mail has not been tested.".to_owned(), false),
        };
        Self { text, is_broken, has_details: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(state: State) -> Entry {
        Entry {
            occasion: Occasion::Expiry(Milestone::OnTheDay),
            name: None,
            address: "ada@example.com".to_owned(),
            due_at: chrono::DateTime::UNIX_EPOCH,
            state,
        }
    }

    #[test]
    fn one_badge_tells_how_the_mails_to_all_recipients_stand() {
        let at = chrono::DateTime::UNIX_EPOCH;
        let answer = || "450 later".to_owned();
        let sent = || State::Sent { at };
        let failed = || State::Failed { at, answer: answer() };
        let retrying = || State::Retrying { answer: answer(), next_try_at: at };
        for (states, text) in [
            (vec![State::Planned, State::Planned], "Scheduled"),
            (vec![State::Due, State::Due], "Sending"),
            (vec![sent(), State::Sending], "Sending"),
            (vec![sent(), retrying()], "Retrying"),
            (vec![sent(), sent(), sent()], "Sent 3 of 3"),
            (vec![sent(), failed(), sent()], "Sent 2 of 3"),
            (vec![sent(), State::Superseded], "Sent 1 of 2"),
            (vec![sent(), State::Cancelled], "Sent 1 of 1"),
            (vec![failed(), failed()], "Not sent"),
            (vec![State::Superseded, State::Superseded], "Superseded"),
            (vec![State::Cancelled], "Cancelled"),
        ] {
            let entries: Vec<Entry> = states.into_iter().map(entry).collect();

            assert_eq!(summary(&entries.iter().collect::<Vec<_>>()).text, text);
        }
    }
}
