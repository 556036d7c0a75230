//! How the mails stand, in a word for each milestone: the card `Expiry notifications`.

use chrono_tz::Tz;

use crate::domain::calendar::{date, date_text};
use crate::domain::mail::kind::MailKind;
use crate::domain::mail::milestone::Milestone;
use crate::service::mails::{ListedMail, MailOverview, MailStatus};
use crate::web::pages::layout::Badge;
use crate::web::pages::layout::text::count;

/// The card.
pub(crate) struct MailCard {
    pub(crate) rows: Vec<MilestoneRow>,
    pub(crate) outgoing: OutgoingMail,
}

/// The mails about a milestone.
pub(crate) struct MilestoneRow {
    pub(crate) when: Milestone,
    pub(crate) date: String,
    pub(crate) badge: Badge,
}

/// Whether mails leave, in a sentence.
pub(crate) struct OutgoingMail {
    pub(crate) text: String,
    pub(crate) is_broken: bool,
    /// Whether the Notifications page says more about it.
    pub(crate) has_details: bool,
}

impl MailCard {
    /// The card; days are those of `zone`.
    pub(crate) fn new(overview: &MailOverview, zone: Tz) -> Self {
        let row = |milestone| {
            let mails = of_kind(overview, MailKind::Expiry(milestone));
            let first = mails.first()?;
            Some(MilestoneRow {
                when: milestone,
                date: date_text(date(first.due_at, zone)),
                badge: combined_badge(&mails),
            })
        };
        Self {
            rows: Milestone::ALL.into_iter().filter_map(row).collect(),
            outgoing: OutgoingMail::new(overview, zone),
        }
    }

    /// Whether every recipient was sent the mail about a milestone.
    pub(crate) fn is_sent(&self, when: Milestone) -> bool {
        self.rows.iter().any(|row| row.when == when && row.badge.tone == "success")
    }
}

/// The mails of a kind.
pub(crate) fn of_kind(overview: &MailOverview, kind: MailKind) -> Vec<&ListedMail> {
    overview.mails.iter().filter(|mail| mail.kind == kind).collect()
}

/// The badge of a mail to one recipient.
pub(crate) fn badge(status: &MailStatus) -> Badge {
    let (tone, icon) = match status {
        MailStatus::Planned => ("neutral", "clock"),
        MailStatus::ReachesNobody => ("attention", "alert"),
        MailStatus::Due | MailStatus::Sending => ("neutral", "sync"),
        MailStatus::Retrying { .. } => ("attention", "sync"),
        MailStatus::Sent { .. } => ("success", "check"),
        MailStatus::Written { .. } => ("attention", "log"),
        MailStatus::Failed { .. } => ("danger", "alert"),
        MailStatus::Superseded => ("neutral", "skip"),
        MailStatus::Cancelled => ("neutral", "circle-slash"),
    };
    Badge::new(tone, icon, status.word())
}

/// One badge for the mails to all recipients.
pub(crate) fn combined_badge(mails: &[&ListedMail]) -> Badge {
    let statuses = || mails.iter().map(|mail| &mail.status);
    let retrying = statuses().find(|status| matches!(status, MailStatus::Retrying { .. }));
    if let Some(open) = retrying.or_else(|| statuses().find(|status| status.is_open())) {
        return badge(open);
    }
    let to_come =
        |status: &&MailStatus| matches!(status, MailStatus::Planned | MailStatus::ReachesNobody);
    let number = |is: fn(&MailStatus) -> bool| statuses().filter(|status| is(status)).count();
    let sent = number(|status| matches!(status, MailStatus::Sent { .. }));
    let failed = number(|status| matches!(status, MailStatus::Failed { .. }));
    let superseded = number(|status| matches!(status, MailStatus::Superseded));
    let is_written = |status: &MailStatus| matches!(status, MailStatus::Written { .. });
    let written = statuses().find(|status| is_written(status));
    let total = mails.len() - number(|status| matches!(status, MailStatus::Cancelled));
    if total == 0 {
        badge(&MailStatus::Cancelled)
    } else if let Some(planned) = statuses().find(to_come) {
        badge(planned)
    } else if let Some(written) = written.filter(|_| number(is_written) == total) {
        badge(written)
    } else if sent == total {
        Badge::new("success", "check", format!("Sent {sent} of {total}"))
    } else if sent == 0 && failed == 0 && superseded > 0 {
        badge(&MailStatus::Superseded)
    } else if sent == 0 {
        Badge::new("danger", "x", "Not sent")
    } else {
        Badge::new("danger", "alert", format!("Sent {sent} of {total}"))
    }
}

