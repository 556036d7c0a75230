//! What the activity list says below the sentence of an event.

use chrono::{DateTime, Utc};

use super::sentence::Sentence;
use crate::domain::activity::{Event, Kind, kept};
use crate::domain::network::agent::short_name;
use crate::domain::token::refusal::Refusal;
use crate::domain::token::secret::TokenId;
use crate::web::pages::layout::time::{ago, utc_text};

/// What else is known about it. `since` is when the earliest of several happened.
pub(crate) fn notes(event: &Event, since: DateTime<Utc>, now: DateTime<Utc>) -> Vec<Sentence> {
    match event.kind {
        Kind::TokenGenerated => vec![generated(event)],
        Kind::TokenExpired => vec![Sentence::new("SCIM sync has stopped.")],
        Kind::OldTokenEndedUnswitched => vec![Sentence::new(
            "SCIM sync stops until the new token is entered in your identity provider.",
        )],
        Kind::MailSent | Kind::MailWritten | Kind::WebhookSent => Vec::new(),
        Kind::TokenFirstUsed => from(event).into_iter().collect(),
        Kind::NewCaller => new_caller(event).into_iter().collect(),
        Kind::RequestsRefused => refused(event, since, now),
        Kind::LoginFailed if event.source.address.is_none() => {
            vec![Sentence::new("from ").address(None)]
        }
        _ => {
            let detail = event.detail.as_ref().map(|detail| Sentence::default().foreign(detail));
            detail.into_iter().chain(origin(event)).collect()
        }
    }
}

/// From where, and with what: `from 203.0.113.24, Firefox on Windows`.
fn origin(event: &Event) -> Option<Sentence> {
    let address = from(event)?;
    Some(match &event.source.agent {
        Some(agent) => address.words(", ").foreign(short_name(Some(agent))),
        None => address,
    })
}

/// `from 203.0.113.24`
fn from(event: &Event) -> Option<Sentence> {
    let address = event.source.address_text()?;
    Some(Sentence::new("from ").address(Some(address)))
}

/// `Lifespan 6 months, from 198.51.100.7. Token K4W9PA12 was revoked.`
fn generated(event: &Event) -> Sentence {
    let (lifespan, kept) = kept::parse(event.detail.as_deref().unwrap_or_default());
    let note = Sentence::new(format!("Lifespan {lifespan}"));
    let note = match event.source.address_text() {
        Some(address) => note.words(", from ").address(Some(address)),
        None => note,
    };
    let note = note.words(".");
    let note = match &event.subject {
        Some(replaced) => note.words(" Token ").code(replaced).words(" was revoked."),
        None => note,
    };
    match kept {
        Some((id, latest)) => {
            let until = format!(" stays valid until {} at the latest.", utc_text(latest));
            note.words(" Token ").code(id).words(until)
        }
        None => note,
    }
}

/// `first request from 203.0.113.24, with token K4W9PA12`
fn new_caller(event: &Event) -> Option<Sentence> {
    let address = event.source.address_text()?;
    let from = Sentence::new("first request from ").address(Some(address));
    Some(from.words(", with token ").code(event.token.as_ref().map_or("", TokenId::as_str)))
}

/// What was wrong, from where, since when and what to do about it.
fn refused(event: &Event, since: DateTime<Utc>, now: DateTime<Utc>) -> Vec<Sentence> {
    let reason = event.subject.as_deref().and_then(|code| code.parse::<Refusal>().ok());
    let Some(reason) = reason else { return Vec::new() };
    let name = Sentence::new("Requests still name the ");
    let what = match (reason, &event.token) {
        (Refusal::Expired, Some(id)) => name.words("expired token ").code(id.as_str()),
        (Refusal::Replaced, Some(id)) => name.words("replaced token ").code(id.as_str()),
        (Refusal::Revoked, Some(id)) => name.words("revoked token ").code(id.as_str()),
        (reason, Some(id)) => {
            Sentence::new(reason.what()).words(" (token ").code(id.as_str()).words(")")
        }
        (reason, None) => Sentence::new(reason.what()),
    };
    let what = what.words(format!(". Latest {}, from ", ago(now, event.at)));
    let what = what.address(event.source.address_text());
    let what = match &event.source.agent {
        Some(agent) => what.words(" (").foreign(short_name(Some(agent))).words(")"),
        None => what,
    };
    let what = what.words(".");
    let what =
        if since < event.at { what.words(format!(" Since {}.", utc_text(since))) } else { what };
    vec![what, Sentence::new(reason.remedy())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::admin::actor::Actor;
    use crate::domain::network::source::Source;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn event(kind: Kind, agent: Option<&str>) -> Event {
        let source = Source::new([203, 0, 113, 24].into(), agent);
        Event::new(at("2026-11-22T09:38:00Z"), kind, Actor::System, source)
    }

    fn noted(event: &Event, since: &str) -> Vec<String> {
        let notes = notes(event, at(since), at("2026-11-22T09:41:00Z"));
        notes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_generation_names_the_token_it_replaced() {
        let generated = event(Kind::TokenGenerated, None).about("K4W9PA12").with_detail("6 months");

        let notes = noted(&generated, "2026-11-22T09:38:00Z");

        assert_eq!(notes, ["Lifespan 6 months, from 203.0.113.24. Token K4W9PA12 was revoked."]);
    }

    #[test]
    fn refused_requests_say_since_when_and_what_to_do() {
        let refused = event(Kind::RequestsRefused, Some("Okta SCIM Client 1.0.0"))
            .about_token(TokenId::parse("M2C8RD12").unwrap())
            .about(Refusal::Expired.code())
            .times(1_400);
        let what = "Requests still name the expired token M2C8RD12. \
            Latest 3 minutes ago, from 203.0.113.24 (Okta).";

        assert_eq!(noted(&refused, "2026-11-22T09:38:00Z"), [what, Refusal::Expired.remedy()]);
        let since = noted(&refused, "2026-11-21T00:00:00Z");
        assert_eq!(since[0], format!("{what} Since 21 Nov 2026, 00:00 UTC."));
    }

    #[test]
    fn callers_and_browsers_have_short_names() {
        let windows = "Mozilla/5.0 (Windows NT 10.0; rv:133.0) Gecko/20100101 Firefox/133.0";
        for (kind, agent, note) in [
            (Kind::TokenFirstUsed, Some("Okta SCIM Client 1.0.0"), "from 203.0.113.24"),
            (
                Kind::NewCaller,
                Some("curl/8.11.0"),
                "first request from 203.0.113.24, with token Q9T4XB12",
            ),
            (Kind::LoggedIn, Some(windows), "from 203.0.113.24, Firefox on Windows"),
            (Kind::LoginFailed, None, "from 203.0.113.24"),
        ] {
            let event = event(kind, agent).about_token(TokenId::parse("Q9T4XB12").unwrap());
            assert_eq!(noted(&event, "2026-11-22T09:38:00Z"), [note]);
        }
        let nowhere = Event { source: Source::default(), ..event(Kind::LoginFailed, None) };
        assert_eq!(noted(&nowhere, "2026-11-22T09:38:00Z"), ["from various addresses"]);
    }
}
