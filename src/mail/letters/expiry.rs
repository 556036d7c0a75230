//! The mails about the expiry. The milestone decides that a mail goes out; what it says is decided
//! by the day on which it does.

use chrono::{DateTime, Utc};

use super::{Letterhead, Reader, STEPS, generation, local, settings_link};
use crate::domain::calendar::{LocalText, days_until};
use crate::domain::mail::milestone::{Milestone, Schedule};
use crate::domain::token::Token;
use crate::mail::letter::{Draft, Letter, Tone};

/// What a mail about the expiry is made of.
#[derive(Debug, Clone, Copy)]
pub struct Expiry<'a> {
    /// The token.
    pub token: &'a Token,
    /// The milestone for which the mail goes out.
    pub milestone: Milestone,
    /// The days and times that count.
    pub schedule: Schedule,
    /// The instant of sending.
    pub now: DateTime<Utc>,
}

/// When the expiry is, seen from the day of sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    InDays(i64),
    Tomorrow,
    LaterToday,
    EarlierToday,
    Yesterday,
    DaysAgo(i64),
}

impl When {
    fn new(mail: &Expiry<'_>) -> Self {
        let days = days_until(mail.token.expires_at, mail.now, mail.schedule.zone);
        match (days, mail.now < mail.token.expires_at) {
            (1, true) => Self::Tomorrow,
            (..=0, true) => Self::LaterToday,
            (days, true) => Self::InDays(days),
            (0.., false) => Self::EarlierToday,
            (-1, false) => Self::Yesterday,
            (days, false) => Self::DaysAgo(-days),
        }
    }

    const fn tone(self) -> Tone {
        match self {
            Self::InDays(_) | Self::Tomorrow => Tone::Attention,
            _ => Tone::Danger,
        }
    }

