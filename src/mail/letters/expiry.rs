//! The mails about the expiry. The milestone decides that a mail goes out; the day on which it is
//! sent decides what it says.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::last_use::last_use;
use super::time_to_expiry::TimeToExpiry;
use super::{Letterhead, entering, reason, settings_link};
use crate::domain::admin::actor::Actor;
use crate::domain::calendar::{LocalText, date, date_text, days_until};
use crate::domain::mail::milestone::{Milestone, Schedule};
use crate::domain::mail::recipient::Recipient;
use crate::domain::token::Token;
use crate::mail::letter::{Letter, Parts};

const STEPS: &[&str] = &[
    "Open Admin Settings, Authentication.",
    "In the SCIM Token section choose a lifespan and click Generate Token.",
    "Copy the token. It is displayed only once.",
];

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

/// Writes a mail about the expiry.
pub fn expiry(mail: &Expiry<'_>, recipient: &Recipient, letterhead: &Letterhead) -> Letter {
    let Expiry { token, schedule, now, .. } = *mail;
    let at = LocalText::new(token.expires_at, schedule.zone);
    let time = TimeToExpiry::new(token.expires_at, now, schedule.zone);
    let is_over = now >= token.expires_at;
    let mut facts = vec![
        (if is_over { "Expired" } else { "Expires" }, at.fact()),
        ("Token ID", token.id.to_string()),
        ("Generated", generation(token, schedule.zone)),
        ("Lifespan", token.lifespan.to_string()),
    ];
    facts.extend(last_use(token.last_use.as_ref(), schedule.zone));
    let parts = Parts {
        subject: format!("SCIM token {}", time.subject(&at)),
        preview: time.preview(&at),
        tone: time.tone(),
        heading: format!("The SCIM token {}", time.headline(&at)),
        paragraphs: vec![
            time.what_happens(&at, letterhead),
            time.what_to_do(letterhead.provider_name(), token.was_used()),
        ],
        facts,
        steps: STEPS.iter().map(ToString::to_string).chain(entering(letterhead)).collect(),
        link: settings_link(letterhead),
        closing: closing(mail),
        reason: reason(recipient, letterhead),
    };
    parts.render(letterhead)
}

/// `4 Jun 2026 by Grace Hopper`, `4 Jun 2026 at the command line`
fn generation(token: &Token, zone: Tz) -> String {
    let day = date_text(date(token.generated_at, zone));
    match &token.generated_by {
        Actor::CommandLine => format!("{day} at the command line"),
        actor => format!("{day} by {}", actor.name()),
    }
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
    use super::*;
    use crate::domain::admin::person::AdminId;
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
                id: AdminId(1),
                name: "Grace <b>Hopper</b>".to_owned(),
                email: None,
            },
            generated_from: Source::command_line(),
            expires_at: expires_at.parse().unwrap(),
            uncopied_at: None,
            kept: None,
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
            provider: None,
            team: Vec::new(),
        };
        let token = token(expires_at);
        let mail = Expiry { token: &token, milestone, schedule, now: now.parse().unwrap() };
        let address = "ada@example.com".parse().unwrap();
        expiry(&mail, &Recipient::Admin(AdminId(1), address), &letterhead)
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
