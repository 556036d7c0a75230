//! What the activity list says about an event.

use chrono::{DateTime, Utc};

use super::sentence::Sentence;
use crate::domain::activity::{Event, Kind};
use crate::domain::admin::actor::Actor;
use crate::domain::mail::kind::MailKind;
use crate::domain::token::refusal::Refusal;
use crate::domain::token::secret::TokenId;
use crate::web::pages::layout::time::{ago, utc_text};
use crate::web::pages::names::Names;

/// An entry in one line, for an export.
pub(crate) fn description(event: &Event) -> String {
    headline(event, None).to_string()
}

/// What happened.
pub(crate) fn headline(event: &Event, names: Option<&Names>) -> Sentence {
    let sentences = event.kind.info().sentences;
    let sentence = match event.actor {
        Actor::Admin { .. } => sentences.last(),
        Actor::CommandLine | Actor::System => sentences.first(),
    };
    // Outside and inside of braces take turns.
    let pieces = sentence.into_iter().flat_map(|sentence| sentence.split(['{', '}'])).enumerate();
    pieces.fold(Sentence::default(), |sentence, (index, piece)| {
        if index.is_multiple_of(2) {
            sentence.words(piece)
        } else {
            fill(sentence, piece, event, names)
        }
    })
}

/// Goes on with what stands for a name in braces.
fn fill(sentence: Sentence, name: &str, event: &Event, names: Option<&Names>) -> Sentence {
    let subject = event.subject.as_deref().unwrap_or_default();
    match name {
        "who" => who(sentence, &event.actor, names),
        "their" if is_me(&event.actor, names) => sentence.words("your"),
        "their" => sentence.words("their"),
        "token" => sentence.code(event.token.as_ref().map_or("", TokenId::as_str)),
        "subject" => sentence.foreign(subject),
        "caller" => sentence.foreign(event.source.agent.as_deref().unwrap_or("unnamed")),
        "requests" => sentence.words(counted(event.count, "SCIM request")),
        "logins" if event.count == 1 => sentence.words("Login"),
        "logins" => sentence.words(counted(event.count, "login")),
        "mail" => sentence.words(mail(subject)),
        "recipients" => match &event.detail {
            Some(recipient) => sentence.foreign(recipient),
            None => sentence.words(counted(event.count, "recipient")),
        },
        unknown => sentence.words(format!("{{{unknown}}}")),
    }
}

/// Who did it.
fn who(sentence: Sentence, actor: &Actor, names: Option<&Names>) -> Sentence {
    match actor {
        Actor::Admin { .. } if is_me(actor, names) => sentence.words("You"),
        Actor::Admin { name, .. } => {
            let sentence = sentence.foreign(name);
            match names.and_then(|names| names.address(actor)) {
                Some(address) => sentence.words(" (").foreign(address).words(")"),
                None => sentence,
            }
        }
        Actor::CommandLine => sentence.words("Somebody at the command line"),
        Actor::System => sentence.words("scimward"),
    }
}

