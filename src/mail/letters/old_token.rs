//! The mails about the old token that is kept beside a new one.

use std::net::IpAddr;

use chrono_tz::Tz;

use super::last_use::last_use;
use super::{Letterhead, WILL_WORK_AGAIN, authentication_link, entering, reason, settings_link};
use crate::domain::admin::actor::Actor;
use crate::domain::calendar::LocalText;
use crate::domain::mail::old_token::OldTokenMail;
use crate::domain::mail::recipient::Recipient;
use crate::domain::network::source::address_text;
use crate::domain::token::Token;
use crate::mail::letter::{Letter, Parts, Tone};

const NOBODY_HAS_IT: &str =
    "If nobody has the new token, open Admin Settings, Authentication, and generate another one.";

/// The tokens of a mail.
#[derive(Debug, Clone, Copy)]
pub struct OldToken<'a> {
    /// Which mail it is.
    pub mail: OldTokenMail,
    /// The old token.
    pub old: &'a Token,
    /// The one that replaces it.
    pub new: &'a Token,
    /// From where it was revoked, if somebody has revoked it.
    pub from: Option<IpAddr>,
}

/// Tells that the old token ends soon, or how it has ended.
pub fn old_token(
    facts: &OldToken<'_>,
    zone: Tz,
    recipient: &Recipient,
    letterhead: &Letterhead,
) -> Letter {
    let OldToken { mail, old, new, from } = *facts;
    let latest = LocalText::new(old.latest_end().unwrap_or(old.expires_at), zone);
    let ended = old.revocation.as_ref().map_or(old.expires_at, |end| end.at);
    let ended = LocalText::new(ended, zone);
    let is_in_use = new.was_used();
    let words = match mail {
        OldTokenMail::EndsSoon => ends_soon(old, new, &latest),
        OldTokenMail::Ended => has_ended(old, new, &ended),
        OldTokenMail::Revoked => revoked(old, new, &ended, from),
        OldTokenMail::Stopped => stopped(old, new, &ended, letterhead),
    };
    let end =
        if old.revocation.is_some() { ("Ended", ended.fact()) } else { ("Ends", latest.fact()) };
    let mut rows = vec![
        ("Old token ID", old.id.to_string()),
        end,
        ("New token ID", new.id.to_string()),
        ("New token used", if is_in_use { "Yes" } else { "Never" }.to_owned()),
    ];
    rows.extend(last_use(old.last_use.as_ref(), zone));
    let mut steps = Vec::new();
    if !is_in_use {
        steps.extend(entering(letterhead));
        steps.push(NOBODY_HAS_IT.to_owned());
    }
    let parts = Parts {
        subject: words.subject,
        preview: words.preview,
        tone: words.tone,
        heading: words.heading,
        paragraphs: words.paragraphs,
        facts: rows,
        steps,
        link: if is_in_use { authentication_link(letterhead) } else { settings_link(letterhead) },
        closing: words.closing.to_owned(),
        reason: reason(recipient, letterhead),
    };
    parts.render(letterhead)
}

struct Words {
    subject: String,
    preview: String,
    tone: Tone,
    heading: String,
    paragraphs: Vec<String>,
    closing: &'static str,
}

fn ends_soon(old: &Token, new: &Token, latest: &LocalText) -> Words {
    let subject = format!("SCIM sync stops at {} unless the new token is entered", latest.time);
    Words {
        heading: format!("SCIM sync stops on {} unless the new token is entered", latest.phrase()),
        preview: "The new token has not been used yet.".to_owned(),
        tone: Tone::Attention,
        paragraphs: vec![format!(
            "The old token {} ends on {}, 24 hours after the new one was generated, or with its own \
             expiry. The new one, {}, has not been used.",
            old.id,
            latest.phrase(),
            new.id
        )],
        closing: "You will receive another mail when the old token has ended.",
        subject,
    }
}

fn has_ended(old: &Token, new: &Token, ended: &LocalText) -> Words {
    let subject = "Old SCIM token ended, the new one is in use".to_owned();
    let was_unseen = old.kept.is_some_and(|kept| Some(kept.ends_at) < old.latest_end());
    let paragraph = if was_unseen {
        format!(
            "The old token {} ended on {}: nobody had presented it for 60 minutes, and the new one, \
             {}, is in use. Nothing is to be done.",
            old.id,
            ended.phrase(),
            new.id
        )
    } else {
        format!(
            "The old token {} ended on {}, and the new one, {}, is in use. The old one was presented \
             until shortly before: whatever still sends it is refused from now on. If it is the \
             identity provider, enter the new token there too.",
            old.id,
            ended.phrase(),
            new.id
        )
    };
    Words {
        heading: subject.clone(),
        preview: "SCIM sync goes on with the new token.".to_owned(),
        tone: Tone::Note,
        paragraphs: vec![paragraph],
        closing: "This is the last mail about the old token.",
        subject,
    }
}

fn revoked(old: &Token, new: &Token, ended: &LocalText, from: Option<IpAddr>) -> Words {
    let by = old.revocation.as_ref().map_or(&Actor::System, |end| &end.by);
    let (by, who) = match by {
        Actor::Admin { name: by, .. } | Actor::ApiKey { title: by, .. } => {
            (format!("by {by}"), by.clone())
        }
        Actor::CommandLine | Actor::System => {
            ("at the command line".to_owned(), "Somebody at the command line".to_owned())
        }
    };
    let origin = from.map(|from| format!(", from {}", address_text(from))).unwrap_or_default();
    let (tone, then) = if new.was_used() {
        (Tone::Note, format!("The new token {} works.", new.id))
    } else {
        let then = "The new token has not been used: SCIM sync stops until it is entered.";
        (Tone::Danger, then.to_owned())
    };
    let subject = format!("Old SCIM token revoked {by}");
    Words {
        heading: subject.clone(),
        preview: then.clone(),
        tone,
        paragraphs: vec![
            format!("{who} revoked the old token {} on {}{origin}. {then}", old.id, ended.phrase()),
            "If nobody on your team did this, change the password of that account or revoke that \
             API key, and look at Activity."
                .to_owned(),
        ],
        closing: "This is the last mail about the old token.",
        subject,
    }
}

fn stopped(old: &Token, new: &Token, ended: &LocalText, letterhead: &Letterhead) -> Words {
    let heading = "SCIM sync has stopped: the old token ended, the new one was not used".to_owned();
    Words {
        subject: heading.clone(),
        heading,
        preview: "Until the new token is entered, users and groups are not synced.".to_owned(),
        tone: Tone::Danger,
        paragraphs: vec![format!(
            "The old token {} ended on {}. Enter the new token {} in {}, or generate another one if \
             nobody has it. Until then new users are not created, and users who leave are not \
             deactivated.",
            old.id,
            ended.phrase(),
            new.id,
            letterhead.provider_name()
        )],
        closing: WILL_WORK_AGAIN,
    }
}
