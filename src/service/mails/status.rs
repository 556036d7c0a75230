//! How the mails stand: what was sent, what is planned and what keeps it from arriving.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::situation::{Person, Situation, everybody, find};
use super::{MailSettings, Mails};
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::person::AdminId;
use crate::domain::mail::milestone::Milestone;
use crate::domain::mail::{Mail, Occasion, Outcome};
use crate::domain::token::{Token, TokenHistory};
use crate::service::Failure;
use crate::store::mails::LastResults;
use crate::store::{self, Conn, StoreError};

/// So many failed tries in a row, a quarter of an hour, make an admin count as not reachable.
const FAILED_TRIES: u64 = 5;

/// One mail to one recipient, made or planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is about.
    pub occasion: Occasion,
    /// The recipient's name; an address from the configuration has none.
    pub name: Option<String>,
    /// The recipient's address.
    pub address: String,
    /// From when on it is or was to be sent.
    pub due_at: DateTime<Utc>,
    /// How it stands.
    pub state: State,
}

/// How a mail stands at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Its day is to come.
    Planned,
    /// The next pass sends it.
    Due,
    /// It is being sent.
    Sending,
    /// It could not be delivered for now.
    Retrying {
        /// What the mail server answered.
        answer: String,
        /// When it is tried again.
        next_try_at: DateTime<Utc>,
    },
    /// The mail server accepted it.
    Sent {
        /// When.
        at: DateTime<Utc>,
    },
    /// It failed for good.
    Failed {
        /// When.
        at: DateTime<Utc>,
        /// What the mail server answered.
        answer: String,
    },
    /// A later mail was due before it could be sent.
    Superseded,
    /// The token was replaced or revoked before, or the recipient is none any more.
    Cancelled,
}

impl State {
    /// The word for it.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Due => "due",
            Self::Sending => "sending",
            Self::Retrying { .. } => "retrying",
            Self::Sent { .. } => "sent",
            Self::Failed { .. } => "failed",
            Self::Superseded => "superseded",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether it is to be sent as soon as possible.
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Due | Self::Sending | Self::Retrying { .. })
    }
}

/// The mails about the newest token, and what a page needs besides.
#[derive(Debug, Clone)]
pub struct Overview {
    /// What is told at the top of every page.
    pub banner: Banner,
    /// All Server Admins, by name.
    pub admins: Vec<ServerAdmin>,
    /// The mails about the newest token: milestones first, each with its recipients.
    pub entries: Vec<Entry>,
}

/// How mails fare.
#[derive(Debug, Clone)]
pub struct Health {
    /// The folder that mails are written to, if no mail server is configured.
    pub directory: Option<PathBuf>,
    /// When a mail was accepted and when one failed last.
    pub last: LastResults,
    /// Active Server Admins.
    pub active_admins: usize,
    /// Those of them whose mails fail.
    pub unreachable: Vec<AdminId>,
}

impl Health {
    /// Whether no active Server Admin can be reached by mail.
    pub fn reaches_nobody(&self) -> bool {
        self.directory.is_some() || self.unreachable.len() >= self.active_admins
    }
}

/// What a page needs for the notice at its top.
#[derive(Debug, Clone)]
pub struct Banner {
    /// The instant for which this is true.
    pub now: DateTime<Utc>,
    /// The tokens.
    pub history: TokenHistory,
    /// How mails fare.
    pub health: Health,
}

impl Mails {
    /// How the mails stand now, or would stand at another instant. Changes nothing.
    ///
    /// # Errors
    /// [`Failure`] when the database fails.
    pub async fn overview(&self, at: Option<DateTime<Utc>>) -> Result<Overview, Failure> {
        let now = at.unwrap_or_else(|| self.resources.clock.now());
        let configured = Arc::clone(&self.configured);
        Ok(self.resources.store.read(move |conn| overview(conn, &configured, now)).await?)
    }

    /// What a page needs for the notice at its top.
    ///
    /// # Errors
    /// [`Failure`] when the database fails.
    pub async fn banner(&self) -> Result<Banner, Failure> {
        let now = self.resources.clock.now();
        let configured = Arc::clone(&self.configured);
        let read = move |conn: &mut Conn| {
            let history = store::tokens::history(conn)?;
            let admins = store::people::admins::list(conn)?;
            Ok(Banner { now, history, health: health(conn, &admins, &configured)? })
        };
        Ok(self.resources.store.read(read).await?)
    }
}

