//! The mail about requests that are refused while none is accepted.

use chrono_tz::Tz;

use super::last_use::last_use;
use super::{Letterhead, WILL_WORK_AGAIN, authentication_link, reason};
use crate::domain::calendar::{LocalText, date, date_text};
use crate::domain::identity_provider::named;
use crate::domain::mail::recipient::Recipient;
use crate::domain::network::agent::described;
use crate::domain::sync::refused::RefusedSum;
use crate::domain::token::{LastUse, Token};
use crate::mail::letter::{Letter, Parts, Tone};

/// Requests that are refused.
#[derive(Debug, Clone)]
pub struct RefusedFacts<'a> {
    /// The current token.
    pub token: &'a Token,
    /// The last accepted request, with whichever token.
    pub last: Option<&'a LastUse>,
    /// What was refused since.
    pub sum: RefusedSum<'a>,
}

/// Tells that requests are refused.
pub fn refused(
    facts: &RefusedFacts<'_>,
    zone: Tz,
    recipient: &Recipient,
    letterhead: &Letterhead,
) -> Letter {
    let RefusedFacts { token, last, sum } = facts;
    let since = LocalText::new(sum.first_at, zone);
    let from = described(sum.last.from, sum.last.agent.as_deref());
    let requests =
        if sum.count == 1 { "1 request".to_owned() } else { format!("{} requests", sum.count) };
    let title = format!("SCIM requests are refused: {}", sum.main.reason.reason());
    let expiry = date_text(date(token.expires_at, zone));
    let mut rows = vec![
        ("Refused since", since.fact()),
        ("Refused", requests.clone()),
        ("Latest", LocalText::new(sum.last.last_at, zone).fact()),
        ("From", from.clone()),
        ("Token", format!("{}, expires on {expiry}", token.id)),
    ];
    rows.extend(last_use(*last, zone));
    let parts = Parts {
        subject: title.clone(),
        preview: "SCIM sync stands still until that is mended.".to_owned(),
        tone: Tone::Danger,
        heading: title,
        paragraphs: vec![
            format!(
                "{requests} to {} refused since {}, the latest from {from}. None was accepted \
                 since. New users are not created, and users who leave are not deactivated.",
                letterhead.product,
                since.phrase()
            ),
            named(sum.main.reason.remedy(), letterhead.provider),
        ],
        facts: rows,
        steps: Vec::new(),
        link: authentication_link(letterhead),
        closing: WILL_WORK_AGAIN.to_owned(),
        reason: reason(recipient, letterhead),
    };
    parts.render(letterhead)
}
