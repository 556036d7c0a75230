//! The sentences of the activity list.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::domain::activity::{Event, Kind};
use crate::domain::admin::actor::Actor;
use crate::domain::admin::person::AdminId;
use crate::domain::mail::kind::MailKind;
use crate::domain::token::refusal::Refusal;
use crate::domain::token::secret::TokenId;
use crate::web::pages::layout::time::{ago, utc_text};

/// A sentence whose parts a page may show in different ways.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Sentence {
    /// The parts in their order.
    pub(crate) parts: Vec<Part>,
}

/// A part of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// Our own words.
    Words(String),
    /// What somebody has entered: it may be written in the other direction.
    Foreign(String),
    /// The id of a token.
    Code(String),
}

impl Sentence {
    fn new(words: impl Into<String>) -> Self {
        Self::default().words(words)
    }

    fn words(self, words: impl Into<String>) -> Self {
        self.with(Part::Words(words.into()))
    }

    fn foreign(self, text: impl Into<String>) -> Self {
        self.with(Part::Foreign(text.into()))
    }

    fn code(self, id: impl Into<String>) -> Self {
        self.with(Part::Code(id.into()))
    }

    fn with(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }
}

impl fmt::Display for Sentence {
    /// Writes the sentence as plain text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| {
            let (Part::Words(text) | Part::Foreign(text) | Part::Code(text)) = part;
            f.write_str(text)
        })
    }
}

/// An entry in one line, for an export.
pub(crate) fn description(event: &Event) -> String {
    headline(event, None).to_string()
}

/// Who did it, as the first words of a sentence.
fn who(actor: &Actor, me: Option<AdminId>) -> Sentence {
    match actor {
        Actor::Admin { id, .. } if Some(*id) == me => Sentence::new("You"),
        Actor::Admin { name, .. } => Sentence::default().foreign(name),
        Actor::CommandLine => Sentence::new("Somebody at the command line"),
        Actor::System => Sentence::new("scimward"),
    }
}

/// What happened.
pub(crate) fn headline(event: &Event, me: Option<AdminId>) -> Sentence {
    let token = event.token.as_ref().map_or("", TokenId::as_str);
    let subject = event.subject.as_deref().unwrap_or_default();
    let did = |words: &str| who(&event.actor, me).words(words);
    let own =
        if event.actor.admin_id().is_some_and(|id| Some(id) == me) { "your" } else { "their" };
    match event.kind {
        Kind::TokenGenerated => did(" generated token ").code(token),
        Kind::TokenRevoked => did(" revoked token ").code(token).words(" without replacing it"),
        Kind::TokenFirstUsed => {
            Sentence::new("Identity provider started to use token ").code(token)
        }
        Kind::TokenExpired => Sentence::new("Token ").code(token).words(" expired"),
        Kind::RequestsRefused => {
            Sentence::new(format!("{} refused", counted(event.count, "SCIM request")))
        }
        Kind::LoggedIn => did(" logged in"),
        Kind::LoginFailed => Sentence::new("Login failed for ").foreign(subject),
        Kind::LoggedOut => did(" logged out"),
        Kind::SessionEnded => did(" ended another of ").words(own).words(" sessions"),
        Kind::AdminAdded if event.actor.admin_id().is_some() => {
            did(" became a Server Admin with the address ").foreign(subject)
        }
        Kind::AdminAdded => did(" added the Server Admin ").foreign(subject),
        Kind::AdminInvited => did(" invited ").foreign(subject),
        Kind::InvitationWithdrawn => did(" withdrew the invitation of ").foreign(subject),
        Kind::AdminDeactivated => did(" deactivated ").foreign(subject),
        Kind::AdminReactivated => did(" reactivated ").foreign(subject),
        Kind::AdminChanged => did(" changed the name or address of ").foreign(subject),
        Kind::PasswordChanged if event.actor.admin_id().is_some() => {
            did(" changed ").words(own).words(" password")
        }
        Kind::PasswordChanged => did(" changed the password of ").foreign(subject),
        Kind::MailSent | Kind::MailWritten => {
            let done =
                if event.kind == Kind::MailSent { "sent to" } else { "written to a file for" };
            let sent = Sentence::new(format!("{} {done} ", mail(subject)));
            match &event.detail {
                Some(recipient) => sent.foreign(recipient),
                None => sent.words(counted(event.count, "recipient")),
            }
        }
        Kind::MailFailed => Sentence::new(format!("{} could not be delivered", mail(subject))),
    }
}

/// What kind of mail it was.
fn mail(subject: &str) -> &str {
    subject.parse::<MailKind>().map_or("Mail", MailKind::name)
}

/// What else is known about it. `since` is when the earliest of several happened.
pub(crate) fn notes(event: &Event, since: DateTime<Utc>, now: DateTime<Utc>) -> Vec<Sentence> {
    match event.kind {
        Kind::TokenGenerated => vec![generated(event)],
        Kind::TokenExpired => vec![Sentence::new("SCIM sync has stopped.")],
        Kind::MailSent | Kind::MailWritten => Vec::new(),
        Kind::RequestsRefused => refused(event, since, now),
        _ => {
            let detail = event.detail.as_ref().map(|detail| Sentence::default().foreign(detail));
            detail.into_iter().chain(origin(event)).collect()
        }
    }
}

/// From where, and with what.
fn origin(event: &Event) -> Option<Sentence> {
    let address = Sentence::new(event.source.address_text()?);
    Some(match &event.source.agent {
        Some(agent) => address.words(" · ").foreign(agent),
        None => address,
    })
}

