//! All mails about the newest token and how they stand: what was sent and what is planned.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::due::DueMails;
use super::events::{self, EventMails};
use super::health::{BannerFacts, MailHealth};
use super::listed::{ListedMail, MailStatus};
use super::recipients::{self, NamedRecipient};
use super::{MailSettings, Mails};
use crate::domain::admin::ServerAdmin;
use crate::domain::certificate::Certificate;
use crate::domain::mail::Mail;
use crate::domain::mail::kind::MailKind;
use crate::domain::mail::milestone::Milestone;
use crate::domain::sync::alarms::Alarm;
use crate::domain::token::Token;
use crate::service::Failure;
use crate::store::{self, Conn, StoreError};
use crate::webhook::Webhook;

/// The mails about the newest token, and what a page needs besides.
#[derive(Debug, Clone)]
pub struct MailOverview {
    /// What the banners at the top of the page depend on.
    pub banner: BannerFacts,
    /// All Server Admins, by name.
    pub admins: Vec<ServerAdmin>,
    /// The mails about the newest token: milestones first, each with its recipients.
    pub mails: Vec<ListedMail>,
    /// The mails about what happened lately, and those that are still to be sent: newest first.
    pub events: Vec<EventMails>,
    /// The mails about silence and outages that are not queued yet: due at the next minute, or later
    /// if nothing changes until then.
    pub next: Vec<ListedMail>,
}

impl MailOverview {
    /// All mails.
    pub fn all(&self) -> impl Iterator<Item = &ListedMail> {
        self.mails.iter().chain(self.events.iter().flat_map(|event| &event.mails))
    }
}

impl Mails {
    /// How the mails stand now, or would stand at another instant. Changes nothing.
    pub async fn overview(&self, at: Option<DateTime<Utc>>) -> Result<MailOverview, Failure> {
        let now = at.unwrap_or_else(|| self.resources.clock.now());
        let (settings, certificate) = (Arc::clone(&self.settings), self.certificate.get());
        let read = move |conn: &mut Conn| overview(conn, &settings, certificate.clone(), now);
        Ok(self.resources.store.read(read).await?)
    }
}

fn overview(
    conn: &mut Conn,
    settings: &MailSettings,
    certificate: Option<Certificate>,
    now: DateTime<Utc>,
) -> Result<MailOverview, StoreError> {
    let due = DueMails::load(conn, settings, now)?;
    let admins = store::people::admins::list(conn)?;
    let recipients = recipients::all(&admins, settings);
    let mut mails = Vec::new();
    if let Some(token) = &due.history.newest {
        let queued = store::mails::of_token(conn, &token.id)?;
        let open_generated = store::mails::sending::open_generated(conn)?;
        let (admins, webhooks) = (&*admins, &*settings.webhooks);
        let list = MailList { token, due: &due, admins, webhooks, recipients: &recipients, now };
        for milestone in Milestone::ALL {
            let due_at = settings.schedule.due_at(milestone, token.expires_at);
            mails.extend(list.of_kind(MailKind::Expiry(milestone), due_at, &queued));
        }
        mails.extend(list.of_kind(MailKind::Generated, token.generated_at, &queued));
        mails.extend(list.of_kind(MailKind::StillUsed, now, &queued));
        mails.extend(list.of_kind(MailKind::Alarm(Alarm::Revoked), now, &queued));
        // Those about earlier tokens that are still to be sent.
        let earlier = open_generated.iter().filter(|mail| mail.about.token() != Some(&token.id));
        mails.extend(earlier.map(|mail| list.listed(mail)));
    }
    let known = (&*admins, &*settings.webhooks);
    let mut events = events::load(conn, known, &due, now)?;
    let next = next(conn, &due, &recipients, now)?;
    if !settings.mailer.reaches_people() {
        let of_events = events.iter_mut().flat_map(|event| &mut event.mails);
        for mail in mails.iter_mut().chain(of_events) {
            if mail.status == MailStatus::Planned && !mail.is_for_webhook() {
                mail.status = MailStatus::ReachesNobody;
            }
        }
    }
    let health = MailHealth::load(conn, &admins, settings)?;
    let sync = due.connection.sync;
    let chosen = store::identity_provider::get(conn)?;
    let banner = BannerFacts { now, history: due.history, sync, health, certificate, chosen };
    Ok(MailOverview { banner, admins, mails, events, next })
}

