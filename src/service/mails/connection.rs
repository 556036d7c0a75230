//! The mails about the connection: which are due, which may go out, and what they say.

use chrono::{DateTime, TimeDelta, Utc};

use super::MailSettings;
use crate::domain::activity::{Event, Kind};
use crate::domain::admin::actor::Actor;
use crate::domain::calendar::span;
use crate::domain::mail::Mail;
use crate::domain::mail::about::{About, EventKey};
use crate::domain::mail::kind::MailKind;
use crate::domain::network::source::Source;
use crate::domain::sync::SyncHealth;
use crate::domain::sync::alarms::{self, Alarm};
use crate::domain::sync::outage::{Outage, OutageId};
use crate::domain::token::{Token, TokenHistory};
use crate::mail::letter::Letter;
use crate::mail::letters::{self, OutageReport, RefusedFacts};
use crate::service::sync::SyncState;
use crate::store::{self, Conn, StoreError, Transaction};

/// An outage that ended earlier is no news.
const REPORTED_WITHIN: TimeDelta = TimeDelta::days(7);

/// What is known of the connection, and the mails about it.
#[derive(Debug, Clone)]
pub(crate) struct ConnectionMails {
    pub(crate) sync: SyncState,
    alarms: Vec<Alarm>,
    silent_mail_at: Option<DateTime<Utc>>,
    /// The present time without an accepted request.
    pause: Option<EventKey>,
    outages: Vec<(OutageId, Outage)>,
}

impl ConnectionMails {
    pub(crate) fn load(
        conn: &mut Conn,
        history: &TokenHistory,
        settings: &MailSettings,
        now: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        let sync = SyncState::load(conn, history, &settings.silence, now)?;
        let last = sync.connection.last.as_ref().map(|last| last.at);
        let pause = history.newest.as_ref().map(|newest| EventKey::pause(last, &newest.id));
        let silent_mail_at = match (&pause, sync.health) {
            (Some(key), Some(SyncHealth::Silent)) => {
                store::mails::due_at(conn, MailKind::Alarm(Alarm::Silent), key)?
            }
            _ => None,
        };
        let alarms = alarms::due(history, &sync.connection, sync.rule, silent_mail_at, now);
        let outages = store::sync::outages::since(conn, now - REPORTED_WITHIN)?;
        Ok(Self { sync, alarms, silent_mail_at, pause, outages })
    }

    /// The next mail, and when it becomes due if nothing changes.
    pub(crate) fn next(
        &self,
        history: &TokenHistory,
        now: DateTime<Utc>,
    ) -> Option<(Alarm, DateTime<Utc>)> {
        alarms::next(history, &self.sync.connection, self.sync.rule, self.silent_mail_at, now)
    }

    /// The mails that are due.
    pub(crate) fn due(&self, history: &TokenHistory) -> Vec<(MailKind, About)> {
        let alarms = self.alarms.iter().filter_map(|alarm| {
            let about = match alarm {
                Alarm::Revoked => About::Token(history.newest.as_ref()?.id.clone()),
                _ => About::Event(self.pause.clone()?),
            };
            Some((MailKind::Alarm(*alarm), about))
        });
        let reports = self.outages.iter().map(|(id, _)| {
            (MailKind::Alarm(Alarm::WorksAgain), About::Event(EventKey::outage(*id)))
        });
        alarms.chain(reports).collect()
    }

    /// Whether a mail may go out: what it says must still be so.
    pub(crate) fn allows(&self, alarm: Alarm, mail: &Mail, history: &TokenHistory) -> bool {
        let newest = history.newest.as_ref();
        match alarm {
            Alarm::Revoked => newest.is_some_and(|newest| {
                newest.revocation.is_some() && Some(&newest.id) == mail.about.token()
            }),
            Alarm::Refused => {
                let stopped = [Some(SyncHealth::Stopped), Some(SyncHealth::NotSwitched)];
                self.is_about_pause(mail) && !stopped.contains(&self.sync.health)
            }
            Alarm::Silent | Alarm::StillSilent => {
                self.is_about_pause(mail) && self.sync.health == Some(SyncHealth::Silent)
            }
            Alarm::WorksAgain => self.outage(mail).is_some(),
        }
    }

    /// What these mails are about: the present pause, and outages that have ended.
    pub(crate) fn keys(&self) -> impl Iterator<Item = EventKey> {
        let outages = self.outages.iter().map(|(id, _)| EventKey::outage(*id));
        self.pause.clone().into_iter().chain(outages)
    }

