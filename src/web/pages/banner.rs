//! The banner that every admin page carries from fifteen days before the expiry on, and after it.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::shell::{Link, Notice, Place};
use super::time::{count, countdown, utc_text};
use super::token_state::TokenState;

use crate::domain::token::Token;

/// The banner about the newest token, if there is something to say.
pub(super) fn of(
    newest: Option<&Token>,
    place: Place,
    now: DateTime<Utc>,
    zone: Tz,
) -> Option<Notice> {
    let token = newest?;
    let expiry = utc_text(token.expires_at);
    let (tone, icon, title, text) = match TokenState::of(newest, now, zone) {
        TokenState::Never | TokenState::Active | TokenState::Revoked => return None,
        TokenState::Expiring { days } => (
            "attention",
            "clock",
            format!("The SCIM token expires in {}, on {expiry}", count(days, "day")),
            "Generate a new token and enter it in your identity provider before then. When the \
             token expires, SCIM sync stops.",
        ),
        TokenState::Today => (
            "attention",
            "alert",
            format!(
                "The SCIM token expires today at {}, {}",
                token.expires_at.format("%H:%M UTC"),
                countdown(now, token.expires_at, zone)
            ),
            "Generate a new token and enter it in your identity provider now to keep SCIM sync \
             running.",
        ),
        TokenState::Expired => (
            "danger",
            "stop",
            format!("The SCIM token expired on {expiry}. SCIM sync has stopped."),
            "Users and groups are no longer updated. Generate a new token and enter it in your \
             identity provider.",
        ),
    };
    let link = (place != Place::Authentication)
        .then_some(Link { href: "/admin/authentication#scim-token", text: "Go to SCIM Token" });
    Some(Notice {
        tone,
        icon,
        role: (tone == "danger").then_some("alert"),
        takes_focus: false,
        title,
        text: text.to_owned(),
        link,
    })
}