/// The mails about the connection that will be queued if nothing changes.
fn next(
    conn: &mut Conn,
    due: &DueMails,
    recipients: &[NamedRecipient],
    now: DateTime<Utc>,
) -> Result<Vec<ListedMail>, StoreError> {
    let mut next = Vec::new();
    for (kind, about) in due.connection.due(&due.history) {
        // Those about a token are among its mails.
        if about.event().is_some() && !store::mails::exists_for_people(conn, kind, &about)? {
            next.push((kind, now, MailStatus::Due));
        }
    }
    let later = due.connection.next(&due.history, now);
    next.extend(later.map(|(alarm, at)| (MailKind::Alarm(alarm), at, MailStatus::Planned)));
    let to_all = |(kind, due_at, status): (MailKind, DateTime<Utc>, MailStatus)| {
        recipients.iter().map(move |NamedRecipient { name, recipient }| {
            ListedMail::to(recipient, name.clone(), kind, due_at, status.clone())
        })
    };
    Ok(next.into_iter().flat_map(to_all).collect())
}

/// What the list of mails about a token is made from.
struct MailList<'a> {
    token: &'a Token,
    due: &'a DueMails,
    admins: &'a [ServerAdmin],
    webhooks: &'a [Webhook],
    recipients: &'a [NamedRecipient],
    now: DateTime<Utc>,
}

impl MailList<'_> {
    /// The queued mails of a kind, or those that are planned.
    fn of_kind(&self, kind: MailKind, due_at: DateTime<Utc>, queued: &[Mail]) -> Vec<ListedMail> {
        let queued: Vec<ListedMail> =
            queued.iter().filter(|mail| mail.kind == kind).map(|mail| self.listed(mail)).collect();
        let Some(status) = self.status_of_planned(kind).filter(|_| queued.is_empty()) else {
            return queued;
        };
        let planned = self.recipients.iter().map(|NamedRecipient { name, recipient }| {
            ListedMail::to(recipient, name.clone(), kind, due_at, status.clone())
        });
        planned.collect()
    }

    fn status_of_planned(&self, kind: MailKind) -> Option<MailStatus> {
        let Some(milestone) = kind.milestone() else {
            return self.due.all().iter().any(|(due, _)| *due == kind).then_some(MailStatus::Due);
        };
        let due = self.due.milestone;
        Some(if self.token.revocation.is_some() {
            MailStatus::Cancelled
        } else if due == Some(milestone) {
            MailStatus::Due
        } else if due > Some(milestone) {
            MailStatus::Superseded
        } else {
            MailStatus::Planned
        })
    }

    fn listed(&self, mail: &Mail) -> ListedMail {
        ListedMail::new(mail, (self.admins, self.webhooks), self.status_of_queued(mail))
    }

    fn status_of_queued(&self, mail: &Mail) -> MailStatus {
        let status = MailStatus::of(mail, self.now);
        if !status.is_open() {
            status
        } else if !recipients::contains(self.recipients, mail) {
            MailStatus::Cancelled
        } else if !self.due.allows(mail) {
            self.status_of_withheld(mail)
        } else {
            status
        }
    }

    /// A queued mail that may not go out: its day is not reached, or is over.
    fn status_of_withheld(&self, mail: &Mail) -> MailStatus {
        match (&self.token.revocation, mail.kind.milestone()) {
            (None, Some(milestone)) if self.due.milestone < Some(milestone) => MailStatus::Planned,
            (None, Some(_)) => MailStatus::Superseded,
            _ => MailStatus::Cancelled,
        }
    }
}
