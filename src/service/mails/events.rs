//! The mails about what happened lately, each event with its recipients.

use chrono::{DateTime, TimeDelta, Utc};

use super::due::DueMails;
use super::listed::{ListedMail, MailStatus};
use crate::domain::activity::{Event, Kind};
use crate::domain::admin::ServerAdmin;
use crate::domain::keys::scope::Scope;
use crate::domain::mail::about::{About, EventKey};
use crate::domain::mail::alert::Alert;
use crate::domain::mail::key::KeyMail;
use crate::domain::mail::kind::MailKind;
use crate::domain::mail::passkey_alert::PasskeyAlert;
use crate::store::{self, Conn, StoreError};
use crate::webhook::Webhook;

/// So many events are listed whose mails have all left.
const NEWEST: usize = 5;
/// For so long.
const LISTED: TimeDelta = TimeDelta::days(30);

/// The mails about something that happened once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventMails {
    /// What happened.
    pub kind: MailKind,
    /// To what it happened: an address, or the name of an API key.
    pub subject: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
    /// One for each recipient.
    pub mails: Vec<ListedMail>,
}

/// The newest events and those with mails that are still to be sent, newest first.
pub(super) fn load(
    conn: &mut Conn,
    known: (&[ServerAdmin], &[Webhook]),
    due: &DueMails,
    now: DateTime<Utc>,
) -> Result<Vec<EventMails>, StoreError> {
    let newest = store::activity::page(conn, None, &causes(), NEWEST)?;
    let newest = newest.iter().filter(|entry| entry.event.at > now - LISTED);
    let mut keys: Vec<EventKey> = newest.map(|entry| EventKey::entry(entry.id)).collect();
    keys.extend(due.connection.keys());
    keys.extend(due.history.kept().map(|old| EventKey::old_token(&old.id)));
    keys.extend(newest_api_keys(conn, now)?);
    for mail in
        store::mails::sending::open_about_events(conn)?.into_iter().filter(|mail| due.allows(mail))
    {
        if let About::Event(key) = mail.about
            && !keys.contains(&key)
        {
            keys.push(key);
        }
    }
    let mut events = Vec::new();
    for key in keys {
        events.extend(event(conn, &key, known, due, now)?);
    }
    events.sort_by_key(|event| std::cmp::Reverse(event.at));
    Ok(events)
}

/// The newest API keys that everybody was told of.
fn newest_api_keys(conn: &mut Conn, now: DateTime<Utc>) -> Result<Vec<EventKey>, StoreError> {
    let all = store::keys::list(conn)?;
    let told = all.iter().filter(|key| key.scope.allows(Scope::Replace));
    let newest = told.filter(|key| key.created_at > now - LISTED).take(NEWEST);
    Ok(newest.map(|key| EventKey::key(&key.id, KeyMail::Created)).collect())
}

/// The kinds of entries that are mailed.
fn causes() -> Vec<Kind> {
    let of_passkeys = PasskeyAlert::ALL.map(PasskeyAlert::cause);
    [Alert::CAUSES.as_slice(), &of_passkeys].concat()
}

/// The mails about an event, kind by kind.
fn event(
    conn: &mut Conn,
    key: &EventKey,
    known: (&[ServerAdmin], &[Webhook]),
    due: &DueMails,
    now: DateTime<Utc>,
) -> Result<Vec<EventMails>, StoreError> {
    let entry = key.entry_id().map(|id| store::activity::by_id(conn, id)).transpose()?;
    let subject = match key.key_id() {
        Some(id) => store::keys::by_id(conn, &id)?.map(|key| key.name.to_string()),
        None => match key.old_token_id() {
            Some(id) => Some(id.to_string()),
            None => entry.flatten().and_then(|entry| {
                let Event { subject, actor, .. } = entry.event;
                subject.or_else(|| actor.email().map(str::to_owned))
            }),
        },
    };
    let mut events: Vec<EventMails> = Vec::new();
    for mail in store::mails::of_event(conn, key)? {
        let status = MailStatus::of(&mail, now);
        let is_over = status.is_open() && !due.allows(&mail);
        let status = if is_over { MailStatus::Cancelled } else { status };
        let listed = ListedMail::new(&mail, known, status);
        match events.iter_mut().find(|event| event.kind == mail.kind) {
            Some(event) => event.mails.push(listed),
            None => events.push(EventMails {
                kind: mail.kind,
                subject: subject.clone(),
                at: mail.due_at,
                mails: vec![listed],
            }),
        }
    }
    Ok(events)
}
