//! What the activity list says about an event.

use super::sentence::Sentence;
use crate::domain::activity::Event;
use crate::domain::admin::actor::Actor;
use crate::domain::mail::kind::MailKind;
use crate::domain::network::agent::short_name;
use crate::domain::token::secret::TokenId;
use crate::web::pages::layout::text::digits;
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
        Actor::ApiKey { .. } | Actor::CommandLine | Actor::System => sentences.first(),
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
        "session" if is_me(&event.actor, names) => sentence.words("one of your sessions"),
        "session" => who(sentence.words("a session of "), &event.actor, names),
        "token" => sentence.code(event.token.as_ref().map_or("", TokenId::as_str)),
        "subject" => sentence.foreign(subject),
        "why" if subject.starts_with("after") => sentence.words(" ").foreign(subject),
        "why" => sentence.words(": ").foreign(subject),
        "caller" => sentence.foreign(short_name(event.source.agent.as_deref())),
        "user" => match &event.source.agent {
            Some(agent) => sentence.foreign(short_name(Some(agent))),
            None => sentence.words("Identity provider"),
        },
        "times" if event.count > 1 => sentence.words(format!(" {} times", digits(event.count))),
        "times" => sentence,
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
        Actor::ApiKey { title, .. } => sentence.foreign(title),
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

/// `1 request`, `14,000 requests`.
fn counted(number: u64, unit: &str) -> String {
    format!("{} {unit}{}", digits(number), if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::activity::Kind;
    use crate::domain::admin::person::AdminId;
    use crate::domain::network::source::Source;

    fn event(kind: Kind, actor: Actor) -> Event {
        let source = Source::new([203, 0, 113, 24].into(), None);
        Event::new(DateTime::UNIX_EPOCH, kind, actor, source)
    }

    fn admin(id: i64) -> Actor {
        Actor::Admin { id: AdminId(id), name: "Ada Lovelace".to_owned(), email: None }
    }

    fn shown(event: &Event) -> String {
        headline(event, Some(&Names::new(&[], AdminId(1)))).to_string()
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
            (
                Kind::ProofFailed,
                "A confirmation failed in one of your sessions",
                "A confirmation failed in a session of Ada Lovelace",
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
    fn failed_logins_of_an_hour_are_counted() {
        let failed =
            event(Kind::LoginFailed, Actor::System).about("ada@example.com, b@example.com");

        let addresses = "ada@example.com, b@example.com";
        assert_eq!(shown(&failed), format!("Login failed for {addresses}"));
        assert_eq!(
            shown(&failed.clone().times(1_200)),
            format!("1,200 logins failed for {addresses}")
        );
    }

    #[test]
    fn logins_in_a_row_are_counted() {
        let login = event(Kind::LoggedIn, admin(1));
        assert_eq!(shown(&login), "You logged in");
        assert_eq!(shown(&login.times(4)), "You logged in 4 times");
    }

    #[test]
    fn callers_have_short_names() {
        for (kind, agent, text) in [
            (Kind::TokenFirstUsed, Some("Okta SCIM Client 1.0.0"), "Okta started to use token "),
            (Kind::TokenFirstUsed, None, "Identity provider started to use token "),
            (Kind::NewCaller, Some("curl/8.11.0"), "A new caller was accepted: curl 8"),
        ] {
            let source = Source::new([203, 0, 113, 24].into(), agent);
            assert_eq!(shown(&Event { source, ..event(kind, Actor::System) }), text);
        }
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