/// `Lifespan 6 months, from 198.51.100.7. Token K4W9PA12 was revoked.`
fn generated(event: &Event) -> Sentence {
    let lifespan = event.detail.as_deref().unwrap_or_default();
    let from = event.source.address_text().map(|from| format!(", from {from}"));
    let note = Sentence::new(format!("Lifespan {lifespan}{}.", from.unwrap_or_default()));
    match &event.subject {
        Some(replaced) => note.words(" Token ").code(replaced).words(" was revoked."),
        None => note,
    }
}

/// What was wrong, from where, since when and what to do about it.
fn refused(event: &Event, since: DateTime<Utc>, now: DateTime<Utc>) -> Vec<Sentence> {
    let reason = event.subject.as_deref().and_then(|code| code.parse::<Refusal>().ok());
    let Some(reason) = reason else { return Vec::new() };
    let sends = Sentence::new("The identity provider still sends the ");
    let what = match (reason, &event.token) {
        (Refusal::Expired, Some(id)) => sends.words("expired token ").code(id.as_str()),
        (Refusal::Revoked, Some(id)) => sends.words("replaced or revoked token ").code(id.as_str()),
        (reason, Some(id)) => {
            Sentence::new(reason.what()).words(" (token ").code(id.as_str()).words(")")
        }
        (reason, None) => Sentence::new(reason.what()),
    };
    let from = event.source.address_text().unwrap_or_else(|| "various addresses".to_owned());
    let what = what.words(format!(". Latest {}, from {from}", ago(now, event.at)));
    let what = match &event.source.agent {
        Some(agent) => what.words(" (").foreign(agent).words(")"),
        None => what,
    };
    let what = what.words(".");
    let what =
        if since < event.at { what.words(format!(" Since {}.", utc_text(since))) } else { what };
    vec![what, Sentence::new(reason.remedy())]
}

/// `1 request`, `14,000 requests`.
fn counted(number: u64, unit: &str) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    format!("{text} {unit}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::network::source::Source;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn event(kind: Kind, actor: Actor) -> Event {
        let source = Source::new([203, 0, 113, 24].into(), None);
        Event::new(at("2026-11-22T09:38:00Z"), kind, actor, source)
    }

    fn admin(id: i64) -> Actor {
        Actor::Admin { id: AdminId(id), name: "Ada Lovelace".to_owned() }
    }

    fn told(event: &Event) -> String {
        headline(event, Some(AdminId(1))).to_string()
    }

    fn noted(event: &Event, since: &str) -> Vec<String> {
        let notes = notes(event, at(since), at("2026-11-22T09:41:00Z"));
        notes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn ones_own_actions_begin_with_you() {
        for (kind, me, other) in [
            (Kind::LoggedIn, "You logged in", "Ada Lovelace logged in"),
            (
                Kind::SessionEnded,
                "You ended another of your sessions",
                "Ada Lovelace ended another of their sessions",
            ),
            (
                Kind::PasswordChanged,
                "You changed your password",
                "Ada Lovelace changed their password",
            ),
        ] {
            assert_eq!(told(&event(kind, admin(1))), me);
            assert_eq!(told(&event(kind, admin(2))), other);
            assert_eq!(description(&event(kind, admin(1))), other);
        }
        let changed = event(Kind::PasswordChanged, Actor::CommandLine).about("ada@example.com");
        let expected = "Somebody at the command line changed the password of ada@example.com";
        assert_eq!(told(&changed), expected);
    }

    #[test]
    fn a_generation_names_the_token_it_replaced() {
        let generated = event(Kind::TokenGenerated, Actor::CommandLine)
            .about_token(TokenId::parse("Q9T4XB12").unwrap())
            .about("K4W9PA12")
            .with_detail("6 months");

        let notes = noted(&generated, "2026-11-22T09:38:00Z");

        assert_eq!(notes, ["Lifespan 6 months, from 203.0.113.24. Token K4W9PA12 was revoked."]);
        assert_eq!(told(&generated), "Somebody at the command line generated token Q9T4XB12");
    }

    #[test]
    fn refused_requests_say_since_when_and_what_to_do() {
        let refused = event(Kind::RequestsRefused, Actor::System)
            .about_token(TokenId::parse("M2C8RD12").unwrap())
            .about(Refusal::Expired.code())
            .times(1_400);
        let what = "The identity provider still sends the expired token M2C8RD12. \
            Latest 3 minutes ago, from 203.0.113.24.";

        assert_eq!(told(&refused), "1,400 SCIM requests refused");
        assert_eq!(noted(&refused, "2026-11-22T09:38:00Z"), [what, Refusal::Expired.remedy()]);
        let since = noted(&refused, "2026-11-21T00:00:00Z");
        assert_eq!(since[0], format!("{what} Since 21 Nov 2026, 00:00 UTC."));
    }

    #[test]
    fn mails_are_named_by_their_kind() {
        for (kind, subject, text) in [
            (Kind::MailSent, "minus15", "15-day expiry mail sent to 1 recipient"),
            (Kind::MailWritten, "minus1", "1-day expiry mail written to a file for 1 recipient"),
            (Kind::MailFailed, "test", "Test mail could not be delivered"),
            (Kind::MailFailed, "?", "Mail could not be delivered"),
        ] {
            assert_eq!(told(&event(kind, Actor::System).about(subject)), text);
        }
        let test = event(Kind::MailSent, Actor::System).about("test").with_detail("a@example.com");
        assert_eq!(told(&test), "Test mail sent to a@example.com");
    }
}
