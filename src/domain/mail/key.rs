//! Mails about API keys: that there is one that may replace the token, and that one will expire.

use std::fmt;

use super::milestone::{Milestone, Schedule};
use crate::domain::keys::{ApiKey, KeyStatus};
use chrono::{DateTime, Utc};

/// A mail about an API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyMail {
    /// A key that may replace the token was made: everybody gets it.
    Created,
    /// It expires in fifteen days: its maker gets it.
    FifteenDaysBefore,
    /// It expires tomorrow: its maker gets it.
    OneDayBefore,
}

impl KeyMail {
    /// The stored form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "api-key-created",
            Self::FifteenDaysBefore => "api-key-minus15",
            Self::OneDayBefore => "api-key-minus1",
        }
    }

    /// Its name in a sentence.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "Mail about a new API key",
            Self::FifteenDaysBefore => "15-day mail about an API key",
            Self::OneDayBefore => "1-day mail about an API key",
        }
    }

    /// The reminder about `key` that may go out at `now`, and since when. A key that does not work
    /// wants no reminder.
    pub fn due(
        key: &ApiKey,
        schedule: Schedule,
        now: DateTime<Utc>,
    ) -> Option<(Self, DateTime<Utc>)> {
        if key.status(now) != KeyStatus::Active {
            return None;
        }
        let reminders = [
            (Self::OneDayBefore, Milestone::OneDayBefore),
            (Self::FifteenDaysBefore, Milestone::FifteenDaysBefore),
        ];
        let at = |(mail, milestone)| (mail, schedule.due_at(milestone, key.expires_at));
        let mut reminders = reminders.into_iter().map(at);
        reminders.find(|(_, due_at)| *due_at <= now).filter(|(_, due_at)| *due_at > key.created_at)
    }
}

impl fmt::Display for KeyMail {
    /// Writes what pages and commands call it in a list.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Created => "API key created",
            Self::FifteenDaysBefore => "API key expires, 15 days before",
            Self::OneDayBefore => "API key expires, 1 day before",
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;
    use crate::domain::admin::actor::Actor;
    use crate::domain::keys::scope::Scope;
    use crate::domain::keys::secret::PlainKey;

    #[test]
    fn a_reminder_is_due_fifteen_days_and_one_day_before() {
        let at = |text: &str| text.parse().unwrap();
        let schedule = Schedule { zone: Tz::UTC, time: "09:00:00".parse().unwrap() };
        let key = ApiKey {
            id: PlainKey::generate(|bytes| bytes.fill(1)).id().clone(),
            digest: None,
            name: "Terraform".parse().unwrap(),
            scope: Scope::Read,
            created_at: at("2026-11-04T14:03:00Z"),
            created_by: Actor::CommandLine,
            maker_is_active: true,
            expires_at: at("2026-12-04T14:03:00Z"),
            revocation: None,
            last_use: None,
        };
        for (now, due) in [
            ("2026-11-19T08:59:59Z", None),
            ("2026-11-19T09:00:00Z", Some(KeyMail::FifteenDaysBefore)),
            ("2026-12-03T08:59:59Z", Some(KeyMail::FifteenDaysBefore)),
            ("2026-12-03T09:00:00Z", Some(KeyMail::OneDayBefore)),
            ("2026-12-04T14:02:59Z", Some(KeyMail::OneDayBefore)),
            ("2026-12-04T14:03:00Z", None),
        ] {
            let told = KeyMail::due(&key, schedule, at(now));
            assert_eq!(told.map(|(mail, _)| mail), due, "{now}");
        }
        let stopped = ApiKey { maker_is_active: false, ..key };
        assert_eq!(KeyMail::due(&stopped, schedule, at("2026-12-03T09:00:00Z")), None);
    }
}
