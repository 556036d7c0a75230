//! One pass over the mails that are due: claim, send, confirm, one after the other.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::situation::{Person, Situation, addressee, everybody, find};
use super::{MailSettings, Mails};
use crate::domain::activity::{Event, Kind};
use crate::domain::admin::actor::Actor;
use crate::domain::mail::{Mail, MailId, Occasion, Outcome};
use crate::domain::network::source::Source;
use crate::domain::token::secret::TokenId;
use crate::mail::letter::Letter;
use crate::mail::{Outgoing, Session, Undelivered, letters};
use crate::service::Failure;
use crate::store::{self, Conn, Lock, StoreError};

/// A pass over many mails says how far it is after so many.
const PROGRESS: usize = 100;

/// Whether mails wait for their next try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// They do.
    Scheduled,
    /// They do not: somebody asked for a pass now.
    Now,
}

/// What a pass has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Report {
    /// Mails that were due.
    pub due: usize,
    /// Mails that the mail server accepted.
    pub sent: usize,
    /// Mails that failed for good.
    pub failed: usize,
    /// Mails that are still to be sent: refused for now, waiting, or claimed by another instance.
    pub left: usize,
    /// Whether something is to be told and there is nobody to tell.
    pub nobody_to_tell: bool,
}

/// A mail in the hands of this instance.
struct Claimed {
    mail: Mail,
    outgoing: Outgoing,
}

