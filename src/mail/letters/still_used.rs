//! The mail about a replaced token that requests still name. Whether they hold it is not known: the
//! public id is enough.

use chrono_tz::Tz;

use super::last_use::last_use;
use super::{Letterhead, WILL_WORK_AGAIN, entering, reason, settings_link};
use crate::domain::calendar::LocalText;
use crate::domain::mail::recipient::Recipient;
use crate::domain::network::source::address_text;
use crate::domain::token::Token;
use crate::mail::letter::{Letter, Parts, Tone};

/// Tokens that were replaced and are still presented.
#[derive(Debug, Clone)]
pub struct StillUsed<'a> {
    /// The current token, which has not been used yet.
    pub token: &'a Token,
    /// The older tokens that have been presented since it was generated, newest first.
    pub presented: Vec<&'a Token>,
}

/// Tells that the identity provider seems to have the replaced token still.
pub fn still_used(
    facts: &StillUsed<'_>,
    zone: Tz,
    recipient: &Recipient,
    letterhead: &Letterhead,
) -> Letter {
    let StillUsed { token, presented } = facts;
    let since = LocalText::new(token.generated_at, zone);
    let late = || presented.iter().filter_map(|old| Some((old, old.late_use.as_ref()?)));
    let times = requests(late().map(|(_, late)| late.count).sum());
    let last = late().max_by_key(|(_, late)| late.at);
    let mut rows = vec![("Replaced", since.fact()), ("Refused since then", times.clone())];
    if let Some((old, last)) = last {
        rows.push(("Last of them", LocalText::new(last.at, zone).fact()));
        rows.push(("From", address_text(last.from)));
        rows.extend(last_use(old.last_use.as_ref(), zone));
    }
    let named = late().map(|(old, late)| match presented.len() {
        1 => old.id.to_string(),
        _ => format!("{} ({})", old.id, requests(late.count)),
    });
    rows.push(("Replaced token ID", named.collect::<Vec<_>>().join(", ")));
    rows.push(("New token ID", token.id.to_string()));
    let parts = Parts {
        subject: "Requests still name the replaced SCIM token".to_owned(),
        preview: "SCIM sync is stopped until the identity provider has the new token.".to_owned(),
        tone: Tone::Danger,
        heading: "Requests still name the replaced SCIM token".to_owned(),
        paragraphs: vec![
            format!(
                "The SCIM token of {} was replaced on {}. Since then {times} named the \
                 replaced token, all of them refused, and the new token has not been used. \
                 SCIM sync is stopped: new users are not created, and users who leave are not \
                 deactivated.",
                letterhead.product,
                since.phrase()
            ),
            format!(
                "The requests claim to carry the replaced token: they name its ID, which is no \
                 secret, and its secret is not kept. If they come from {}, enter the new token in \
                 its SCIM application and test the connection. If nobody has copied the new token, \
                 generate another one: it is displayed only once.",
                letterhead.provider_name()
            ),
        ],
        facts: rows,
        steps: letterhead.provider.map_or_else(Vec::new, |_| entering(letterhead)),
        link: settings_link(letterhead),
        closing: format!("You receive this mail once for each replacement. {WILL_WORK_AGAIN}"),
        reason: reason(recipient, letterhead),
    };
    parts.render(letterhead)
}

fn requests(count: u64) -> String {
    if count == 1 { "1 request".to_owned() } else { format!("{count} requests") }
}
