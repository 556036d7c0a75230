//! The mails about changes of Server Admins: who did it, from where, and what to do about a stranger.

use chrono::NaiveDateTime;
use chrono_tz::Tz;

use super::{Letterhead, server_admin_reason};
use crate::domain::activity::Event;
use crate::domain::admin::actor::Actor;
use crate::domain::calendar::LocalText;
use crate::domain::mail::alert::Alert;
use crate::domain::network::agent::short_name;
use crate::mail::letter::{Letter, Parts, Tone};

/// What every mail about a change ends with.
pub(super) const CLOSING: &str = "If you cannot log in any more, ask another Server Admin or the \
                                  people who run the server. Nobody will ever ask you for your password.";

/// A change of a Server Admin, as the activity list has it.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// What was changed.
    pub alert: Alert,
    /// The entry: who did it, when and from where. Its subject is the address of the Server Admin.
    pub event: &'a Event,
    /// The name of the Server Admin who has this address now.
    pub name: Option<&'a str>,
}

/// Why somebody gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// They are a Server Admin.
    ServerAdmin,
    /// They, or this address of theirs, were until the change.
    Former,
    /// Their address is configured.
    Configured,
}

/// Tells of a change.
pub fn alert(change: &Change<'_>, told: Told, zone: Tz, letterhead: &Letterhead) -> Letter {
    let product = &letterhead.product;
    let event = change.event;
    let address = event.subject.as_deref().unwrap_or_default();
    let person = Person { name: change.name.unwrap_or(address), address };
    let mut facts = vec![
        ("When", LocalText::new(event.at, zone).fact()),
        ("By", by(&event.actor)),
        ("From", origin(event)),
        ("Server Admin", person.in_full()),
    ];
    match (change.alert, &event.detail) {
        (Alert::Changed, Some(before)) => {
            facts.push(("Before", before.strip_prefix("was ").unwrap_or(before).to_owned()));
        }
        (Alert::PasswordLinkUsed, Some(sent)) => facts.push(("Link", sent_in(sent, zone))),
        _ => {}
    }
    let parts = Parts {
        subject: subject(change.alert, &person),
        preview: format!("{} If nobody on your team did this, act now.", who_did(&event.actor)),
        tone: Tone::Note,
        heading: heading(change.alert).to_owned(),
        paragraphs: vec![what(change, &person, product), warning(change)],
        facts,
        steps: Vec::new(),
        link: ("Open Server Admins", letterhead.public_url.join("/admin/server-admins")),
        closing: CLOSING.to_owned(),
        reason: reason(told, letterhead),
    };
    parts.render(letterhead)
}

/// The Server Admin who was changed.
pub(super) struct Person<'a> {
    /// The name, or the address where that is not known.
    pub(super) name: &'a str,
    pub(super) address: &'a str,
}

impl Person<'_> {
    /// `Grace Hopper (grace@example.com)`
    pub(super) fn in_full(&self) -> String {
        let Self { name, address } = self;
        if name == address { (*name).to_owned() } else { format!("{name} ({address})") }
    }
}

fn subject(alert: Alert, person: &Person<'_>) -> String {
    let name = person.name;
    match alert {
        Alert::Added => format!("New Server Admin: {name}"),
        Alert::Reactivated => format!("Server Admin reactivated: {name}"),
        Alert::Deactivated => format!("Server Admin deactivated: {name}"),
        Alert::Changed => format!("Name or address of a Server Admin changed: {name}"),
        Alert::PasswordChanged => format!("Password changed: {name}"),
        Alert::PasswordLinkUsed => format!("Password of {name} was changed with a link"),
    }
}

const fn heading(alert: Alert) -> &'static str {
    match alert {
        Alert::Added => "There is a new Server Admin",
        Alert::Reactivated => "A Server Admin was reactivated",
        Alert::Deactivated => "A Server Admin was deactivated",
        Alert::Changed => "The name or address of a Server Admin was changed",
        Alert::PasswordChanged => "The password of a Server Admin was changed",
        Alert::PasswordLinkUsed => "A password was changed with a link",
    }
}

