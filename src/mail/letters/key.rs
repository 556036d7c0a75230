//! The mails about API keys.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::time_to_expiry::TimeToExpiry;
use super::{Letterhead, reason};
use crate::domain::admin::actor::Actor;
use crate::domain::calendar::LocalText;
use crate::domain::keys::ApiKey;
use crate::domain::mail::recipient::Recipient;
use crate::domain::network::agent::short_name;
use crate::domain::network::source::address_text;
use crate::mail::letter::{Letter, Parts, Tone};

/// Tells everybody of a key that may replace the token.
pub fn key_created(
    key: &ApiKey,
    zone: Tz,
    recipient: &Recipient,
    letterhead: &Letterhead,
) -> Letter {
    let product = &letterhead.product;
    let (name, by) = (&key.name, Maker::of(key));
    let parts = Parts {
        subject: format!("API key “{name}” created {}", by.by),
        preview: "It may replace the SCIM token. If nobody on your team did this, act now."
            .to_owned(),
        tone: Tone::Note,
        heading: "There is a new API key".to_owned(),
        paragraphs: vec![
            format!(
                "{} created the API key “{name}” of {product}. A program that has it can \
                 generate and revoke the SCIM token.",
                by.who
            ),
            "If nobody on your team did this: revoke the key, generate a new token (this revokes the \
             present one), and check Activity."
                .to_owned(),
        ],
        facts: facts(key, zone),
        steps: Vec::new(),
        link: link(letterhead),
        closing: "This mail never contains the key. Nobody will ever ask you for it.".to_owned(),
        reason: reason(recipient, letterhead),
    };
    parts.render(letterhead)
}

/// Tells the maker of a key that it expires.
pub fn key_expires(
    key: &ApiKey,
    zone: Tz,
    now: DateTime<Utc>,
    recipient: &Recipient,
    letterhead: &Letterhead,
) -> Letter {
    let (name, at) = (&key.name, LocalText::new(key.expires_at, zone));
    let time = TimeToExpiry::new(key.expires_at, now, zone);
    let parts = Parts {
        subject: format!("API key “{name}” {}", time.subject(&at)),
        preview: "Whatever uses it stops working then.".to_owned(),
        tone: time.tone(),
        heading: format!("The API key “{name}” {}", time.headline(&at)),
        paragraphs: vec![format!(
            "Whatever uses the API key “{name}” of {} stops working then. SCIM sync goes on: it needs \
             the SCIM token, not this key.",
            letterhead.product
        )],
        facts: facts(key, zone),
        steps: [
            "Open Admin Settings, API keys, and create another key with the same scope.",
            "Enter it where this one is used.",
            "Revoke this key. If nothing uses it any more, let it expire.",
        ]
        .map(str::to_owned)
        .to_vec(),
        link: link(letterhead),
        closing: "You receive this mail 15 days and 1 day before an API key expires, unless it is \
                  revoked before."
            .to_owned(),
        reason: maker_reason(key, recipient, letterhead),
    };
    parts.render(letterhead)
}

fn maker_reason(key: &ApiKey, recipient: &Recipient, letterhead: &Letterhead) -> String {
    if key.created_by.admin_id().is_none() {
        return reason(recipient, letterhead);
    }
    let Letterhead { product, public_url, .. } = letterhead;
    format!(
        "You receive this mail because you created this API key of {product} at {}. It was sent \
         automatically.",
        public_url.authority()
    )
}

/// How the mail speaks of the one who made the key.
struct Maker {
    by: String,
    who: String,
}

impl Maker {
    fn of(key: &ApiKey) -> Self {
        match &key.created_by {
            Actor::CommandLine => Self {
                by: "at the command line".to_owned(),
                who: "Somebody at the command line of the server".to_owned(),
            },
            maker => Self { by: format!("by {}", maker.name()), who: maker.name().to_owned() },
        }
    }
}

fn facts(key: &ApiKey, zone: Tz) -> Vec<(&'static str, String)> {
    let last = match &key.last_use {
        None => "Never".to_owned(),
        Some(last) => format!(
            "{}, from {} ({})",
            LocalText::new(last.at, zone).fact(),
            address_text(last.from),
            short_name(last.agent.as_deref())
        ),
    };
    let by = match &key.created_by {
        Actor::CommandLine => "Command line on the server".to_owned(),
        maker => maker.name().to_owned(),
    };
    vec![
        ("API key", key.name.to_string()),
        ("Key ID", key.id.to_string()),
        ("Scope", key.scope.name().to_owned()),
        ("Created", LocalText::new(key.created_at, zone).fact()),
        ("Created by", by),
        ("Expires", LocalText::new(key.expires_at, zone).fact()),
        ("Last used", last),
    ]
}

fn link(letterhead: &Letterhead) -> (&'static str, String) {
    ("Open API keys", letterhead.public_url.join("/admin/api-keys"))
}
