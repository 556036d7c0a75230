//! What webhooks get: the words of the letter, and the facts that programs want. Never a token.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::writing::Writing;
use crate::domain::admin::actor::Actor;
use crate::domain::calendar::{days_until, rfc3339};
use crate::domain::mail::Mail;
use crate::domain::mail::about::{About, EventKey};
use crate::domain::mail::kind::MailKind;
use crate::domain::mail::webhook_event::WebhookEvent;
use crate::domain::sync::SyncHealth;
use crate::domain::sync::alarms::Alarm;
use crate::domain::sync::presented_predecessors;
use crate::domain::token::secret::TokenId;
use crate::domain::token::{Token, TokenStatus};
use crate::mail::Letterhead;
use crate::mail::letter::Outline;
use crate::store::{self, Conn, StoreError};
use crate::webhook::Notice;

/// What a webhook gets of a queued mail; nothing if that is gone.
pub(super) fn notice(
    conn: &mut Conn,
    writing: &Writing<'_>,
    mail: &Mail,
) -> Result<Option<Notice>, StoreError> {
    let Some(letter) = writing.letter(conn, mail)? else { return Ok(None) };
    let newest = writing.due.history.newest.as_ref();
    let token = match &mail.about {
        About::Token(id) => store::tokens::by_id(conn, id)?,
        About::Event(_) | About::Request => newest.cloned(),
    };
    let is_over = token.as_ref().is_some_and(|token| token.expires_at <= writing.now);
    let Some(event) = WebhookEvent::of(mail.kind, is_over) else { return Ok(None) };
    let mut data = facts(writing, mail, token.as_ref());
    if mail.kind == MailKind::Generated
        && let Some(token) = &token
    {
        let replaced = store::tokens::replaced_by(conn, &token.id)?;
        data.insert("replaced_token_id".to_owned(), json!(replaced.map(|old| old.id.to_string())));
    }
    Ok(Some(Notice {
        event,
        at: mail.due_at,
        product: writing.settings.letterhead.product.clone(),
        outline: letter.outline,
        data,
    }))
}

/// A notice that says nothing but that notices arrive. `by` is who asked for it.
pub(super) fn test_notice(letterhead: &Letterhead, by: &Actor, now: DateTime<Utc>) -> Notice {
    let product = letterhead.product.clone();
    let by = match by {
        Actor::Admin { name: by, .. } | Actor::ApiKey { title: by, .. } => by,
        Actor::CommandLine | Actor::System => "Somebody at the command line",
    };
    let outline = Outline {
        title: "Test of a webhook".to_owned(),
        paragraphs: vec![format!(
            "Notices about the SCIM token of {product} arrive here. {by} asked for this test; \
             nothing is to be done."
        )],
        facts: Vec::new(),
        link: ("Open Notifications", letterhead.public_url.join("/admin/notifications")),
    };
    Notice { event: WebhookEvent::Test, at: now, product, outline, data: Map::new() }
}

fn facts(writing: &Writing<'_>, mail: &Mail, token: Option<&Token>) -> Map<String, Value> {
    let (now, zone) = (writing.now, writing.settings.schedule.zone);
    let sync = &writing.due.connection.sync;
    let mut data = Map::from_iter([
        ("state".to_owned(), json!(sync.health.map(SyncHealth::code))),
        ("token".to_owned(), token.map_or(Value::Null, |token| about_token(token, now))),
        ("sync".to_owned(), about_sync(writing)),
    ]);
    let mut add = |name: &str, value: Value| data.insert(name.to_owned(), value);
    match mail.kind {
        MailKind::Expiry(_) => {
            let days = token.map(|token| days_until(token.expires_at, now, zone));
            add("days", json!(days));
        }
        MailKind::StillUsed => {
            add("old_tokens", presented(writing));
        }
        MailKind::Alarm(Alarm::WorksAgain) => {
            let outage = writing.due.connection.ended_outage(mail);
            add("stopped_at", json!(outage.map(|outage| rfc3339(outage.began_at))));
            add("resumed_at", json!(outage.map(|outage| rfc3339(outage.ended_at))));
        }
        MailKind::Certificate => {
            let expires_at = mail.about.event().and_then(EventKey::certificate_expiry);
            add("days", json!(expires_at.map(|at| days_until(at, now, zone))));
            let host = writing.settings.letterhead.public_url.authority();
            add("certificate", json!({ "host": host, "expires_at": expires_at.map(rfc3339) }));
        }
        _ => {}
    }
    data
}

/// As `scimward token show --json` has it, without names and addresses of people.
fn about_token(token: &Token, now: DateTime<Utc>) -> Value {
    let end = token.revocation.as_ref();
    let replaced_by = end.and_then(|end| end.replaced_by.as_ref()).map(TokenId::as_str);
    let status = match token.status(now) {
        TokenStatus::Active => "active",
        TokenStatus::Expired => "expired",
        TokenStatus::Revoked if replaced_by.is_some() => "replaced",
        TokenStatus::Revoked => "revoked",
    };
    json!({
        "token_id": token.id.as_str(),
        "status": status,
        "generated_at": rfc3339(token.generated_at),
        "expires_at": rfc3339(token.expires_at),
        "revoked_at": end.map(|end| rfc3339(end.at)),
        "replaced_by": replaced_by,
        "last_used_at": token.last_use.as_ref().map(|last| rfc3339(last.at)),
    })
}

fn about_sync(writing: &Writing<'_>) -> Value {
    let connection = &writing.due.connection.sync.connection;
    let refused = connection.refused.all();
    json!({
        "last_accepted_at": connection.last.as_ref().map(|last| rfc3339(last.at)),
        "refused": refused.as_ref().map_or(0, |sum| sum.count),
        "refused_since": refused.as_ref().map(|sum| rfc3339(sum.first_at)),
        "refused_reason": refused.as_ref().map(|sum| sum.main.reason.code()),
    })
}

fn presented(writing: &Writing<'_>) -> Value {
    let presented = presented_predecessors(&writing.due.history).map(|token| {
        let late = token.late_use.as_ref();
        json!({
            "token_id": token.id.as_str(),
            "presented": late.map_or(0, |late| late.count),
            "last_presented_at": late.map(|late| rfc3339(late.at)),
        })
    });
    presented.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::admin::person::AdminId;

    #[test]
    fn the_test_of_a_webhook_says_who_asked_for_it() {
        let letterhead = Letterhead {
            product: "Acme".to_owned(),
            public_url: "https://c.example".parse().unwrap(),
            from: "scim@c.example".parse().unwrap(),
            provider: None,
            team: Vec::new(),
        };
        let ada = Actor::Admin { id: AdminId(1), name: "Ada".to_owned(), email: None };
        for (by, said) in
            [(&Actor::CommandLine, "Somebody at the command line asked"), (&ada, "Ada asked")]
        {
            let notice = test_notice(&letterhead, by, DateTime::UNIX_EPOCH);
            let text = &notice.outline.paragraphs[0];
            assert!(text.contains(&format!("arrive here. {said} for this test")), "{text}");
        }
    }
}
