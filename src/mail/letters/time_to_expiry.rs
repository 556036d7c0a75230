//! How far the expiry is from the day of sending, and what a mail says about it.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::domain::calendar::{LocalText, days_until};
use crate::mail::Letterhead;
use crate::mail::letter::Tone;

/// How far the expiry is, in calendar days of the configured zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeToExpiry {
    InDays(i64),
    Tomorrow,
    LaterToday,
    EarlierToday,
    Yesterday,
    DaysAgo(i64),
}

impl TimeToExpiry {
    pub(super) fn new(expires_at: DateTime<Utc>, now: DateTime<Utc>, zone: Tz) -> Self {
        match (days_until(expires_at, now, zone), now < expires_at) {
            (1, true) => Self::Tomorrow,
            (..=0, true) => Self::LaterToday,
            (days, true) => Self::InDays(days),
            (0.., false) => Self::EarlierToday,
            (-1, false) => Self::Yesterday,
            (days, false) => Self::DaysAgo(-days),
        }
    }

    pub(super) const fn tone(self) -> Tone {
        match self {
            Self::InDays(_) | Self::Tomorrow => Tone::Attention,
            _ => Tone::Danger,
        }
    }

    /// What happens; the heading ends with it.
    pub(super) fn headline(self, at: &LocalText) -> String {
        let LocalText { date, time, .. } = at;
        match self {
            Self::InDays(days) => format!("expires in {days} days"),
            Self::Tomorrow => "expires in 1 day".to_owned(),
            Self::LaterToday => format!("expires today at {time}"),
            Self::EarlierToday => format!("expired today at {time}"),
            Self::Yesterday => format!("expired on {date}. SCIM sync has stopped."),
            Self::DaysAgo(days) => format!("expired on {date}, {days} days ago"),
        }
    }

    pub(super) fn subject(self, at: &LocalText) -> String {
        let LocalText { date, time, .. } = at;
        match self {
            Self::InDays(_) | Self::Tomorrow => format!("{}, on {date}", self.headline(at)),
            Self::LaterToday => format!("expires today, {date}, at {time}"),
            Self::EarlierToday => format!("expired today, {date}, at {time}"),
            Self::Yesterday => format!("expired on {date}, SCIM sync has stopped"),
            Self::DaysAgo(_) => self.headline(at),
        }
    }

    pub(super) fn preview(self, at: &LocalText) -> String {
        let LocalText { date, time, .. } = at;
        match self {
            Self::InDays(_) => {
                format!("Generate a new token before {date}, {time} to keep SCIM sync running.")
            }
            Self::Tomorrow => {
                format!("SCIM sync stops on {date}, {time} unless you replace the token.")
            }
            Self::LaterToday => {
                format!("SCIM sync stops today at {time} unless you replace the token.")
            }
            Self::EarlierToday => {
                "SCIM sync has stopped. Generate a new token to start it again.".to_owned()
            }
            Self::Yesterday | Self::DaysAgo(_) => {
                format!("Users and groups have not been synced since {date}, {time}.")
            }
        }
    }

    pub(super) fn what_happens(self, at: &LocalText, letterhead: &Letterhead) -> String {
        let (provider, product) = (letterhead.provider_name(), &letterhead.product);
        let token =
            format!("The token that {provider} uses to sync users and groups with {product}");
        let (date, time, utc) = (&at.date, &at.time, at.in_utc());
        let phrase = at.phrase();
        let consequence = "new users are not created, and users who leave are not deactivated";
        match self {
            Self::InDays(_) => format!("{token} expires on {phrase}. After that, SCIM sync stops."),
            Self::Tomorrow => {
                format!("{token} expires on {phrase}. After that, SCIM sync stops: {consequence}.")
            }
            Self::LaterToday => format!(
                "{token} expires today, {date}, at {time}{utc}. After that, SCIM sync stops: {consequence}."
            ),
            Self::EarlierToday => format!(
                "{token} expired today, {date}, at {time}{utc}. SCIM sync has stopped: {consequence}."
            ),
            Self::Yesterday => format!(
                "{token} expired on {phrase} and has not been replaced. Since then {consequence}."
            ),
            Self::DaysAgo(days) => format!(
                "{token} expired on {phrase}, {days} days ago, and has not been replaced. Since then {consequence}."
            ),
        }
    }

    /// `may_stay` says whether the token can be kept beside a new one: it is in use.
    pub(super) fn what_to_do(self, provider: &str, may_stay: bool) -> String {
        let replace = |when: &str| {
            if may_stay {
                return format!(
                    "Replace it {when}, and enter the new token in {provider}. The old token can stay \
                     valid until the new one is in use, so nothing has to stand still."
                );
            }
            format!(
                "Replace it {when}. Generating a new token immediately revokes the current one, so \
                 have {provider} open and do both steps together."
            )
        };
        match self {
            Self::InDays(_) => replace("at a time that suits you"),
            Self::Tomorrow => replace("today"),
            Self::LaterToday => replace("now"),
            Self::EarlierToday => format!(
                "Generate a new token and enter it in {provider}. An expired token cannot be \
                 renewed."
            ),
            Self::Yesterday | Self::DaysAgo(_) => format!(
                "Generate a new token and enter it in {provider}. Then run a full sync there, so \
                 that the changes made in the meantime arrive. If you no longer use SCIM, you can \
                 ignore this mail."
            ),
        }
    }
}
