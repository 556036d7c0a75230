//! The mail about a login from where somebody has not logged in lately, to them alone.

use chrono_tz::Tz;

use super::alert::{CLOSING, by, origin};
use super::{Letterhead, personal_reason};
use crate::domain::activity::Event;
use crate::domain::admin::passkey::Proof;
use crate::domain::calendar::LocalText;
use crate::domain::network::agent::short_name;
use crate::mail::letter::{Letter, Parts, Tone};

/// Tells of a login, as the activity list has it.
pub fn new_login(event: &Event, zone: Tz, letterhead: &Letterhead) -> Letter {
    let product = &letterhead.product;
    let when = LocalText::new(event.at, zone).fact();
    let browser = match event.source.agent.as_deref() {
        Some(agent) => short_name(Some(agent)),
        None => "an unnamed browser".to_owned(),
    };
    let address = event.source.address_text().unwrap_or_default();
    let proof = event.detail.as_deref().unwrap_or(Proof::Password.words());
    let what =
        format!("Somebody logged in to {product} as you on {when}, from {address}, {proof}.");
    let subject = format!("New login to your account from {browser}");
    let parts = Parts {
        heading: subject.clone(),
        subject,
        preview: what.clone(),
        tone: Tone::Note,
        paragraphs: vec![
            what,
            "You have not logged in with this browser from this network in the last 90 days. If it \
             was you, there is nothing to do."
                .to_owned(),
            warning(proof),
        ],
        facts: vec![
            ("When", when),
            ("From", origin(event)),
            ("Proved", proof.to_owned()),
            ("Account", by(&event.actor)),
        ],
        steps: Vec::new(),
        link: ("Open your account", letterhead.public_url.join("/admin/account")),
        closing: CLOSING.to_owned(),
        reason: personal_reason(letterhead),
    };
    parts.render(letterhead)
}

/// What to do about a stranger: they hold what the login was proved with.
fn warning(proof: &str) -> String {
    let mut steps = vec!["end that session"];
    if proof.contains("passkey") {
        steps.push("remove the passkeys that you do not know");
    }
    if proof.contains("recovery code") {
        steps.push("make new recovery codes");
    }
    steps.push("change your password");
    format!("If it was not you: {}, and look at Activity.", steps.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::activity::Kind;
    use crate::domain::admin::actor::Actor;
    use crate::domain::admin::person::AdminId;
    use crate::domain::network::source::Source;

    #[test]
    fn it_says_when_from_where_how_and_what_to_do() {
        let letterhead = Letterhead {
            product: "Catalog".to_owned(),
            public_url: "https://catalog.example.com".parse().unwrap(),
            from: "scimward@example.com".parse().unwrap(),
            provider: None,
            team: Vec::new(),
        };
        let email = Some("ada@example.com".to_owned());
        let ada = Actor::Admin { id: AdminId(1), name: "Ada".to_owned(), email };
        let agent = "Mozilla/5.0 (Windows NT 10.0; rv:133.0) Gecko/20100101 Firefox/133.0";
        for (proof, agent, subject, warning) in [
            (
                None,
                Some(agent),
                "Firefox on Windows",
                "end that session, change your password, and look at Activity.",
            ),
            (
                Some("with a passkey"),
                None,
                "an unnamed browser",
                "end that session, remove the passkeys that you do not know, change",
            ),
            (
                Some("with a password and a recovery code"),
                Some("curl/8.1"),
                "curl 8",
                "end that session, make new recovery codes, change your password",
            ),
        ] {
            let source = Source::new([198, 51, 100, 30].into(), agent);
            let at = "2026-11-26T08:00:00Z".parse().unwrap();
            let event = Event {
                detail: proof.map(str::to_owned),
                ..Event::new(at, Kind::LoggedIn, ada.clone(), source)
            };
            let letter = new_login(&event, Tz::UTC, &letterhead);
            let expected = format!("[Catalog] New login to your account from {subject}");
            assert_eq!(letter.subject, expected);
            let text = letter.text.split_whitespace().collect::<Vec<_>>().join(" ");
            for part in [
                "26 Nov 2026, 08:00 UTC, from 198.51.100.30, with a pass",
                "Ada (ada@example.com)",
                warning,
                "https://catalog.example.com/admin/account",
                "it is about your account of Catalog",
            ] {
                assert!(text.contains(part), "{part}: {text}");
            }
        }
    }
}
