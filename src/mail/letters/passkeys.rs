//! The mails about passkeys and recovery codes: to their owner, and to everybody else where they change
//! who may sign in.

use chrono_tz::Tz;

use super::alert::{CLOSING, Person, Told, by, origin, reason};
use super::{Letterhead, personal_reason};
use crate::domain::activity::Event;
use crate::domain::calendar::LocalText;
use crate::domain::mail::passkey_alert::PasskeyAlert;
use crate::mail::letter::{Letter, Parts, Tone};

/// A change of passkeys, as the activity list has it.
#[derive(Debug, Clone, Copy)]
pub struct PasskeyChange<'a> {
    /// What was changed.
    pub alert: PasskeyAlert,
    /// The entry. Its subject is the address of the Server Admin, its detail the passkey.
    pub event: &'a Event,
    /// The name of the Server Admin who has this address now.
    pub name: Option<&'a str>,
    /// Whether the mail goes to that Server Admin.
    pub is_own: bool,
}

/// What a mail says in words of its own.
struct Words {
    subject: String,
    what: String,
    warning: String,
    link: (&'static str, String),
}

/// Tells of a change.
pub fn passkeys(
    change: &PasskeyChange<'_>,
    told: Told,
    zone: Tz,
    letterhead: &Letterhead,
) -> Letter {
    let PasskeyChange { alert, event, name, is_own } = *change;
    let address = event.subject.as_deref().unwrap_or_default();
    let person = Person { name: name.unwrap_or(address), address };
    let detail = event.detail.as_deref().unwrap_or_default();
    let Words { subject, what, warning, link } = if is_own {
        own(alert, detail, letterhead)
    } else {
        of_another(alert, detail, &person, letterhead)
    };
    let mut facts = vec![("When", LocalText::new(event.at, zone).fact())];
    if alert != PasskeyAlert::Copied {
        facts.push(("By", by(&event.actor)));
    }
    facts.push(("From", origin(event)));
    facts.push(("Server Admin", person.in_full()));
    let reason =
        if alert.is_personal() { personal_reason(letterhead) } else { reason(told, letterhead) };
    let parts = Parts {
        heading: subject.clone(),
        subject,
        preview: what.clone(),
        tone: Tone::Note,
        paragraphs: vec![what, warning],
        facts,
        steps: Vec::new(),
        link,
        closing: CLOSING.to_owned(),
        reason,
    };
    parts.render(letterhead)
}

fn own(alert: PasskeyAlert, detail: &str, letterhead: &Letterhead) -> Words {
    let product = &letterhead.product;
    let subject = match alert {
        PasskeyAlert::Added => format!("Passkey {detail} was added to your account"),
        PasskeyAlert::Removed => format!("Passkey {detail} was removed from your account"),
        PasskeyAlert::Reset => "All passkeys were removed from your account".to_owned(),
        PasskeyAlert::Copied => format!("Your passkey {detail} may have been copied"),
        PasskeyAlert::CodesMade => "New recovery codes were made for your account".to_owned(),
        PasskeyAlert::CodeUsed => format!("A recovery code was used, {detail}"),
    };
    let what = match alert {
        PasskeyAlert::Added => format!("It logs in to {product} by itself."),
        PasskeyAlert::Removed => format!("It does not log in to {product} any more."),
        PasskeyAlert::Reset => format!(
            "Your recovery codes and sessions have ended, too. Your password alone logs you in to \
             {product} again, until you add a passkey."
        ),
        PasskeyAlert::Copied => format!(
            "{product} refused it: the passkey has counted fewer uses than the server. Two devices \
             seem to hold it."
        ),
        PasskeyAlert::CodesMade => {
            format!("They log in to {product} together with your password. Older ones have ended.")
        }
        PasskeyAlert::CodeUsed => {
            format!(
                "Somebody used it together with your password, to log in to {product} or to \
                 confirm there that it is you."
            )
        }
    };
    let warning = match alert {
        PasskeyAlert::Copied => {
            "Remove this passkey from your account and add another one. If you have no device that \
             could hold it twice, end your other sessions and change your password."
        }
        PasskeyAlert::Reset => {
            "If you did not ask for it: change your password, and tell the other Server Admins."
        }
        _ => {
            "If it was not you: remove the passkeys that you do not know, make new recovery codes, \
             end your other sessions, change your password, and look at Activity."
        }
    };
    Words {
        subject,
        what,
        warning: warning.to_owned(),
        link: ("Open your account", letterhead.public_url.join("/admin/account")),
    }
}

fn of_another(
    alert: PasskeyAlert,
    detail: &str,
    person: &Person<'_>,
    letterhead: &Letterhead,
) -> Words {
    let (name, full, product) = (person.name, person.in_full(), &letterhead.product);
    let subject = match alert {
        PasskeyAlert::Added => format!("Passkey added: {name}"),
        PasskeyAlert::Removed => format!("Passkey removed: {name}"),
        PasskeyAlert::Reset => format!("Passkeys reset: {name}"),
        PasskeyAlert::Copied => format!("A passkey may have been copied: {name}"),
        PasskeyAlert::CodesMade => format!("New recovery codes: {name}"),
        PasskeyAlert::CodeUsed => format!("Recovery code used: {name}"),
    };
    let what = match alert {
        PasskeyAlert::Added => format!("{full} added the passkey {detail} for {product}."),
        PasskeyAlert::Removed => format!("{full} removed the passkey {detail} for {product}."),
        PasskeyAlert::Reset => format!(
            "Somebody at the command line of the server removed all passkeys and recovery codes of \
             {full} for {product}. All their sessions were ended, and their password alone logs \
             them in."
        ),
        PasskeyAlert::Copied => format!(
            "{product} refused the passkey {detail} of {full}: it has counted fewer uses than the \
             server. Two devices seem to hold it."
        ),
        PasskeyAlert::CodesMade => format!("{full} made new recovery codes for {product}."),
        PasskeyAlert::CodeUsed => format!("{full} used a recovery code for {product}."),
    };
    let warning = match alert {
        PasskeyAlert::Copied => {
            format!("Ask {name} to remove this passkey and to add another one.")
        }
        PasskeyAlert::Reset => format!(
            "If {name} did not ask for it: deactivate that account, and check who has access to \
             the server."
        ),
        _ => format!(
            "If {name} did not do this, somebody else uses that account: deactivate it, generate a \
             new token (this revokes the present one), and check Activity."
        ),
    };
    let link = ("Open Server Admins", letterhead.public_url.join("/admin/server-admins"));
    Words { subject, what, warning, link }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::admin::actor::Actor;
    use crate::domain::admin::person::AdminId;
    use crate::domain::network::source::Source;

    #[test]
    fn each_is_told_in_words_that_fit_them() {
        let letterhead = Letterhead {
            product: "Catalog".to_owned(),
            public_url: "https://catalog.example.com".parse().unwrap(),
            from: "scimward@example.com".parse().unwrap(),
            provider: None,
            team: Vec::new(),
        };
        let email = "ada@example.com".to_owned();
        let ada = Actor::Admin { id: AdminId(1), name: "Ada".to_owned(), email: Some(email) };
        for alert in PasskeyAlert::ALL {
            let at = "2026-11-26T08:00:00Z".parse().unwrap();
            let source = Source::new([198, 51, 100, 30].into(), Some("curl/8.1"));
            let event = Event::new(at, alert.cause(), ada.clone(), source);
            let event = event.about("ada@example.com").with_detail("\u{201c}Phone\u{201d}");
            for is_own in [true, false] {
                let change = PasskeyChange { alert, event: &event, name: Some("Ada"), is_own };
                let letter = passkeys(&change, Told::ServerAdmin, Tz::UTC, &letterhead);
                let page = if is_own { "/admin/account" } else { "/admin/server-admins" };
                for part in ["198.51.100.30 (curl 8)", "Ada (ada@example.com)", page] {
                    assert!(letter.text.contains(part), "{alert:?} {is_own}: {}", letter.text);
                }
                let speaks_to_them = letter.subject.contains("our") || letter.text.contains("your");
                assert!(speaks_to_them || !is_own, "{alert:?}: {}", letter.text);
            }
        }
    }
}
