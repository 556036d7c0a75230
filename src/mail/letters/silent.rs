//! The mails about a connection that is quiet for longer than usual.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::last_use::last_use;
use super::{Letterhead, authentication_link, reason};
use crate::domain::calendar::{LocalText, date, date_text, span};
use crate::domain::identity_provider::{IdentityProvider, unmarked};
use crate::domain::mail::recipient::Recipient;
use crate::domain::sync::refused::RefusedSum;
use crate::domain::token::{LastUse, Token};
use crate::mail::letter::{Letter, Parts, Tone};

/// Where to look, in the words of the identity provider.
fn steps(letterhead: &Letterhead) -> Vec<String> {
    let guide = letterhead.provider.map(IdentityProvider::guide).filter(|guide| guide.is_known());
    let look = match guide {
        Some(guide) => vec![format!("In {}: {}", guide.name, unmarked(guide.look))],
        None => vec![
            "In your identity provider, open the provisioning of the SCIM application: is it \
             switched on?"
                .to_owned(),
            "Look there for errors, for tasks that failed, and whether it is paused or in \
             quarantine."
                .to_owned(),
        ],
    };
    let last = "If it shows no error, check the address, the firewall and the certificate.";
    look.into_iter().chain([last.to_owned()]).collect()
}

/// A connection that is quiet.
#[derive(Debug, Clone)]
pub struct Silence<'a> {
    /// The current token.
    pub token: &'a Token,
    /// The last accepted request, with whichever token.
    pub last: Option<&'a LastUse>,
    /// The longest pause before.
    pub longest_pause: TimeDelta,
    /// What was refused since.
    pub refused: Option<RefusedSum<'a>>,
    /// Whether this is the second mail.
    pub again: bool,
    /// The instant of sending.
    pub now: DateTime<Utc>,
}

/// Tells that nothing is heard from the identity provider.
pub fn silent(
    silence: &Silence<'_>,
    zone: Tz,
    recipient: &Recipient,
    letterhead: &Letterhead,
) -> Letter {
    let Silence { token, last, again, now, .. } = *silence;
    let since = last.map_or(token.generated_at, |last| last.at);
    let quiet = span(now - since);
    let expiry = date_text(date(token.expires_at, zone));
    let title = if again {
        format!("Still nothing heard from the identity provider, {quiet} now")
    } else {
        format!("Nothing heard from the identity provider for {quiet}")
    };
    let mut facts = last_use(last, zone);
    facts.push(("Token", format!("{}, expires on {expiry}", token.id)));
    let refused = silence.refused.as_ref();
    let count = refused.map_or_else(|| "None".to_owned(), |sum| sum.count.to_string());
    facts.push(("Refused since", count));
    let parts = Parts {
        subject: title.clone(),
        preview: preview(last, zone),
        tone: Tone::Attention,
        heading: title,
        paragraphs: vec![what(silence, zone, letterhead), cause(silence, &expiry)],
        facts,
        steps: steps(letterhead),
        link: authentication_link(letterhead),
        closing: if again {
            "This is the last mail about it. You will receive one when requests arrive again."
        } else {
            "You will receive one more mail after 7 further days, and one when requests arrive \
             again. If the pause is intended, there is nothing to do."
        }
        .to_owned(),
        reason: reason(recipient, letterhead),
    };
    parts.render(letterhead)
}

fn preview(last: Option<&LastUse>, zone: Tz) -> String {
    match last {
        Some(last) => {
            format!("The last SCIM request came on {}.", LocalText::new(last.at, zone).fact())
        }
        None => "No SCIM request was ever accepted.".to_owned(),
    }
}

fn what(silence: &Silence<'_>, zone: Tz, letterhead: &Letterhead) -> String {
    const CONSEQUENCE: &str = "If provisioning has stopped, new users are not created, and users \
                               who leave are not deactivated.";
    let Silence { token, last, longest_pause, .. } = *silence;
    let product = &letterhead.product;
    let never = || {
        let day = date_text(date(token.generated_at, zone));
        format!(
            "The token generated on {day} by {} has never been used.",
            token.generated_by.name()
        )
    };
    let Some(last) = last else { return format!("{} {CONSEQUENCE}", never()) };
    let at = LocalText::new(last.at, zone).phrase();
    let mut sentences = vec![format!("The last SCIM request to {product} came on {at}.")];
    if longest_pause > TimeDelta::zero() {
        let pause = span(longest_pause);
        sentences.push(format!("In the 30 days before that, the longest pause was {pause}."));
    }
    if !token.was_used() {
        sentences.insert(0, never());
    }
    sentences.push(CONSEQUENCE.to_owned());
    sentences.join(" ")
}

fn cause(silence: &Silence<'_>, expiry: &str) -> String {
    match &silence.refused {
        Some(sum) => {
            let requests = if sum.count == 1 {
                "1 request was"
            } else {
                &*format!("{} requests were", sum.count)
            };
            let reason = sum.main.reason.reason();
            format!("The token is valid until {expiry}. {requests} refused since: {reason}.")
        }
        None => format!("The token is valid until {expiry}, so it is probably not the cause."),
    }
}
