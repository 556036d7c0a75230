//! The mails about things that happened.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{Letterhead, Reader, local, settings_link};
use crate::domain::admin::actor::Actor;
use crate::domain::admin::person::EmailAddress;
use crate::domain::token::secret::TokenId;
use crate::domain::token::{LateUse, Token};
use crate::mail::letter::{Draft, Letter, Tone};

/// Tells the Server Admins that a token was generated. `email` is the address of the admin who did
/// it, `replaced` the token that was revoked with it.
pub fn generated(
    token: &Token,
    email: Option<&EmailAddress>,
    replaced: Option<&TokenId>,
    zone: Tz,
    letterhead: &Letterhead,
) -> Letter {
    let product = &letterhead.product;
    let actor = Who::new(&token.generated_by);
    let sync = if replaced.is_some() {
        " The previous token was revoked at the same moment. SCIM sync works again once the new \
         token is entered in your identity provider."
    } else {
        " SCIM sync works once it is entered in your identity provider."
    };
    let by = match email {
        Some(email) => format!("{} ({email})", actor.name),
        None => actor.name.clone(),
    };
    let mut facts = vec![
        ("Generated", local(token.generated_at, zone).fact()),
        ("By", by),
        ("From", origin(token)),
        ("New token ID", token.id.to_string()),
        ("Expires", format!("{} ({})", local(token.expires_at, zone).fact(), token.lifespan)),
    ];
    facts.extend(replaced.map(|id| ("Revoked token ID", id.to_string())));
    let draft = Draft {
        subject: format!("New SCIM token generated {}", actor.by),
        preview: if replaced.is_some() {
            "The previous token was revoked. If nobody on your team did this, act now.".to_owned()
        } else {
            "If nobody on your team did this, act now.".to_owned()
        },
        tone: Tone::Note,
        heading: "A new SCIM token was generated".to_owned(),
        paragraphs: vec![
            format!("{} a new SCIM token for {product}.{sync}", actor.did),
            actor.warning,
        ],
        facts,
        steps: &[],
        link: settings_link(letterhead),
        closing: format!(
            "This mail never contains the token. Nobody at {product} will ask you for it."
        ),
        reason: Reader::ServerAdmin.reason(letterhead),
    };
    draft.render(letterhead)
}

/// How the one who generated a token is spoken of.
struct Who {
    name: String,
    by: String,
    did: String,
    warning: String,
}

impl Who {
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

/// What the mail about the replaced token is made of.
#[derive(Debug, Clone, Copy)]
pub struct StillUsed<'a> {
    /// The token that has not been used yet.
    pub token: &'a Token,
    /// The token it replaced.
    pub replaced: &'a TokenId,
    /// When that happened.
    pub replaced_at: DateTime<Utc>,
    /// How the replaced token was presented since.
    pub late_use: &'a LateUse,
}

/// Tells that the identity provider still has the replaced token.
pub fn still_used(
    mail: &StillUsed<'_>,
    zone: Tz,
    reader: Reader,
    letterhead: &Letterhead,
) -> Letter {
    let StillUsed { token, replaced, replaced_at, late_use } = mail;
    let since = local(*replaced_at, zone);
    let times = match late_use.count {
        1 => "1 request".to_owned(),
        count => format!("{count} requests"),
    };
    let draft = Draft {
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
            ("Last presented", local(late_use.at, zone).fact()),
            ("From", late_use.from.to_string()),
            ("Replaced token ID", replaced.to_string()),
            ("New token ID", token.id.to_string()),
        ],
        steps: &[],
        link: settings_link(letterhead),
        closing: "You receive this mail once for each replacement. The page shows when the new \
                  token is used for the first time."
            .to_owned(),
        reason: reader.reason(letterhead),
    };
    draft.render(letterhead)
}

/// What an invitation is made of.
#[derive(Debug, Clone, Copy)]
pub struct Invitation<'a> {
    /// Who invites.
    pub by: &'a str,
    /// The one-time link.
    pub link: &'a str,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// Invites somebody to become a Server Admin.
pub fn invitation(mail: &Invitation<'_>, zone: Tz, letterhead: &Letterhead) -> Letter {
    let Letterhead { product, public_url, .. } = letterhead;
    let host = public_url.authority();
    let by = mail.by;
    let draft = Draft {
        subject: format!("{by} invites you to become a Server Admin"),
        preview: format!("Set a password to manage the SCIM token of {product}."),
        tone: Tone::Note,
        heading: format!("Become a Server Admin of {product}"),
        paragraphs: vec![
            format!(
                "{by} invites you to become a Server Admin of {product} at {host}. Server Admins \
                 generate the token with which the identity provider syncs users and groups, and \
                 are told before it expires."
            ),
            "Open the link and set a password. The link works once; do not pass it on.".to_owned(),
        ],
        facts: vec![("Valid until", local(mail.expires_at, zone).fact())],
        steps: &[],
        link: ("Set a password", mail.link.to_owned()),
        closing:
            "If you did not expect this, ignore this mail: without a password nothing happens."
                .to_owned(),
        reason: format!(
            "You receive this mail because {by} entered your address in {product} at {host}. It \
             was sent automatically."
        ),
    };
    draft.render(letterhead)
}

/// Shows that mails arrive. `by` is who asked for it.
pub fn test(by: &str, zone: Tz, now: DateTime<Utc>, letterhead: &Letterhead) -> Letter {
    let Letterhead { product, public_url, .. } = letterhead;
    let host = public_url.authority();
    let draft = Draft {
        subject: "Test mail".to_owned(),
        preview: "Notifications about the SCIM token reach this mailbox.".to_owned(),
        tone: Tone::Note,
        heading: "Mails from here arrive".to_owned(),
        paragraphs: vec![
            format!(
                "This is a test. Notifications about the SCIM token of {product} reach this \
                 mailbox in the same way."
            ),
            "If this mail was in the spam folder, ask whoever runs your mail server to accept this \
             sender, so that the expiry of the token is not missed."
                .to_owned(),
        ],
        facts: vec![("Sent", local(now, zone).fact()), ("Asked for by", by.to_owned())],
        steps: &[],
        link: ("Open Notifications", public_url.join("/admin/notifications")),
        closing: "Nothing needs to be done.".to_owned(),
        reason: format!(
            "You receive this mail because a test was asked for at {product}, {host}. It was sent \
             automatically."
        ),
    };
    draft.render(letterhead)
}