fn overview(
    conn: &mut Conn,
    configured: &MailSettings,
    now: DateTime<Utc>,
) -> Result<Overview, StoreError> {
    let situation = Situation::load(conn, configured.schedule, now)?;
    let admins = store::people::admins::list(conn)?;
    let people = everybody(&admins, configured);
    let mut entries = Vec::new();
    if let Some(token) = &situation.history.newest {
        let mails = store::mails::of_token(conn, &token.id)?;
        let view = View {
            token,
            mails: &mails,
            situation: &situation,
            admins: &admins,
            people: &people,
            now,
        };
        for milestone in Milestone::ALL {
            let due_at = configured.schedule.due_at(milestone, token.expires_at);
            entries.extend(view.of(Occasion::Expiry(milestone), due_at));
        }
        entries.extend(view.of(Occasion::Generated, token.generated_at));
        entries.extend(view.of(Occasion::StillUsed, now));
        entries.extend(view.earlier(&store::mails::open_generated(conn)?));
    }
    let health = health(conn, &admins, configured)?;
    Ok(Overview { banner: Banner { now, history: situation.history, health }, admins, entries })
}

fn health(
    conn: &mut Conn,
    admins: &[ServerAdmin],
    configured: &MailSettings,
) -> Result<Health, StoreError> {
    let newest = store::mails::newest_of_admins(conn)?;
    let active = admins.iter().filter(|admin| admin.active).map(|admin| admin.id);
    let is_failing = |id: &AdminId| {
        let mail = newest.iter().find(|mail| mail.recipient.admin == Some(*id));
        mail.is_some_and(|mail| match mail.outcome {
            Outcome::Failed { .. } => true,
            Outcome::Retrying { .. } => mail.attempts >= FAILED_TRIES,
            Outcome::Waiting | Outcome::Sent { .. } => false,
        })
    };
    let active: Vec<AdminId> = active.collect();
    Ok(Health {
        directory: configured.mailer.directory().cloned(),
        last: store::mails::last_results(conn)?,
        active_admins: active.len(),
        unreachable: active.into_iter().filter(is_failing).collect(),
    })
}

/// Everything from which the entries of one token are made.
struct View<'a> {
    token: &'a Token,
    mails: &'a [Mail],
    situation: &'a Situation,
    admins: &'a [ServerAdmin],
    people: &'a [Person],
    now: DateTime<Utc>,
}

impl View<'_> {
    /// The mails about an occasion, or those that are planned.
    fn of(&self, occasion: Occasion, due_at: DateTime<Utc>) -> Vec<Entry> {
        let made: Vec<Entry> = self
            .mails
            .iter()
            .filter(|mail| mail.occasion == occasion)
            .map(|m| self.made(m))
            .collect();
        let Some(state) = self.state_of_unmade(occasion).filter(|_| made.is_empty()) else {
            return made;
        };
        let planned = self.people.iter().map(|person| Entry {
            occasion,
            name: person.name.clone(),
            address: person.recipient.address.to_string(),
            due_at,
            state: state.clone(),
        });
        planned.collect()
    }

    /// Mails about earlier tokens that are still to be sent.
    fn earlier(&self, open: &[Mail]) -> Vec<Entry> {
        let other = open.iter().filter(|mail| mail.token.as_ref() != Some(&self.token.id));
        other.map(|mail| self.made(mail)).collect()
    }

    fn state_of_unmade(&self, occasion: Occasion) -> Option<State> {
        let Some(milestone) = occasion.milestone() else {
            return self.situation.occasions().contains(&occasion).then_some(State::Due);
        };
        let due = self.situation.milestone;
        Some(if self.token.revocation.is_some() {
            State::Cancelled
        } else if due == Some(milestone) {
            State::Due
        } else if due > Some(milestone) {
            State::Superseded
        } else {
            State::Planned
        })
    }

    fn made(&self, mail: &Mail) -> Entry {
        let name = self.admins.iter().find(|admin| Some(admin.id) == mail.recipient.admin);
        Entry {
            occasion: mail.occasion,
            name: name.map(|admin| admin.name.to_string()),
            address: mail.recipient.address.to_string(),
            due_at: mail.due_at,
            state: self.state_of_made(mail),
        }
    }

    fn state_of_made(&self, mail: &Mail) -> State {
        match &mail.outcome {
            Outcome::Sent { at, .. } => return State::Sent { at: *at },
            Outcome::Failed { at, answer } => {
                return State::Failed { at: *at, answer: answer.clone() };
            }
            Outcome::Waiting | Outcome::Retrying { .. } => {}
        }
        if find(self.people, &mail.recipient).is_none() {
            return State::Cancelled;
        }
        if !self.situation.allows(mail) {
            return self.state_of_silent(mail);
        }
        match &mail.outcome {
            _ if mail.is_claimed(self.now) => State::Sending,
            Outcome::Retrying { answer, next_try_at, .. } => {
                State::Retrying { answer: answer.clone(), next_try_at: *next_try_at }
            }
            _ => State::Due,
        }
    }

    /// A mail that was made and may not go out: its day is not reached, or is over.
    fn state_of_silent(&self, mail: &Mail) -> State {
        match (&self.token.revocation, mail.occasion.milestone()) {
            (None, Some(milestone)) if self.situation.milestone < Some(milestone) => State::Planned,
            (None, Some(_)) => State::Superseded,
            _ => State::Cancelled,
        }
    }
}