    /// What happens, as subject and heading begin with it.
    fn headline(self, at: &LocalText) -> String {
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

    fn subject(self, at: &LocalText) -> String {
        let LocalText { date, time, .. } = at;
        match self {
            Self::InDays(_) | Self::Tomorrow => format!("{}, on {date}", self.headline(at)),
            Self::LaterToday => format!("expires today, {date}, at {time}"),
            Self::EarlierToday => format!("expired today, {date}, at {time}"),
            Self::Yesterday => format!("expired on {date}, SCIM sync has stopped"),
            Self::DaysAgo(_) => self.headline(at),
        }
    }

    fn preview(self, at: &LocalText) -> String {
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

    fn what_happens(self, at: &LocalText, product: &str) -> String {
        let token = format!(
            "The token that your identity provider uses to sync users and groups with {product}"
        );
        let (date, time, utc) = (&at.date, &at.time, at.in_utc());
        let phrase = at.phrase();
        let nothing = "new users are not created, and users who leave are not deactivated";
        match self {
            Self::InDays(_) => format!("{token} expires on {phrase}. After that, SCIM sync stops."),
            Self::Tomorrow => {
                format!("{token} expires on {phrase}. After that, SCIM sync stops: {nothing}.")
            }
            Self::LaterToday => format!(
                "{token} expires today, {date}, at {time}{utc}. After that, SCIM sync stops: {nothing}."
            ),
            Self::EarlierToday => format!(
                "{token} expired today, {date}, at {time}{utc}. SCIM sync has stopped: {nothing}."
            ),
            Self::Yesterday => format!(
                "{token} expired on {phrase} and has not been replaced. Since then {nothing}."
            ),
            Self::DaysAgo(days) => format!(
                "{token} expired on {phrase}, {days} days ago, and has not been replaced. Since then {nothing}."
            ),
        }
    }

    const fn what_to_do(self) -> &'static str {
        match self {
            Self::InDays(_) => {
                "Replace it at a time that suits you. Generating a new token immediately revokes \
                 the current one, so have your identity provider open and do both steps together."
            }
            Self::Tomorrow => {
                "Replace it today. Generating a new token immediately revokes the current one, so \
                 have your identity provider open and do both steps together."
            }
            Self::LaterToday => {
                "Replace it now. Generating a new token immediately revokes the current one, so \
                 have your identity provider open and do both steps together."
            }
            Self::EarlierToday => {
                "Generate a new token and enter it in your identity provider. An expired token \
                 cannot be renewed."
            }
            Self::Yesterday | Self::DaysAgo(_) => {
                "Generate a new token and enter it in your identity provider. Then run a full sync \
                 there, so that the changes made in the meantime arrive. If you no longer use \
                 SCIM, you can ignore this mail."
            }
        }
    }
}

/// Writes a mail about the expiry.
pub fn expiry(mail: &Expiry<'_>, reader: Reader, letterhead: &Letterhead) -> Letter {
    let Expiry { token, schedule, .. } = mail;
    let at = local(token.expires_at, schedule.zone);
    let when = When::new(mail);
    let is_over = mail.now >= token.expires_at;
    let draft = Draft {
        subject: format!("SCIM token {}", when.subject(&at)),
        preview: when.preview(&at),
        tone: when.tone(),
        heading: format!("The SCIM token {}", when.headline(&at)),
        paragraphs: vec![when.what_happens(&at, &letterhead.product), when.what_to_do().to_owned()],
        facts: vec![
            (if is_over { "Expired" } else { "Expires" }, at.fact()),
            ("Token ID", token.id.to_string()),
            ("Generated", generation(token, schedule.zone)),
            ("Lifespan", token.lifespan.to_string()),
        ],
        steps: STEPS,
        link: settings_link(letterhead),
        closing: closing(mail),
        reason: reader.reason(letterhead),
    };
    draft.render(letterhead)
}

/// When the next mail comes, counted from the day of sending.
fn closing(mail: &Expiry<'_>) -> String {
    let Some(next) = mail.milestone.next() else {
        return "This is the last mail about this token.".to_owned();
    };
    let due_at = mail.schedule.due_at(next, mail.token.expires_at);
    let day = match (next, days_until(due_at, mail.now, mail.schedule.zone)) {
        (_, ..=0) => "today",
        (Milestone::OneDayAfter, 1) => "tomorrow",
        (Milestone::OneDayAfter, _) => "the day after it expires",
        (Milestone::OnTheDay, _) => "on the day it expires",
        _ => "1 day before it expires",
    };
    if next == Milestone::OneDayAfter {
        return format!("You will receive one more mail {day} if the token has not been replaced.");
    }
    format!("You will receive another mail {day}, unless a new token is generated first.")
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;
    use crate::domain::admin::actor::Actor;
    use crate::domain::network::source::Source;
    use crate::domain::token::lifespan::Lifespan;
    use crate::domain::token::secret::TokenId;

    fn token(expires_at: &str) -> Token {
        Token {
            id: TokenId::parse("M2C8RDxx").unwrap(),
            hash: None,
            lifespan: Lifespan::DEFAULT,
            generated_at: "2026-06-04T14:03:00Z".parse().unwrap(),
            generated_by: Actor::Admin {
                id: crate::domain::admin::person::AdminId(1),
                name: "Grace <b>Hopper</b>".to_owned(),
            },
            generated_from: Source::command_line(),
            expires_at: expires_at.parse().unwrap(),
            revocation: None,
            first_used_at: None,
            last_use: None,
            late_use: None,
        }
    }

    fn letter(milestone: Milestone, expires_at: &str, now: &str, zone: Tz) -> Letter {
        let schedule = Schedule { zone, time: "09:00:00".parse().unwrap() };
        let letterhead = Letterhead {
            product: "Acme Catalog".to_owned(),
            public_url: "https://catalog.example.com".parse().unwrap(),
            from: "scim@catalog.example.com".parse().unwrap(),
        };
        let token = token(expires_at);
        let mail = Expiry { token: &token, milestone, schedule, now: now.parse().unwrap() };
        expiry(&mail, Reader::ServerAdmin, &letterhead)
    }

    /// Milestone, instant of sending, and what subject and closing sentence then say.
    const CASES: [(Milestone, &str, &str, &str); 12] = [
        (
            Milestone::FifteenDaysBefore,
            "2026-11-19T09:00:00Z",
            "expires in 15 days, on 4 Dec 2026",
            "another mail 1 day before",
        ),
        (
            Milestone::FifteenDaysBefore,
            "2026-12-02T23:59:59Z",
            "expires in 2 days, on 4 Dec 2026",
            "another mail 1 day before",
        ),
        (
            Milestone::FifteenDaysBefore,
            "2026-12-03T08:00:00Z",
            "expires in 1 day, on 4 Dec 2026",
            "another mail today",
        ),
        (
            Milestone::OneDayBefore,
            "2026-12-03T09:00:00Z",
            "expires in 1 day, on 4 Dec 2026",
            "on the day it expires",
        ),
        (
            Milestone::OneDayBefore,
            "2026-12-04T08:00:00Z",
            "expires today, 4 Dec 2026, at 14:03 UTC",
            "another mail today",
        ),
        (
            Milestone::OnTheDay,
            "2026-12-04T09:00:00Z",
            "expires today, 4 Dec 2026, at 14:03 UTC",
            "one more mail tomorrow",
        ),
        (
            Milestone::OnTheDay,
            "2026-12-04T14:02:59Z",
            "expires today, 4 Dec 2026, at 14:03 UTC",
            "one more mail tomorrow",
        ),
        (
            Milestone::OnTheDay,
            "2026-12-04T14:03:00Z",
            "expired today, 4 Dec 2026, at 14:03 UTC",
            "one more mail tomorrow",
        ),
        (
            Milestone::OnTheDay,
            "2026-12-05T08:00:00Z",
            "expired on 4 Dec 2026, SCIM sync has stopped",
            "one more mail today",
        ),
        (
            Milestone::OneDayAfter,
            "2026-12-05T09:00:00Z",
            "expired on 4 Dec 2026, SCIM sync has stopped",
            "the last mail",
        ),
        (
            Milestone::OneDayAfter,
            "2026-12-06T00:00:00Z",
            "expired on 4 Dec 2026, 2 days ago",
            "the last mail",
        ),
        (
            Milestone::OneDayAfter,
            "2026-12-24T09:00:00Z",
            "expired on 4 Dec 2026, 20 days ago",
            "the last mail",
        ),
    ];

    #[test]
    fn a_mail_says_what_is_true_when_it_is_sent() {
        for (milestone, now, subject, closing) in CASES {
            let letter = letter(milestone, "2026-12-04T14:03:00Z", now, Tz::UTC);

            assert_eq!(letter.subject, format!("[Acme Catalog] SCIM token {subject}"), "{now}");
            assert!(letter.text.replace('\n', " ").contains(closing), "{now}\n{}", letter.text);
            assert!(letter.text.lines().all(|line| line.len() <= 72), "{}", letter.text);
        }
    }

    #[test]
    fn a_late_mail_tells_how_late_it_is_in_its_text() {
        let letter =
            letter(Milestone::OneDayAfter, "2026-12-04T14:03:00Z", "2026-12-24T09:00:00Z", Tz::UTC);

        let text = letter.text.replace('\n', " ");
        assert!(text.contains("expired on 4 Dec 2026 at 14:03 UTC, 20 days ago, and has not"));
    }

    #[test]
    fn the_text_is_complete() {
        let letter = letter(
            Milestone::OneDayBefore,
            "2027-03-20T00:30:00Z",
            "2027-03-18T16:00:00Z",
            Tz::America__Los_Angeles,
        );

        assert_eq!(letter.subject, "[Acme Catalog] SCIM token expires in 1 day, on 19 Mar 2027");
        assert_eq!(letter.text, include_str!("expiry_sample.txt"));
    }

    #[test]
    fn html_is_escaped_and_small() {
        let letter = letter(
            Milestone::OneDayBefore,
            "2027-03-20T00:30:00Z",
            "2027-03-18T16:00:00Z",
            Tz::UTC,
        );

        assert!(letter.html.contains("Grace &#60;b&#62;Hopper"), "{}", letter.html);
        assert!(letter.html.contains("href=\"https://catalog.example.com/admin/authentication\""));
        assert!(letter.html.len() < 12_000, "{}", letter.html.len());
        for forbidden in ["<script", "<img", "src=", "url("] {
            assert!(!letter.html.contains(forbidden), "{forbidden}");
        }
    }
}
