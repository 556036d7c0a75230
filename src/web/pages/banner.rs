//! The banners that every admin page carries: from fifteen days before the expiry on and after it,
//! and while nobody can be reached by mail.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::shell::{Link, Notice, Place};
use super::time::{count, countdown, utc_text};
use super::token_state::TokenState;

use crate::domain::token::Token;
use crate::service::notices::Health;

/// The banner about the newest token, if there is something to say.
pub(super) fn expiry(
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

/// The banner about mails, if they reach no active Server Admin.
pub(super) fn mail(health: &Health) -> Option<Notice> {
    let (title, text, link) = match &health.directory {
        Some(folder) => (
            "Outgoing mail is not set up. Nobody will be notified.",
            format!(
                "Mails are written to files in {}. To warn the Server Admins before the token \
                 expires, set SCIMWARD_SMTP_URL.",
                folder.display()
            ),
            None,
        ),
        None if health.reaches_nobody() => (
            "No active Server Admin can be reached by mail. Nobody will be notified.",
            "The latest mail to each of them has failed.".to_owned(),
            Some(Link { href: "/admin/activity?kind=mail_failed", text: "See why" }),
        ),
        None => return None,
    };
    Some(Notice {
        tone: "attention",
        icon: "mail",
        role: None,
        takes_focus: false,
        title: title.to_owned(),
        text,
        link,
    })
}