/// How many mails of each kind were sent.
type Tally = BTreeMap<(&'static str, Option<String>), (Occasion, Option<TokenId>, u64)>;

impl Mails {
    /// Makes the mails that are due and sends every mail that may be sent, each recipient on their
    /// own. Ends early, between two mails, once `stopping` says so.
    ///
    /// # Errors
    /// [`Failure`] when the database fails; what was sent until then is recorded.
    pub async fn run_once(
        &self,
        pass: Pass,
        stopping: impl Fn() -> bool + Send + Sync,
    ) -> Result<Report, Failure> {
        let now = self.resources.clock.now();
        let made = self.make(now).await?;
        let candidates = self.candidates(pass, now).await?;
        let mut report =
            Report { due: candidates.len(), nobody_to_tell: made.for_nobody, ..Report::default() };
        let mut tally = Tally::new();
        let configured = Arc::clone(&self.configured);
        let mut session = configured.mailer.session(&configured.letterhead);
        let mut result = Ok(());
        for (number, id) in candidates.into_iter().enumerate() {
            if stopping() {
                break;
            }
            result = self.send_one(id, pass, &mut session, &mut report, &mut tally).await;
            if result.is_err() {
                break;
            }
            if (number + 1) % PROGRESS == 0 {
                tracing::info!(
                    done = number + 1,
                    due = report.due,
                    sent = report.sent,
                    "sending mails"
                );
            }
        }
        session.close().await;
        self.record_sent(tally).await?;
        result?;
        report.left = self.left().await?;
        Ok(report)
    }

    /// Mails that may be sent at `now`.
    async fn candidates(&self, pass: Pass, now: DateTime<Utc>) -> Result<Vec<MailId>, Failure> {
        let configured = Arc::clone(&self.configured);
        let open = move |conn: &mut Conn| {
            let situation = Situation::load(conn, configured.schedule, now)?;
            let token = situation.history.unrevoked().map(|token| &token.id);
            let mails = store::mails::open(conn, token)?;
            let people = everybody(&store::people::admins::list(conn)?, &configured);
            let candidates = mails.iter().filter(|mail| {
                situation.allows(mail)
                    && find(&people, &mail.recipient).is_some()
                    && mail.may_be_tried(now, pass == Pass::Now)
            });
            Ok(candidates.map(|mail| mail.id).collect())
        };
        Ok(self.resources.store.read(open).await?)
    }

    /// How many mails are still to be sent, by whomever.
    async fn left(&self) -> Result<usize, Failure> {
        let overview = self.overview(None).await?;
        Ok(overview.entries.iter().filter(|entry| entry.state.is_open()).count())
    }

    async fn send_one(
        &self,
        id: MailId,
        pass: Pass,
        session: &mut Session<'_>,
        report: &mut Report,
        tally: &mut Tally,
    ) -> Result<(), Failure> {
        let Some(Claimed { mail, outgoing }) = self.claim(id, pass).await? else { return Ok(()) };
        let result = session.send(&outgoing).await;
        let now = self.resources.clock.now();
        let outcome = match result {
            Ok(answer) => Outcome::Sent { at: now, answer },
            Err(Undelivered::ForGood(answer)) => Outcome::Failed { at: now, answer },
            Err(Undelivered::ForNow(answer)) => mail.after_failure(answer, now),
        };
        note(&mail, &outcome, &outgoing);
        match &outcome {
            Outcome::Sent { .. } => {
                report.sent += 1;
                let key = (mail.occasion.as_str(), mail.token.as_ref().map(ToString::to_string));
                let entry = tally.entry(key).or_insert((mail.occasion, mail.token.clone(), 0));
                entry.2 += 1;
            }
            Outcome::Failed { .. } => report.failed += 1,
            Outcome::Waiting | Outcome::Retrying { .. } => {}
        }
        self.settle(mail, outcome, now).await
    }

    /// Claims a mail unless it may not be sent any more or somebody else has it.
    async fn claim(&self, id: MailId, pass: Pass) -> Result<Option<Claimed>, Failure> {
        let now = self.resources.clock.now();
        let configured = Arc::clone(&self.configured);
        self.resources
            .store
            .write(Lock::Mails, move |conn| claim(conn, id, pass, &configured, now))
            .await
            .map_err(|error: StoreError| error.into())
    }

    async fn settle(
        &self,
        mail: Mail,
        outcome: Outcome,
        now: DateTime<Utc>,
    ) -> Result<(), Failure> {
        let settled = self.resources.store.write(Lock::Mails, move |conn| {
            let counted = store::mails::settle(conn, mail.id, mail.attempts, &outcome)?;
            if let (true, Outcome::Failed { answer, .. }) = (counted, &outcome) {
                let detail = format!("{}: {answer}", mail.recipient.address);
                let event = about(Kind::MailFailed, mail.occasion, mail.token, now);
                store::activity::record(conn, &event.with_detail(detail))?;
            }
            Ok(())
        });
        settled.await.map_err(|error: StoreError| error.into())
    }

    async fn record_sent(&self, tally: Tally) -> Result<(), Failure> {
        if tally.is_empty() {
            return Ok(());
        }
        let now = self.resources.clock.now();
        let kind = self.delivered();
        let recorded = self.resources.store.write(Lock::Usage, move |conn| {
            tally.into_values().try_for_each(|(occasion, token, count)| {
                let event = about(kind, occasion, token, now).times(count);
                store::activity::record(conn, &event)
            })
        });
        recorded.await.map_err(|error: StoreError| error.into())
    }

    /// What the activity list calls a mail that has left: a file reaches nobody.
    pub(crate) fn delivered(&self) -> Kind {
        if self.configured.mailer.reaches_people() { Kind::MailSent } else { Kind::MailWritten }
    }
}

/// An entry of the activity list about a mail.
pub(crate) fn about(
    kind: Kind,
    occasion: Occasion,
    token: Option<TokenId>,
    now: DateTime<Utc>,
) -> Event {
    let event = Event::new(now, kind, Actor::System, Source::default()).about(occasion.as_str());
    match token {
        Some(token) => event.about_token(token),
        None => event,
    }
}

fn claim(
    conn: &mut Conn,
    id: MailId,
    pass: Pass,
    configured: &MailSettings,
    now: DateTime<Utc>,
) -> Result<Option<Claimed>, StoreError> {
    let situation = Situation::load(conn, configured.schedule, now)?;
    let mail = store::mails::by_id(conn, id)?;
    let mail =
        mail.filter(|mail| mail.may_be_tried(now, pass == Pass::Now) && situation.allows(mail));
    let Some(mut mail) = mail else { return Ok(None) };
    let Some(person) = addressee(conn, &mail, configured)? else { return Ok(None) };
    let Some(letter) = write(conn, &mail, &situation, &person, configured, now)? else {
        return Ok(None);
    };
    store::mails::claim(conn, &mail, &person.recipient.address, now)?;
    mail.attempts += 1;
    mail.first_tried_at.get_or_insert(now);
    mail.recipient = person.recipient;
    let outgoing = Outgoing {
        name: person.name,
        address: mail.recipient.address.clone(),
        occasion: mail.occasion,
        about: mail.token.as_ref().map(ToString::to_string).unwrap_or_default(),
        recipient_key: recipient_key(&mail),
        date: now,
        letter,
    };
    Ok(Some(Claimed { mail, outgoing }))
}

/// The same on every try, also if the admin's address has changed meanwhile.
fn recipient_key(mail: &Mail) -> String {
    match mail.recipient.admin {
        Some(admin) => format!("admin {}", admin.0),
        None => format!("address {}", mail.recipient.address.key()),
    }
}

fn write(
    conn: &mut Conn,
    mail: &Mail,
    situation: &Situation,
    person: &Person,
    configured: &MailSettings,
    now: DateTime<Utc>,
) -> Result<Option<Letter>, StoreError> {
    let MailSettings { letterhead, schedule, .. } = configured;
    let token = match &mail.token {
        Some(id) => store::tokens::by_id(conn, id)?,
        None => None,
    };
    let Some(token) = token else { return Ok(None) };
    Ok(match mail.occasion {
        Occasion::Expiry(milestone) => {
            let expiry = letters::Expiry { token: &token, milestone, schedule: *schedule, now };
            Some(letters::expiry(&expiry, person.reader, letterhead))
        }
        Occasion::Generated => {
            let replaced = store::tokens::replaced_by(conn, &token.id)?.map(|token| token.id);
            let by = token.generated_by.admin_id();
            let by = by.map(|id| store::people::admins::by_id(conn, id)).transpose()?.flatten();
            let email = by.as_ref().map(|admin| &admin.email);
            Some(letters::generated(&token, email, replaced.as_ref(), schedule.zone, letterhead))
        }
        Occasion::StillUsed => situation.still_used().and_then(|(token, replaced, late_use)| {
            let replaced_at = replaced.revocation.as_ref()?.at;
            let mail = letters::StillUsed { token, replaced: &replaced.id, replaced_at, late_use };
            Some(letters::still_used(&mail, schedule.zone, person.reader, letterhead))
        }),
        Occasion::Invitation | Occasion::Test => None,
    })
}

/// One line for each failure; addresses do not belong into a log.
fn note(mail: &Mail, outcome: &Outcome, outgoing: &Outgoing) {
    let masked = |answer: &str| answer.replace(outgoing.address.as_str(), "(recipient)");
    match outcome {
        Outcome::Failed { answer, .. } => tracing::error!(
            mail.id = mail.id.0,
            mail.occasion = mail.occasion.as_str(),
            answer = masked(answer),
            "a mail failed for good"
        ),
        Outcome::Retrying { answer, next_try_at, .. } => tracing::warn!(
            mail.id = mail.id.0,
            mail.occasion = mail.occasion.as_str(),
            answer = masked(answer),
            next_try_at = %next_try_at,
            "a mail could not be delivered; it is tried again"
        ),
        Outcome::Sent { .. } | Outcome::Waiting => {}
    }
}
