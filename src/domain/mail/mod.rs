//! A mail to one recipient, from the moment it is due to the mail server's last word.
//!
//! Whoever sends claims the mail first and confirms it afterwards, and no transaction is open in
//! between: a crash after the server took the mail costs one duplicate, never a missing mail.

pub mod milestone;

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};

use self::milestone::Milestone;
use super::admin::person::{AdminId, EmailAddress};
use super::token::secret::TokenId;

/// How long a claim holds. Longer than sending one mail can take, so only the claim of an instance
/// that is gone runs out.
const LEASE: TimeDelta = TimeDelta::minutes(5);
/// The first delay before a mail is tried again; each further one is twice as long.
const FIRST_DELAY: TimeDelta = TimeDelta::minutes(1);
/// The longest delay before a mail is tried again.
const LONGEST_DELAY: TimeDelta = TimeDelta::hours(6);
/// How long a mail is tried that no later one supersedes.
const PATIENCE: TimeDelta = TimeDelta::days(7);
/// How often it is tried at least, also if the clock jumped or scimward was down meanwhile.
const LEAST_ATTEMPTS: u64 = 10;

/// What a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Occasion {
    /// The token expires or has expired.
    Expiry(Milestone),
    /// A token was generated.
    Generated,
    /// The identity provider still presents the token that was replaced.
    StillUsed,
    /// Somebody is invited to become a Server Admin.
    Invitation,
    /// Somebody wants to know whether mails arrive.
    Test,
}

/// The text names no occasion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such kind of mail")]
pub struct UnknownOccasion;

impl Occasion {
    /// Every occasion.
    pub const ALL: [Self; 8] = [
        Self::Expiry(Milestone::FifteenDaysBefore),
        Self::Expiry(Milestone::OneDayBefore),
        Self::Expiry(Milestone::OnTheDay),
        Self::Expiry(Milestone::OneDayAfter),
        Self::Generated,
        Self::StillUsed,
        Self::Invitation,
        Self::Test,
    ];

    /// The stored form, which is also a part of the `Message-ID` and the subject of an activity.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expiry(milestone) => milestone.as_str(),
            Self::Generated => "generated",
            Self::StillUsed => "still-used",
            Self::Invitation => "invitation",
            Self::Test => "test",
        }
    }

    /// The milestone, if it is one.
    pub const fn milestone(self) -> Option<Milestone> {
        match self {
            Self::Expiry(milestone) => Some(milestone),
            _ => None,
        }
    }

    /// The mail's name in a sentence: `15-day expiry mail`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expiry(Milestone::FifteenDaysBefore) => "15-day expiry mail",
            Self::Expiry(Milestone::OneDayBefore) => "1-day expiry mail",
            Self::Expiry(Milestone::OnTheDay) => "Expiry-day mail",
            Self::Expiry(Milestone::OneDayAfter) => "After-expiry mail",
            Self::Generated => "Security mail",
            Self::StillUsed => "Mail about the replaced token",
            Self::Invitation => "Invitation",
            Self::Test => "Test mail",
        }
    }
}

impl FromStr for Occasion {
    type Err = UnknownOccasion;

    fn from_str(text: &str) -> Result<Self, UnknownOccasion> {
        Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or(UnknownOccasion)
    }
}

impl fmt::Display for Occasion {
    /// Writes what pages and commands call it in a list: `15 days before`, `Token generated`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expiry(milestone) => milestone.fmt(f),
            Self::Generated => f.write_str("Token generated"),
            Self::StillUsed => f.write_str("Replaced token still used"),
            Self::Invitation => f.write_str("Invitation"),
            Self::Test => f.write_str("Test mail"),
        }
    }
}

/// The key of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MailId(pub i64);

/// Who gets a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The Server Admin; nobody for an address from the configuration or an invitation.
    pub admin: Option<AdminId>,
    /// The address.
    pub address: EmailAddress,
}

/// A mail to one recipient as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The key.
    pub id: MailId,
    /// What it is about.
    pub occasion: Occasion,
    /// The token it is about.
    pub token: Option<TokenId>,
    /// Who gets it; the address is the one that was used last.
    pub recipient: Recipient,
    /// From when on it was to be sent.
    pub due_at: DateTime<Utc>,
    /// How often sending it was begun; tells a claim from a later one.
    pub attempts: u64,
    /// Who sends it now began at this instant.
    pub claimed_at: Option<DateTime<Utc>>,
    /// When it was tried for the first time.
    pub first_tried_at: Option<DateTime<Utc>>,
    /// How it stands.
    pub outcome: Outcome,
}

/// What has become of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was not tried yet.
    Waiting,
    /// It could not be delivered for now.
    Retrying {
        /// When it was tried last.
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
    /// It was refused for good or tried for too long.
    Failed {
        /// When.
        at: DateTime<Utc>,
        /// What the mail server answered.
        answer: String,
    },
}

