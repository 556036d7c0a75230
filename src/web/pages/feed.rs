//! The activity list in words.

use chrono::{DateTime, Utc};

use super::time::{Moment, ago};
use crate::domain::activity::{Actor, Event, Kind, Recorded};
use crate::domain::admin::AdminId;
use crate::domain::refusal::Refusal;
use crate::domain::secret::TokenId;

/// An entry as the list shows it.
pub(super) struct Entry {
    pub(super) icon: &'static str,
    pub(super) tone: &'static str,
    pub(super) text: String,
    pub(super) notes: Vec<String>,
    pub(super) at: Moment,
    pub(super) relative: String,
}

/// Entries for the reader `me`, whose own actions begin with "You".
pub(super) fn entries(recorded: &[Recorded], me: AdminId, now: DateTime<Utc>) -> Vec<Entry> {
    recorded.iter().map(|recorded| entry(&recorded.event, me, now)).collect()
}

fn entry(event: &Event, me: AdminId, now: DateTime<Utc>) -> Entry {
    let (icon, tone) = look(event.kind);
    Entry {
        icon,
        tone,
        text: text(event, me),
        notes: notes(event, now),
        at: Moment::new(event.at),
        relative: ago(now, event.at),
    }
}

const fn look(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::TokenGenerated => ("key", "success"),
        Kind::TokenRevoked => ("circle-slash", "danger"),
        Kind::TokenFirstUsed => ("plug", "accent"),
        Kind::TokenExpired => ("clock", "danger"),
        Kind::RequestsRefused => ("x-circle-fill", "danger"),
        Kind::LoggedIn => ("sign-in", ""),
        Kind::LoginFailed => ("alert", "attention"),
        Kind::LoggedOut | Kind::SessionEnded => ("sign-out", ""),
        Kind::AdminAdded | Kind::AdminReactivated | Kind::AdminChanged => ("person", ""),
        Kind::AdminInvited => ("paper-airplane", ""),
        Kind::AdminDeactivated => ("circle-slash", "attention"),
        Kind::PasswordChanged => ("lock", ""),
        Kind::MailSent => ("mail", ""),
        Kind::MailFailed => ("mail", "attention"),
    }
}

/// Who did it, as the first words of a sentence.
fn who(actor: &Actor, me: AdminId) -> &str {
    match actor {
        Actor::Admin { id, .. } if *id == me => "You",
        Actor::Admin { name, .. } => name,
        Actor::CommandLine => "Somebody at the command line",
        Actor::System => "scimward",
    }
}

fn text(event: &Event, me: AdminId) -> String {
    let who = who(&event.actor, me);
    let token = event.token.as_ref().map_or("", TokenId::as_str);
    let subject = event.subject.as_deref().unwrap_or_default();
    match event.kind {
        Kind::TokenGenerated => format!("{who} generated token {token}"),
        Kind::TokenRevoked => format!("{who} revoked token {token} without replacing it"),
        Kind::TokenFirstUsed => format!("Identity provider started to use token {token}"),
        Kind::TokenExpired => format!("Token {token} expired"),
        Kind::RequestsRefused if event.count == 1 => "1 SCIM request refused".to_owned(),
        Kind::RequestsRefused => format!("{} SCIM requests refused", event.count),
        Kind::LoggedIn => format!("{who} logged in"),
        Kind::LoginFailed => format!("Login failed for {subject}"),
        Kind::LoggedOut => format!("{who} logged out"),
        Kind::SessionEnded => format!("{who} ended another session"),
        Kind::AdminAdded if event.actor.admin_id().is_some() => {
            format!("{who} became a Server Admin with the address {subject}")
        }
        Kind::AdminAdded => format!("{who} added the Server Admin {subject}"),
        Kind::AdminInvited => format!("{who} invited {subject}"),
        Kind::AdminDeactivated => format!("{who} deactivated {subject}"),
        Kind::AdminReactivated => format!("{who} reactivated {subject}"),
        Kind::AdminChanged => format!("{who} changed the name or address of {subject}"),
        Kind::PasswordChanged => format!("{who} changed the password of {subject}"),
        Kind::MailSent => format!("{subject} sent"),
        Kind::MailFailed => format!("{subject} not sent"),
    }
}

