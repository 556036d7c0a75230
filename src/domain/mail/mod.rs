//! A mail to one recipient, from the moment it is due to the mail server's final answer.
//!
//! A sender claims the mail first and confirms it afterwards, and no transaction is open in between:
//! a crash after the server accepted the mail costs one duplicate, never a missing mail.

pub mod about;
pub mod alert;
pub mod calendar_entry;
pub mod key;
pub mod kind;
pub mod milestone;
pub mod old_token;
pub mod passkey_alert;
pub mod recipient;
pub mod webhook_event;

use chrono::{DateTime, TimeDelta, Utc};

use self::about::About;
use self::kind::MailKind;
use self::recipient::Recipient;

/// How long a claim holds: longer than sending one mail can take, so only the claim of an instance
/// that is gone runs out.
const LEASE: TimeDelta = TimeDelta::minutes(5);
/// The first delay before a mail is tried again; each further one is twice as long.
const FIRST_DELAY: TimeDelta = TimeDelta::minutes(1);
/// The longest delay before a mail is tried again.
const LONGEST_DELAY: TimeDelta = TimeDelta::hours(6);
/// How long a mail is tried that no later one supersedes.
const LAST_MAIL_PERIOD: TimeDelta = TimeDelta::days(7);
/// How often it is tried at least, even if the clock jumped or scimward was down meanwhile.
const MIN_ATTEMPTS: u64 = 10;

/// The key of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MailId(pub i64);

/// A mail to one recipient as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The key.
    pub id: MailId,
    /// What it says.
    pub kind: MailKind,
    /// About what.
    pub about: About,
    /// Who gets it, with the address that was used last.
    pub recipient: Recipient,
    /// When it became due.
    pub due_at: DateTime<Utc>,
    /// How often sending it has begun; tells one claim from the next.
    pub attempts: u64,
    /// When the instance that is sending it claimed it.
    pub claimed_at: Option<DateTime<Utc>>,
    /// When it was first tried.
    pub first_tried_at: Option<DateTime<Utc>>,
    /// What has become of it.
    pub state: MailState,
}

/// What has become of a mail, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailState {
    /// It has not been tried.
    Waiting,
    /// The last try failed and another one follows.
    Retrying {
        /// When it was last tried.
        tried_at: DateTime<Utc>,
        /// When it is tried again.
        next_try_at: DateTime<Utc>,
        /// What the mail server answered, or what kept it from answering.
        answer: String,
    },
    /// The mail server accepted it.
    Sent {
        /// When.
        at: DateTime<Utc>,
        /// What the mail server answered.
        answer: String,
    },
    /// It was refused permanently or tried for too long.
    Failed {
        /// When.
        at: DateTime<Utc>,
        /// What the mail server answered.
        answer: String,
    },
}

/// Which mails that failed before are tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Those whose next try is due.
    WhenDue,
    /// All of them: somebody asked for it.
    Now,
}

impl Mail {
    /// Whether an instance is sending it at `now`.
    ///
    /// The clocks of two instances may differ and one may be set back, so a claim also holds when it
    /// seems to begin a little later than now; one that seems to begin much later is void.
    pub fn is_claimed(&self, now: DateTime<Utc>) -> bool {
        self.claimed_at.is_some_and(|at| is_near(at, now))
    }

    /// Whether it may be sent at `now`.
    pub fn may_be_tried(&self, now: DateTime<Utc>, retry: Retry) -> bool {
        let is_its_turn = match &self.state {
            MailState::Waiting => true,
            // A try that lies far ahead was made while the clock was wrong.
            MailState::Retrying { tried_at, next_try_at, .. } => {
                retry == Retry::Now || now >= *next_try_at || *tried_at > now + LEASE
            }
            MailState::Sent { .. } | MailState::Failed { .. } => false,
        };
        is_its_turn && !self.is_claimed(now)
    }

    /// What becomes of it after a try at `now` that failed for a transient reason. `wait` is how long
    /// the other side wants to be left alone, if it says so.
    pub fn after_failure(
        &self,
        answer: String,
        now: DateTime<Utc>,
        wait: Option<TimeDelta>,
    ) -> MailState {
        let next_try_at = now + wait.unwrap_or_else(|| delay(self.attempts));
        let first = self.first_tried_at.unwrap_or(now);
        let was_tried_enough =
            next_try_at - first >= LAST_MAIL_PERIOD && self.attempts >= MIN_ATTEMPTS;
        if self.will_be_superseded() || !was_tried_enough {
            MailState::Retrying { tried_at: now, next_try_at, answer }
        } else {
            MailState::Failed { at: now, answer }
        }
    }