impl Mail {
    /// Whether somebody is sending it at `now`.
    ///
    /// The clocks of two instances may differ and one may be set back, so a claim also holds when it
    /// seems to begin a little later than now; one that seems to begin much later is void.
    pub fn is_claimed(&self, now: DateTime<Utc>) -> bool {
        self.claimed_at.is_some_and(|at| is_near(at, now))
    }

    /// Whether it may be sent at `now`; `impatiently` sends without waiting for the next try.
    pub fn may_be_tried(&self, now: DateTime<Utc>, impatiently: bool) -> bool {
        let waited = match &self.outcome {
            Outcome::Waiting => true,
            // A try that lies far ahead was made while the clock was wrong.
            Outcome::Retrying { tried_at, next_try_at, .. } => {
                impatiently || now >= *next_try_at || *tried_at > now + LEASE
            }
            Outcome::Sent { .. } | Outcome::Failed { .. } => false,
        };
        waited && !self.is_claimed(now)
    }

    /// What becomes of it after a failed try at `now` that may succeed later.
    pub fn after_failure(&self, answer: String, now: DateTime<Utc>) -> Outcome {
        let next_try_at = now + delay(self.attempts);
        let first = self.first_tried_at.unwrap_or(now);
        let was_patient = next_try_at - first >= PATIENCE && self.attempts >= LEAST_ATTEMPTS;
        if self.is_superseded_some_day() || !was_patient {
            Outcome::Retrying { tried_at: now, next_try_at, answer }
        } else {
            Outcome::Failed { at: now, answer }
        }
    }

    fn is_superseded_some_day(&self) -> bool {
        self.occasion.milestone().is_some_and(|milestone| milestone.next().is_some())
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
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-12-04T09:00:00Z".parse().unwrap()
    }

    fn mail(occasion: Occasion, outcome: Outcome) -> Mail {
        let address = "ada@example.com".parse().unwrap();
        Mail {
            id: MailId(1),
            occasion,
            token: None,
            recipient: Recipient { admin: None, address },
            due_at: now(),
            attempts: 1,
            claimed_at: None,
            first_tried_at: Some(now()),
            outcome,
        }
    }

    fn retrying(tried_at: DateTime<Utc>, next_try_at: DateTime<Utc>) -> Outcome {
        Outcome::Retrying { tried_at, next_try_at, answer: "450 later".to_owned() }
    }

    #[test]
    fn every_occasion_is_read_back_from_its_stored_form() {
        for occasion in Occasion::ALL {
            assert_eq!(occasion.as_str().parse(), Ok(occasion));
        }
        assert_eq!("".parse::<Occasion>(), Err(UnknownOccasion));
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
            let mut mail = mail(Occasion::Generated, Outcome::Waiting);
            mail.claimed_at = Some(claimed_at);

            assert_eq!(mail.is_claimed(now()), claimed, "{claimed_at}");
            assert_eq!(mail.may_be_tried(now(), true), !claimed, "{claimed_at}");
        }
    }

    #[test]
    fn a_mail_waits_for_its_next_try_unless_the_clock_was_wrong() {
        let minute = TimeDelta::minutes(1);
        for (tried_at, next_try_at, patiently) in [
            (now() - minute, now() + minute, false),
            (now() - minute, now(), true),
            (now() - minute, now() - minute, true),
            (now() + minute, now() + minute * 2, false),
            (now() + TimeDelta::days(20), now() + TimeDelta::days(20), true),
        ] {
            let mail = mail(Occasion::Generated, retrying(tried_at, next_try_at));

            assert_eq!(mail.may_be_tried(now(), false), patiently, "{tried_at} {next_try_at}");
            assert!(mail.may_be_tried(now(), true));
        }
        let sent = Outcome::Sent { at: now(), answer: String::new() };
        assert!(!mail(Occasion::Generated, sent).may_be_tried(now(), true));
    }

    #[test]
    fn a_mail_that_nothing_supersedes_is_tried_for_seven_days() {
        let last = Occasion::Expiry(Milestone::OneDayAfter);
        let first = Occasion::Expiry(Milestone::FifteenDaysBefore);
        for (occasion, days, attempts, given_up) in [
            (last, 6, 30, false),
            (last, 7, 30, true),
            (last, 7, 9, false),
            (first, 10, 30, false),
            (Occasion::Generated, 7, 30, true),
        ] {
            let mut mail = mail(occasion, Outcome::Waiting);
            mail.attempts = attempts;

            let later = now() + TimeDelta::days(days);
            let outcome = mail.after_failure("450 later".to_owned(), later);

            assert_eq!(matches!(outcome, Outcome::Failed { .. }), given_up, "{occasion} {days}");
        }
    }
}