fn notes(event: &Event, now: DateTime<Utc>) -> Vec<String> {
    let from = event.source.address_text();
    match event.kind {
        Kind::TokenGenerated => vec![generated(event)],
        Kind::TokenExpired => vec!["SCIM sync stopped".to_owned()],
        Kind::RequestsRefused => refused(event, now),
        _ => event.detail.clone().into_iter().chain(from).collect(),
    }
}

/// `Lifespan 6 months, from 198.51.100.7. Token K4W9PA12 was revoked.`
fn generated(event: &Event) -> String {
    let lifespan = event.detail.as_deref().unwrap_or_default();
    let from = event.source.address_text().map(|from| format!(", from {from}"));
    let revoked = event.subject.as_ref().map(|id| format!(" Token {id} was revoked."));
    format!("Lifespan {lifespan}{}.{}", from.unwrap_or_default(), revoked.unwrap_or_default())
}

/// What was wrong, from where, and what to do about it.
fn refused(event: &Event, now: DateTime<Utc>) -> Vec<String> {
    let reason = event.subject.as_deref().and_then(|code| code.parse::<Refusal>().ok());
    let Some(reason) = reason else { return Vec::new() };
    let what = match (reason, &event.token) {
        (Refusal::Expired, Some(id)) => {
            format!("The identity provider still sends the expired token {id}")
        }
        (Refusal::Revoked, Some(id)) => {
            format!("The identity provider still sends the replaced or revoked token {id}")
        }
        (reason, Some(id)) => format!("{} (token {id})", reason.what()),
        (reason, None) => reason.what().to_owned(),
    };
    let from = event.source.address_text().unwrap_or_else(|| "various addresses".to_owned());
    let agent = event.source.agent.as_ref().map(|agent| format!(" ({agent})")).unwrap_or_default();
    vec![
        format!("{what}. Latest {}, from {from}{agent}.", ago(now, event.at)),
        reason.remedy().to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::source::Source;

    const ME: AdminId = AdminId(1);

    fn event(kind: Kind, actor: Actor) -> Event {
        let at = "2026-11-22T09:38:00Z".parse().unwrap();
        Event::new(at, kind, actor, Source::new([203, 0, 113, 24].into(), None))
    }

    fn read(event: &Event) -> (String, String) {
        let entry = entry(event, ME, "2026-11-22T09:41:00Z".parse().unwrap());
        (entry.text, entry.notes.join(" "))
    }

    #[test]
    fn ones_own_actions_begin_with_you() {
        let actor = |id| Actor::Admin { id: AdminId(id), name: "Ada Lovelace".to_owned() };

        assert_eq!(read(&event(Kind::LoggedIn, actor(1))).0, "You logged in");
        assert_eq!(read(&event(Kind::LoggedIn, actor(2))).0, "Ada Lovelace logged in");
        let by_hand = read(&event(Kind::TokenRevoked, Actor::CommandLine)).0;
        assert!(by_hand.starts_with("Somebody at the command line revoked"), "{by_hand}");
    }

    #[test]
    fn a_generation_names_the_token_it_replaced() {
        let generated = event(Kind::TokenGenerated, Actor::CommandLine)
            .about_token(TokenId::parse("Q9T4XB12").unwrap())
            .about("K4W9PA12")
            .with_detail("6 months");

        let note = "Lifespan 6 months, from 203.0.113.24. Token K4W9PA12 was revoked.";
        assert_eq!(read(&generated).1, note);
    }

    #[test]
    fn refused_requests_say_what_to_do() {
        let refused = event(Kind::RequestsRefused, Actor::System)
            .about_token(TokenId::parse("M2C8RD12").unwrap())
            .about(Refusal::Expired.code())
            .times(14);

        let (text, notes) = read(&refused);

        assert_eq!(text, "14 SCIM requests refused");
        let what = "The identity provider still sends the expired token M2C8RD12. \
            Latest 3 minutes ago, from 203.0.113.24.";
        assert_eq!(notes, format!("{what} {}", Refusal::Expired.remedy()));
    }
}
