//! The mail about a replaced token that the identity provider still presents.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{Letterhead, reason, settings_link};
use crate::domain::calendar::LocalText;
use crate::domain::mail::Recipient;
use crate::domain::network::source::address_text;
use crate::domain::token::secret::TokenId;
use crate::domain::token::{LateUse, Token};
use crate::mail::letter::{Letter, Parts, Tone};

/// A token that was replaced and is still presented.
#[derive(Debug, Clone, Copy)]
pub struct StillUsed<'a> {
    /// The current token, which has not been used yet.
    pub token: &'a Token,
    /// The token it replaced.
    pub replaced: &'a TokenId,
    /// When it was replaced.
    pub replaced_at: DateTime<Utc>,
    /// How the replaced token has been presented since.
    pub late_use: &'a LateUse,
}

/// Tells that the identity provider still has the replaced token.
pub fn still_used(
    facts: &StillUsed<'_>,
    zone: Tz,
    recipient: &Recipient,
    letterhead: &Letterhead,
) -> Letter {
    let StillUsed { token, replaced, replaced_at, late_use } = facts;
    let since = LocalText::new(*replaced_at, zone);
    let times = match late_use.count {
        1 => "1 request".to_owned(),
        count => format!("{count} requests"),
    };
    let parts = Parts {
        subject: "The identity provider still uses the replaced SCIM token".to_owned(),
        preview: "SCIM sync is stopped until the new token is entered there.".to_owned(),
        tone: Tone::Danger,
        heading: "The identity provider still uses the replaced SCIM token".to_owned(),
        paragraphs: vec![
            format!(
                "The SCIM token of {} was replaced on {}. Since then the replaced token was \
                 presented in {times}, all of them refused, and the new token has not been used. \
                 SCIM sync is stopped: new users are not created, and users who leave are not \
                 deactivated.",
                letterhead.product,
                since.phrase()
            ),
            "Enter the new token in the SCIM application of your identity provider and test the \
             connection. If nobody has kept the new token, generate another one: it is displayed \
             only once."
                .to_owned(),
        ],
        facts: vec![
            ("Replaced", since.fact()),
            ("Refused since then", times),
            ("Last presented", LocalText::new(late_use.at, zone).fact()),
            ("From", address_text(late_use.from)),
            ("Replaced token ID", replaced.to_string()),
            ("New token ID", token.id.to_string()),
        ],
        steps: &[],
        link: settings_link(letterhead),
        closing: "You receive this mail once for each replacement. The page shows when the new \
                  token is used for the first time."
            .to_owned(),
        reason: reason(recipient, letterhead),
    };
    parts.render(letterhead)
}
