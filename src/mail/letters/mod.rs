//! The words of the mails. They say what is true when they are sent, and never hold a token.

mod expiry;
mod others;

use chrono_tz::Tz;

pub use self::expiry::{Expiry, expiry};
pub use self::others::{Invitation, StillUsed, generated, invitation, still_used, test};
use super::Letterhead;
use crate::domain::admin::actor::Actor;
use crate::domain::calendar::{LocalText, date, date_text};
use crate::domain::token::Token;

/// The page on which tokens are generated.
const SETTINGS_PAGE: &str = "/admin/authentication";

const SETTINGS_LINK: &str = "Open SCIM Token settings";

const STEPS: &[&str] = &[
    "Open Admin Settings, Authentication.",
    "In the SCIM Token section choose a lifespan and click Generate Token.",
    "Copy the token. It is displayed only once.",
    "Enter it in the SCIM application of your identity provider and test the connection.",
];

/// Why somebody gets a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// As a Server Admin.
    ServerAdmin,
    /// Because the address is in the configuration.
    Configured,
}

impl Reader {
    fn reason(self, letterhead: &Letterhead) -> String {
        let Letterhead { product, public_url, .. } = letterhead;
        let host = public_url.authority();
        match self {
            Self::ServerAdmin => format!(
                "You receive this mail because you are a Server Admin of {product} at {host}. \
                 Every Server Admin receives it. It was sent automatically."
            ),
            Self::Configured => format!(
                "You receive this mail because your address is configured to receive \
                 notifications about the SCIM token of {product} at {host}. It was sent \
                 automatically."
            ),
        }
    }
}

fn settings_link(letterhead: &Letterhead) -> (&'static str, String) {
    (SETTINGS_LINK, letterhead.public_url.join(SETTINGS_PAGE))
}

/// `4 Jun 2026 by Grace Hopper`, `4 Jun 2026 at the command line`
fn generation(token: &Token, zone: Tz) -> String {
    let day = date_text(date(token.generated_at, zone));
    match &token.generated_by {
        Actor::CommandLine => format!("{day} at the command line"),
        actor => format!("{day} by {}", actor.name()),
    }
}

fn local(at: chrono::DateTime<chrono::Utc>, zone: Tz) -> LocalText {
    LocalText::new(at, zone)
}
