//! The mail about the certificate with which scimward serves HTTPS.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::time_to_expiry::TimeToExpiry;
use super::{Letterhead, reason};
use crate::domain::calendar::LocalText;
use crate::domain::mail::recipient::Recipient;
use crate::mail::letter::{Letter, Parts};

const STEPS: &[&str] = &[
    "Have its issuer renew the certificate for the same host name.",
    "Replace the files that SCIMWARD_TLS_CERT and SCIMWARD_TLS_KEY name, on every machine that runs \
     scimward. They are read within a minute; no restart is needed.",
];

/// Tells that the certificate expires or has expired.
pub fn certificate(
    expires_at: DateTime<Utc>,
    zone: Tz,
    now: DateTime<Utc>,
    recipient: &Recipient,
    letterhead: &Letterhead,
) -> Letter {
    let at = LocalText::new(expires_at, zone);
    let time = TimeToExpiry::new(expires_at, now, zone);
    let host = letterhead.public_url.authority();
    let sync_stops = if now < expires_at { "sync will stop" } else { "sync has stopped" };
    let parts = Parts {
        subject: format!("The HTTPS certificate {}", time.subject(&at)),
        preview: format!("Identity providers refuse an expired certificate: {sync_stops}."),
        tone: time.tone(),
        heading: format!("The HTTPS certificate of {host} {}", time.headline(&at)),
        paragraphs: vec![format!(
            "{} serves HTTPS at {host} with a certificate of its own. Identity providers and \
             browsers refuse a certificate that has expired, whatever the SCIM token: {sync_stops}, \
             and nobody reaches these pages without a warning.",
            letterhead.product
        )],
        facts: vec![("Host", host.to_owned()), ("Expires", at.fact())],
        steps: STEPS.iter().map(ToString::to_string).collect(),
        link: ("Open Admin Settings", letterhead.public_url.join("/admin/authentication")),
        closing:
            "You receive this mail 15 days and 1 day before the certificate expires, unless it \
                  is renewed before."
                .to_owned(),
        reason: reason(recipient, letterhead),
    };
    parts.render(letterhead)
}