    fn will_be_superseded(&self) -> bool {
        self.kind.milestone().is_some_and(|milestone| milestone.next().is_some())
    }
}

fn is_near(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    (now - at).abs() < LEASE
}

/// How long to wait after the given number of failed tries: 1 minute, then twice as long each time,
/// at most 6 hours.
fn delay(attempts: u64) -> TimeDelta {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(u32::MAX).min(16);
    (FIRST_DELAY * (1 << doublings)).min(LONGEST_DELAY)
}

#[cfg(test)]
mod tests {
    use super::milestone::Milestone;
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-12-04T09:00:00Z".parse().unwrap()
    }

    fn mail(kind: MailKind, state: MailState) -> Mail {
        let address = "ada@example.com".parse().unwrap();
        Mail {
            id: MailId(1),
            kind,
            about: About::Request,
            recipient: Recipient::Address(address),
            due_at: now(),
            attempts: 1,
            claimed_at: None,
            first_tried_at: Some(now()),
            state,
        }
    }

    fn retrying(tried_at: DateTime<Utc>, next_try_at: DateTime<Utc>) -> MailState {
        MailState::Retrying { tried_at, next_try_at, answer: "450 later".to_owned() }
    }

    #[test]
    fn delays_grow_from_a_minute_to_six_hours() {
        for (attempts, minutes) in
            [(0, 1), (1, 1), (2, 2), (3, 4), (9, 256), (10, 360), (11, 360), (u64::MAX, 360)]
        {
            assert_eq!(delay(attempts), TimeDelta::minutes(minutes), "{attempts}");
        }
    }

    #[test]
    fn a_claim_holds_until_its_lease_runs_out_whichever_way_the_clock_moves() {
        let second = TimeDelta::seconds(1);
        for (claimed_at, claimed) in [
            (now(), true),
            (now() - LEASE + second, true),
            (now() - LEASE, false),
            (now() + second, true),
            (now() + LEASE, false),
            (now() + TimeDelta::days(20), false),
        ] {
            let mut mail = mail(MailKind::Generated, MailState::Waiting);
            mail.claimed_at = Some(claimed_at);

            assert_eq!(mail.is_claimed(now()), claimed, "{claimed_at}");
            assert_eq!(mail.may_be_tried(now(), Retry::Now), !claimed, "{claimed_at}");
        }
    }

    #[test]
    fn a_mail_waits_for_its_next_try_unless_the_clock_was_wrong() {
        let minute = TimeDelta::minutes(1);
        for (tried_at, next_try_at, when_due) in [
            (now() - minute, now() + minute, false),
            (now() - minute, now(), true),
            (now() - minute, now() - minute, true),
            (now() + minute, now() + minute * 2, false),
            (now() + TimeDelta::days(20), now() + TimeDelta::days(20), true),
        ] {
            let mail = mail(MailKind::Generated, retrying(tried_at, next_try_at));

            assert_eq!(
                mail.may_be_tried(now(), Retry::WhenDue),
                when_due,
                "{tried_at} {next_try_at}"
            );
            assert!(mail.may_be_tried(now(), Retry::Now));
        }
        let sent = MailState::Sent { at: now(), answer: String::new() };
        assert!(!mail(MailKind::Generated, sent).may_be_tried(now(), Retry::Now));
    }

    #[test]
    fn a_mail_that_nothing_supersedes_is_tried_for_seven_days() {
        let last = MailKind::Expiry(Milestone::OneDayAfter);
        let first = MailKind::Expiry(Milestone::FifteenDaysBefore);
        for (kind, days, attempts, given_up) in [
            (last, 6, 30, false),
            (last, 7, 30, true),
            (last, 7, 9, false),
            (first, 10, 30, false),
            (MailKind::Generated, 7, 30, true),
        ] {
            let mut mail = mail(kind, MailState::Waiting);
            mail.attempts = attempts;

            let later = now() + TimeDelta::days(days);
            let state = mail.after_failure("450 later".to_owned(), later, None);

            assert_eq!(matches!(state, MailState::Failed { .. }), given_up, "{kind} {days}");
        }
    }
}