    fn is_about_pause(&self, mail: &Mail) -> bool {
        self.pause.is_some() && self.pause.as_ref() == mail.about.event()
    }

    /// The outage that a mail reports.
    pub(crate) fn ended_outage(&self, mail: &Mail) -> Option<&Outage> {
        self.outage(mail).map(|(_, outage)| outage)
    }

    fn outage(&self, mail: &Mail) -> Option<&(OutageId, Outage)> {
        let key = mail.about.event()?;
        self.outages.iter().find(|(id, _)| EventKey::outage(*id) == *key)
    }

    /// What a mail says; none if what it is about is gone.
    pub(crate) fn letter(
        &self,
        conn: &mut Conn,
        (alarm, mail): (Alarm, &Mail),
        history: &TokenHistory,
        settings: &MailSettings,
        now: DateTime<Utc>,
    ) -> Result<Option<Letter>, StoreError> {
        let Some(token) = &history.newest else { return Ok(None) };
        let (zone, letterhead) = (settings.schedule.zone, &settings.letterhead);
        let (recipient, connection) = (&mail.recipient, &self.sync.connection);
        Ok(match alarm {
            Alarm::Revoked => revoked(conn, token, mail, settings)?,
            Alarm::Refused => connection.refused.faults().map(|sum| {
                let facts = RefusedFacts { token, last: connection.last.as_ref(), sum };
                letters::refused(&facts, zone, recipient, letterhead)
            }),
            Alarm::Silent | Alarm::StillSilent => {
                let silence = letters::Silence {
                    token,
                    last: connection.last.as_ref(),
                    longest_pause: connection.rhythm.longest_pause,
                    refused: connection.refused.all(),
                    again: alarm == Alarm::StillSilent,
                    now,
                };
                Some(letters::silent(&silence, zone, recipient, letterhead))
            }
            Alarm::WorksAgain => match self.outage(mail) {
                Some(outage) => report(conn, outage, mail, settings)?,
                None => None,
            },
        })
    }
}

/// Adds the entry that nothing is heard any more, once for each pause: a mail that finds no recipient is
/// due again every minute.
pub(super) fn note_silence(conn: &mut Transaction, now: DateTime<Utc>) -> Result<(), StoreError> {
    let last = store::tokens::last_used(conn)?.and_then(|token| token.last_use);
    let newest = store::tokens::history(conn)?.newest;
    let since = last.map(|last| last.at).or(newest.map(|newest| newest.generated_at));
    let since = since.unwrap_or(now);
    if store::activity::count_since(conn, Kind::SyncSilent, since)? > 0 {
        return Ok(());
    }
    let quiet = span(now - since);
    let event = Event::new(now, Kind::SyncSilent, Actor::System, Source::default()).about(quiet);
    store::activity::record(conn, &event)
}

fn revoked(
    conn: &mut Conn,
    token: &Token,
    mail: &Mail,
    settings: &MailSettings,
) -> Result<Option<Letter>, StoreError> {
    let Some(end) = &token.revocation else { return Ok(None) };
    let entry = store::activity::page(conn, None, &[Kind::TokenRevoked], 1)?.pop();
    let entry = entry.filter(|entry| entry.event.token.as_ref() == Some(&token.id));
    let from = entry.and_then(|entry| entry.event.source.address);
    let entry = store::tokens::calendar_entry::of(conn, token)?;
    let entry = entry.map(|entry| entry.cancelled(end.at));
    let (zone, recipient) = (settings.schedule.zone, &mail.recipient);
    let letterhead = &settings.letterhead;
    Ok(Some(letters::revoked((token, end), entry, from, zone, recipient, letterhead)))
}

fn report(
    conn: &mut Conn,
    (id, outage): &(OutageId, Outage),
    mail: &Mail,
    settings: &MailSettings,
) -> Result<Option<Letter>, StoreError> {
    let refused = store::sync::refused::of_outage(conn, *id)?;
    let token = store::tokens::by_id(conn, &outage.token)?;
    let zone = settings.schedule.zone;
    Ok(token.map(|token| {
        let report = OutageReport { outage, refused: &refused, token: &token };
        letters::works_again(&report, zone, &mail.recipient, &settings.letterhead)
    }))
}
