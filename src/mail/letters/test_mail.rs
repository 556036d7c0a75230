//! The mail that shows whether mails arrive.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::Letterhead;
use crate::domain::calendar::LocalText;
use crate::mail::letter::{Letter, Parts, Tone};

/// Shows that mails arrive. `by` is who asked for it.
pub fn test_mail(by: &str, zone: Tz, now: DateTime<Utc>, letterhead: &Letterhead) -> Letter {
    let Letterhead { product, public_url, .. } = letterhead;
    let host = public_url.authority();
    let parts = Parts {
        subject: "Test mail".to_owned(),
        preview: "Notifications about the SCIM token reach this mailbox.".to_owned(),
        tone: Tone::Note,
        heading: "Mails from here arrive".to_owned(),
        paragraphs: vec![
            format!(
                "This is a test. Notifications about the SCIM token of {product} reach this \
                 mailbox in the same way."
            ),
            "If this mail was in the spam folder, ask those who run your mail server to accept this \
             sender, so that the expiry of the token is not missed."
                .to_owned(),
        ],
        facts: vec![("Sent", LocalText::new(now, zone).fact()), ("Asked for by", by.to_owned())],
        steps: Vec::new(),
        link: ("Open Notifications", public_url.join("/admin/notifications")),
        closing: "Nothing needs to be done.".to_owned(),
        reason: format!(
            "You receive this mail because a test was asked for at {product}, {host}. It was sent \
             automatically."
        ),
    };
    parts.render(letterhead)
}
