//! The mail about a generated token, to all Server Admins.

use chrono_tz::Tz;

use super::last_use::last_use;
use super::{Letterhead, server_admin_reason, settings_link};
use crate::domain::admin::actor::Actor;
use crate::domain::admin::person::EmailAddress;
use crate::domain::calendar::LocalText;
use crate::domain::token::Token;
use crate::mail::letter::{Letter, Parts, Tone};

/// Tells the Server Admins that a token was generated. `email` is the address of the admin who
/// generated it, `replaced` the token that was revoked with it.
pub fn generated(
    token: &Token,
    email: Option<&EmailAddress>,
    replaced: Option<&Token>,
    zone: Tz,
    letterhead: &Letterhead,
) -> Letter {
    let product = &letterhead.product;
    let generator = Generator::new(&token.generated_by);
    let sync = if replaced.is_some() {
        " The previous token was revoked at the same moment. SCIM sync works again once the new \
         token is entered in your identity provider."
    } else {
        " SCIM sync works once it is entered in your identity provider."
    };
    let by = match email {
        Some(email) => format!("{} ({email})", generator.name),
        None => generator.name.clone(),
    };
    let mut facts = vec![
        ("Generated", LocalText::new(token.generated_at, zone).fact()),
        ("By", by),
        ("From", origin(token)),
        ("New token ID", token.id.to_string()),
        (
            "Expires",
            format!("{} ({})", LocalText::new(token.expires_at, zone).fact(), token.lifespan),
        ),
    ];
    if let Some(old) = replaced {
        facts.push(("Revoked token ID", old.id.to_string()));
    }
    // Of the token that was in use until then, if there was one.
    facts.extend(last_use(replaced.unwrap_or(token).last_use.as_ref(), zone));
    let parts = Parts {
        subject: format!("New SCIM token generated {}", generator.by),
        preview: if replaced.is_some() {
            "The previous token was revoked. If nobody on your team did this, act now.".to_owned()
        } else {
            "If nobody on your team did this, act now.".to_owned()
        },
        tone: Tone::Note,
        heading: "A new SCIM token was generated".to_owned(),
        paragraphs: vec![
            format!("{} a new SCIM token for {product}.{sync}", generator.did),
            generator.warning,
        ],
        facts,
        steps: &[],
        link: settings_link(letterhead),
        closing: format!(
            "This mail never contains the token. Nobody at {product} will ask you for it."
        ),
        reason: server_admin_reason(letterhead),
    };
    parts.render(letterhead)
}

/// How the mail speaks of the person who generated the token.
struct Generator {
    name: String,
    by: String,
    did: String,
    warning: String,
}

impl Generator {
    fn new(actor: &Actor) -> Self {
        const REPLACE: &str =
            "log in, generate a new token yourself (this revokes the unknown one)";
        if let Actor::Admin { name, .. } = actor {
            return Self {
                name: name.clone(),
                by: format!("by {name}"),
                did: format!("{name} generated"),
                warning: format!(
                    "If {name} did not do this: {REPLACE}, reset the password of that account, and \
                     check Recent activity."
                ),
            };
        }
        Self {
            name: "Command line on the server".to_owned(),
            by: "at the command line".to_owned(),
            did: "Somebody at the command line of the server generated".to_owned(),
            warning: format!(
                "If nobody on your team did this: {REPLACE}, check who has access to the server, \
                 and check Recent activity."
            ),
        }
    }
}

fn origin(token: &Token) -> String {
    let source = &token.generated_from;
    match (source.address_text(), &source.agent) {
        (Some(address), Some(agent)) => format!("{address}, {agent}"),
        (Some(address), None) => address,
        (None, _) => "Command line".to_owned(),
    }
}