impl OutgoingMail {
    pub(crate) fn new(overview: &MailOverview, zone: Tz) -> Self {
        let on = |at| date_text(date(at, zone));
        let health = &overview.banner.health;
        if health.directory.is_some() {
            let text = "Outgoing mail is not set up. Nobody will be notified.";
            return Self { text: text.to_owned(), is_broken: true, has_details: false };
        }
        let failures = overview.mails.iter().filter_map(|mail| match mail.status {
            MailStatus::Failed { at, .. } => Some(at),
            _ => None,
        });
        if let Some(last) = failures.clone().max() {
            let text = format!("{} failed on {}.", count_mails(failures.count()), on(last));
            return Self { text, is_broken: true, has_details: true };
        }
        let statuses = overview.mails.iter().map(|mail| &mail.status);
        let retrying =
            statuses.filter(|status| matches!(status, MailStatus::Retrying { .. })).count();
        if retrying > 0 {
            let verb = if retrying == 1 { "is" } else { "are" };
            let text = format!("{} {verb} being tried again.", count_mails(retrying));
            return Self { text, is_broken: true, has_details: true };
        }
        let (text, is_broken) = match (health.last.sent_at, health.last.failed_at) {
            (sent, Some(failed)) if sent <= Some(failed) => {
                (format!("The last mail failed on {}.", on(failed)), true)
            }
            (Some(sent), _) => (format!("Outgoing mail works. Last sent {}.", on(sent)), false),
            (None, _) => ("Outgoing mail has not been tested.".to_owned(), false),
        };
        Self { text, is_broken, has_details: false }
    }
}

fn count_mails(number: usize) -> String {
    count(i64::try_from(number).unwrap_or(i64::MAX), "mail")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::mail::recipient::Recipient;

    fn mail(status: MailStatus) -> ListedMail {
        ListedMail {
            kind: MailKind::Expiry(Milestone::OnTheDay),
            recipient: Recipient::stored(None, "ada@example.com".to_owned()),
            name: None,
            address: "ada@example.com".to_owned(),
            due_at: chrono::DateTime::UNIX_EPOCH,
            status,
        }
    }

    #[test]
    fn one_badge_tells_how_the_mails_to_all_recipients_stand() {
        let at = chrono::DateTime::UNIX_EPOCH;
        let answer = || "450 later".to_owned();
        let sent = || MailStatus::Sent { at };
        let written = || MailStatus::Written { at, sentence: String::new() };
        let failed = || MailStatus::Failed { at, answer: answer() };
        let retrying = || MailStatus::Retrying { answer: answer(), next_try_at: at };
        for (statuses, text) in [
            (vec![MailStatus::Planned, MailStatus::Planned], "Scheduled"),
            (vec![MailStatus::Due, MailStatus::Due], "Sending"),
            (vec![sent(), MailStatus::Sending], "Sending"),
            (vec![sent(), retrying()], "Retrying"),
            (vec![sent(), sent(), sent()], "Sent 3 of 3"),
            (vec![sent(), failed(), sent()], "Sent 2 of 3"),
            (vec![sent(), MailStatus::Superseded], "Sent 1 of 2"),
            (vec![sent(), MailStatus::Cancelled], "Sent 1 of 1"),
            (vec![failed(), failed()], "Not sent"),
            (vec![MailStatus::Superseded, MailStatus::Superseded], "Superseded"),
            (vec![MailStatus::Cancelled], "Cancelled"),
            (vec![written(), written()], "Written to a file"),
            (vec![sent(), written()], "Sent 1 of 2"),
            (vec![MailStatus::ReachesNobody, MailStatus::ReachesNobody], "Will reach nobody"),
        ] {
            let mails: Vec<ListedMail> = statuses.into_iter().map(mail).collect();

            assert_eq!(combined_badge(&mails.iter().collect::<Vec<_>>()).text, text);
        }
    }
}