fn is_me(actor: &Actor, names: Option<&Names>) -> bool {
    names.is_some_and(|names| names.is_me(actor))
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
        Kind::NewCaller => vec![new_caller(event)],
        Kind::RequestsRefused => refused(event, since, now),
        Kind::LoginFailed if event.source.address.is_none() => {
            vec![Sentence::new("From various addresses.")]
        }
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

/// `First request from 203.0.113.24 with token K4W9PA12.`
fn new_caller(event: &Event) -> Sentence {
    let from = event.source.address_text().unwrap_or_default();
    let token = event.token.as_ref().map_or("", TokenId::as_str);
    Sentence::new(format!("First request from {from} with token ")).code(token).words(".")
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
    use crate::domain::admin::person::AdminId;
    use crate::domain::network::source::Source;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn event(kind: Kind, actor: Actor) -> Event {
        let source = Source::new([203, 0, 113, 24].into(), None);
        Event::new(at("2026-11-22T09:38:00Z"), kind, actor, source)
    }

    fn admin(id: i64) -> Actor {
        Actor::Admin { id: AdminId(id), name: "Ada Lovelace".to_owned(), email: None }
    }

    fn shown(event: &Event) -> String {
        headline(event, Some(&Names::new(&[], AdminId(1)))).to_string()
    }

    fn noted(event: &Event, since: &str) -> Vec<String> {
        let notes = notes(event, at(since), at("2026-11-22T09:41:00Z"));
        notes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_name_in_braces_is_known() {
        for kind in Kind::ALL {
            for actor in [Actor::System, admin(1)] {
                let text = shown(&event(*kind, actor));
                assert!(!text.contains(['{', '}']), "{text}");
            }
        }
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
            assert_eq!(shown(&event(kind, admin(1))), me);
            assert_eq!(shown(&event(kind, admin(2))), other);
            assert_eq!(description(&event(kind, admin(1))), other);
        }
        let changed = event(Kind::PasswordChanged, Actor::CommandLine).about("ada@example.com");
        let expected = "Somebody at the command line changed the password of ada@example.com";
        assert_eq!(shown(&changed), expected);
    }

    #[test]
    fn a_generation_names_the_token_it_replaced() {
        let generated = event(Kind::TokenGenerated, Actor::CommandLine)
            .about_token(TokenId::parse("Q9T4XB12").unwrap())
            .about("K4W9PA12")
            .with_detail("6 months");

        let notes = noted(&generated, "2026-11-22T09:38:00Z");

        assert_eq!(notes, ["Lifespan 6 months, from 203.0.113.24. Token K4W9PA12 was revoked."]);
        assert_eq!(shown(&generated), "Somebody at the command line generated token Q9T4XB12");
    }

    #[test]
    fn refused_requests_say_since_when_and_what_to_do() {
        let refused = event(Kind::RequestsRefused, Actor::System)
            .about_token(TokenId::parse("M2C8RD12").unwrap())
            .about(Refusal::Expired.code())
            .times(1_400);
        let what = "The identity provider still sends the expired token M2C8RD12. \
            Latest 3 minutes ago, from 203.0.113.24.";

        assert_eq!(shown(&refused), "1,400 SCIM requests refused");
        assert_eq!(noted(&refused, "2026-11-22T09:38:00Z"), [what, Refusal::Expired.remedy()]);
        let since = noted(&refused, "2026-11-21T00:00:00Z");
        assert_eq!(since[0], format!("{what} Since 21 Nov 2026, 00:00 UTC."));
    }

    #[test]
    fn failed_logins_of_an_hour_are_counted() {
        let failed =
            event(Kind::LoginFailed, Actor::System).about("ada@example.com, b@example.com");
        let nowhere = Event { source: Source::default(), ..failed.clone() };
        let noted = |event: &Event| noted(event, "2026-11-22T09:38:00Z");

        let addresses = "ada@example.com, b@example.com";
        assert_eq!(shown(&failed), format!("Login failed for {addresses}"));
        assert_eq!(
            shown(&failed.clone().times(1_200)),
            format!("1,200 logins failed for {addresses}")
        );
        assert_eq!(noted(&failed), ["203.0.113.24"]);
        assert_eq!(noted(&nowhere), ["From various addresses."]);
    }

    #[test]
    fn mails_are_named_by_their_kind() {
        for (kind, subject, text) in [
            (Kind::MailSent, "minus15", "15-day expiry mail sent to 1 recipient"),
            (Kind::MailWritten, "minus1", "1-day expiry mail written to a file for 1 recipient"),
            (Kind::MailFailed, "test", "Test mail could not be delivered"),
            (Kind::MailFailed, "?", "Mail could not be delivered"),
        ] {
            assert_eq!(shown(&event(kind, Actor::System).about(subject)), text);
        }
        let test = event(Kind::MailSent, Actor::System).about("test").with_detail("a@example.com");
        assert_eq!(shown(&test), "Test mail sent to a@example.com");
    }
}
