//! The mail with a link to choose a new password.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::Letterhead;
use crate::domain::calendar::LocalText;
use crate::mail::letter::{Letter, Parts, Tone};

/// Brings a Server Admin the one-time `link` that `by` has sent, which works until `expires_at`.
pub fn password_link(
    by: &str,
    link: &str,
    expires_at: DateTime<Utc>,
    zone: Tz,
    letterhead: &Letterhead,
) -> Letter {
    let Letterhead { product, public_url, .. } = letterhead;
    let host = public_url.authority();
    let until = LocalText::new(expires_at, zone).fact();
    let parts = Parts {
        subject: "Choose a new password".to_owned(),
        preview: format!("{by} sent you a link for {product}. It works once, until {until}."),
        tone: Tone::Note,
        heading: "Choose a new password".to_owned(),
        paragraphs: vec![
            format!(
                "{by} sent you this link, with which you choose a new password for {product} at \
                 {host}. It works once; do not pass it on. Until you use it, nothing changes."
            ),
            format!("If you did not ask for it, do nothing, and tell {by}."),
        ],
        facts: vec![("Valid until", until)],
        steps: Vec::new(),
        link: ("Choose a new password", link.to_owned()),
        closing: "When you use it, all of your sessions end, and all Server Admins are told."
            .to_owned(),
        reason: format!(
            "You receive this mail because {by} sent a password link for your account in {product} \
             at {host}. It was sent automatically."
        ),
    };
    parts.render(letterhead)
}
