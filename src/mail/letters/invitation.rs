//! The mail that invites somebody to become a Server Admin.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::Letterhead;
use crate::domain::calendar::LocalText;
use crate::mail::letter::{Letter, Parts, Tone};

/// Invites somebody to become a Server Admin, in the name of `by`. The one-time `link` works until
/// `expires_at`.
pub fn invitation(
    by: &str,
    link: &str,
    expires_at: DateTime<Utc>,
    zone: Tz,
    letterhead: &Letterhead,
) -> Letter {
    let Letterhead { product, public_url, .. } = letterhead;
    let host = public_url.authority();
    let parts = Parts {
        subject: format!("{by} invites you to become a Server Admin"),
        preview: format!("Set a password to manage the SCIM token of {product}."),
        tone: Tone::Note,
        heading: format!("Become a Server Admin of {product}"),
        paragraphs: vec![
            format!(
                "{by} invites you to become a Server Admin of {product} at {host}. Server Admins \
                 generate the token with which the identity provider syncs users and groups, and \
                 are told before it expires."
            ),
            "Open the link and set a password. The link works once; do not pass it on.".to_owned(),
        ],
        facts: vec![("Valid until", LocalText::new(expires_at, zone).fact())],
        steps: Vec::new(),
        link: ("Set a password", link.to_owned()),
        closing:
            "If you did not expect this, ignore this mail: without a password nothing happens."
                .to_owned(),
        reason: format!(
            "You receive this mail because {by} entered your address in {product} at {host}. It \
             was sent automatically."
        ),
    };
    parts.render(letterhead)
}
