//! The mail about a token that was revoked without a replacement.

use std::net::IpAddr;

use chrono_tz::Tz;

use super::last_use::last_use;
use super::{Letterhead, WILL_WORK_AGAIN, entering, reason, settings_link};
use crate::domain::admin::actor::Actor;
use crate::domain::calendar::LocalText;
use crate::domain::mail::calendar_entry::CalendarEntry;
use crate::domain::mail::recipient::Recipient;
use crate::domain::network::source::address_text;
use crate::domain::token::{Revocation, Token};
use crate::mail::letter::{Letter, Parts, Tone};

const STEPS: &[&str] = &[
    "Find out why it was revoked. If nobody on your team did this, change the password of that \
     account or revoke that API key, and look at Activity.",
    "Open Admin Settings, Authentication, and generate a new token.",
];

const ATTACHED: &str =
    " Open the attached scim-token.ics to remove the expiry of the token from your calendar.";

/// Tells that `token` was revoked; `from` is the address it was done from, `entry` what calendars are
/// told.
pub fn revoked(
    (token, end): (&Token, &Revocation),
    entry: Option<CalendarEntry>,
    from: Option<IpAddr>,
    zone: Tz,
    recipient: &Recipient,
    letterhead: &Letterhead,
) -> Letter {
    let at = LocalText::new(end.at, zone);
    let from = from.map(address_text);
    let (by, who) = match &end.by {
        Actor::Admin { name: by, .. } | Actor::ApiKey { title: by, .. } => {
            (format!("by {by}"), by.clone())
        }
        Actor::CommandLine | Actor::System => {
            ("at the command line".to_owned(), "Somebody at the command line".to_owned())
        }
    };
    let origin = from.as_ref().map(|from| format!(", from {from}")).unwrap_or_default();
    let mut facts = vec![("Revoked", at.fact()), ("Revoked by", end.by.name().to_owned())];
    facts.extend(from.map(|from| ("From", from)));
    facts.push(("Token ID", token.id.to_string()));
    facts.extend(last_use(token.last_use.as_ref(), zone));
    let parts = Parts {
        subject: format!("SCIM token revoked {by}, SCIM sync has stopped"),
        preview: "Until a new token is entered, users and groups are not synced.".to_owned(),
        tone: Tone::Danger,
        heading: "The SCIM token was revoked. SCIM sync has stopped.".to_owned(),
        paragraphs: vec![
            format!("{who} revoked the token on {}{origin}. It was not replaced.", at.phrase()),
            format!(
                "Until a new token is entered in {}, new users are not created, and users who \
                 leave are not deactivated.",
                letterhead.provider_name()
            ),
        ],
        facts,
        steps: STEPS.iter().map(ToString::to_string).chain(entering(letterhead)).collect(),
        link: settings_link(letterhead),
        closing: format!("{WILL_WORK_AGAIN}{}", if entry.is_some() { ATTACHED } else { "" }),
        reason: reason(recipient, letterhead),
    };
    Letter { entry, ..parts.render(letterhead) }
}