/// What happened, and what it means.
fn what(change: &Change<'_>, person: &Person<'_>, product: &str) -> String {
    let (who, full) = (who(&change.event.actor), person.in_full());
    let is_own = change.event.actor.email() == Some(person.address);
    match change.alert {
        Alert::Added if is_own => {
            let how = change.event.detail.as_ref().map(|how| format!(", {how}"));
            let how = how.unwrap_or_default();
            format!("{full} became a Server Admin of {product}{how}, and can generate tokens.")
        }
        Alert::Added => {
            format!("{who} made {full} a Server Admin of {product}, who can generate tokens.")
        }
        Alert::Reactivated => {
            format!("{who} reactivated {full}, who can log in to {product} again.")
        }
        Alert::Deactivated => {
            format!("{who} deactivated {full}, who can no longer log in to {product}.")
        }
        Alert::Changed => format!(
            "{who} changed the name or address of a Server Admin of {product}. Mails and logins \
             use the new address."
        ),
        Alert::PasswordChanged if is_own => {
            format!("{full} changed their password for {product}. All their sessions were ended.")
        }
        Alert::PasswordLinkUsed => format!(
            "The password of {full} for {product} was changed with a link that was sent to them. \
             All their sessions were ended."
        ),
        Alert::PasswordChanged => format!(
            "{who} changed the password of {full} for {product}. All their sessions were ended."
        ),
    }
}

/// What to do if it was a stranger.
fn warning(change: &Change<'_>) -> String {
    const AND: &str = "generate a new token (this revokes the present one), and check Activity.";
    match (&change.event.actor, change.alert) {
        (Actor::Admin { .. }, Alert::Added) => format!(
            "If nobody on your team knows this person: deactivate the new account and the one \
             that sent the invitation, {AND}"
        ),
        (Actor::Admin { name, .. }, Alert::PasswordLinkUsed) => {
            format!("If it was not {name}: deactivate that account, {AND}")
        }
        (Actor::Admin { name, .. }, Alert::PasswordChanged) => {
            format!("If {name} did not do this: deactivate that account, {AND}")
        }
        (Actor::Admin { name, .. }, _) => format!(
            "If {name} did not do this, somebody else uses that account: deactivate it, undo the \
             change, {AND}"
        ),
        (Actor::ApiKey { .. } | Actor::CommandLine | Actor::System, _) => format!(
            "If nobody on your team did this: undo the change, check who has access to the \
             server, {AND}"
        ),
    }
}

/// Who sent a link, and when, with the time as mails write it.
fn sent_in(sent: &str, zone: Tz) -> String {
    let parsed = sent.rsplit_once(" on ").and_then(|(by, at)| {
        let at = NaiveDateTime::parse_from_str(at, "%d %b %Y, %H:%M UTC").ok()?;
        Some(format!("{by} on {}", LocalText::new(at.and_utc(), zone).fact()))
    });
    parsed.unwrap_or_else(|| sent.to_owned())
}

fn who(actor: &Actor) -> &str {
    match actor {
        Actor::Admin { name, .. } => name,
        Actor::ApiKey { title, .. } => title,
        Actor::CommandLine => "Somebody at the command line of the server",
        Actor::System => "The server",
    }
}

fn who_did(actor: &Actor) -> String {
    format!("{} did it.", who(actor))
}

pub(super) fn by(actor: &Actor) -> String {
    match (actor, actor.email()) {
        (Actor::Admin { name, .. }, Some(email)) => format!("{name} ({email})"),
        (Actor::Admin { name, .. }, None) => name.clone(),
        (Actor::ApiKey { title, .. }, _) => title.clone(),
        (Actor::CommandLine, _) => "Command line on the server".to_owned(),
        (Actor::System, _) => "The server".to_owned(),
    }
}

pub(super) fn origin(event: &Event) -> String {
    let agent = event.source.agent.as_deref();
    match event.source.address_text() {
        Some(address) => format!("{address} ({})", short_name(agent)),
        None => "Command line".to_owned(),
    }
}

pub(super) fn reason(told: Told, letterhead: &Letterhead) -> String {
    let Letterhead { product, public_url, .. } = letterhead;
    let host = public_url.authority();
    match told {
        Told::ServerAdmin => server_admin_reason(letterhead),
        Told::Former => format!(
            "You receive this mail because this was the address of a Server Admin of {product} at \
             {host} until this change. It was sent automatically."
        ),
        Told::Configured => format!(
            "You receive this mail because your address is configured to receive notifications of \
             {product} at {host}. It was sent automatically."
        ),
    }
}
