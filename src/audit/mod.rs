//! The security log: a line for everything that happened and for everything that was refused.
//!
//! Lines are structured and have a target of their own, `scimward::audit`; `docs/logs.md` lists
//! them. What the activity list records is logged by `store`, once it is committed. What can be
//! repeated without end is counted by [`AuditLog`], so that a flood does not flood the log.

mod failures;
mod repeats;

use std::borrow::Cow;

pub use self::repeats::AuditLog;
use crate::domain::activity::{Attempt, Event, Kind};
use crate::domain::admin::actor::Actor;
use crate::domain::keys::secret::KeyId;
use crate::domain::masking::fit_for_log;
use crate::domain::network::agent::short_name;
use crate::domain::network::request_id::RequestId;
use crate::domain::network::source::Source;
use crate::domain::token::secret::TokenId;

/// How something ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It happened.
    Success,
    /// It was refused, and nothing was changed.
    Refused,
    /// It was tried in vain.
    Failed,
    /// The connection to the database broke while it was being stored.
    Unknown,
}

/// What one line says.
#[derive(Debug, Clone)]
pub struct Line {
    event: &'static str,
    message: &'static str,
    outcome: Outcome,
    actor: Actor,
    source: Source,
    token: Option<TokenId>,
    subject: Option<Cow<'static, str>>,
    detail: Option<String>,
    /// How many times it happened, for what can happen more than once.
    count: Option<u64>,
    /// Whether it stands for several actors and sources.
    is_various: bool,
}

impl Outcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    /// How what an entry of the activity list says has ended.
    const fn of(kind: Kind) -> Self {
        match kind {
            Kind::LoginFailed | Kind::ProofFailed | Kind::RequestsRefused | Kind::PasskeyCopied => {
                Self::Refused
            }
            Kind::MailFailed | Kind::WebhookFailed | Kind::WebhookStopped => Self::Failed,
            _ => Self::Success,
        }
    }
}

impl Line {
    /// Something of a kind that the activity list knows.
    pub fn of_kind(kind: Kind, source: Source) -> Self {
        Self::new(kind.as_str(), kind.info().name, Outcome::of(kind), source)
    }

    /// Something that was refused.
    pub fn of_attempt(attempt: Attempt, source: Source) -> Self {
        Self::new(attempt.as_str(), attempt.name(), Outcome::Refused, source)
    }

    const fn new(
        event: &'static str,
        message: &'static str,
        outcome: Outcome,
        source: Source,
    ) -> Self {
        Self {
            event,
            message,
            outcome,
            actor: Actor::System,
            source,
            token: None,
            subject: None,
            detail: None,
            count: None,
            is_various: false,
        }
    }

    /// Says who did it.
    #[must_use]
    pub fn by(mut self, actor: Actor) -> Self {
        self.actor = actor;
        self
    }

    /// Names what it is about.
    #[must_use]
    pub fn about(mut self, subject: impl Into<Cow<'static, str>>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// Names the token it is about, if it is about one.
    #[must_use]
    pub fn about_token(mut self, token: Option<TokenId>) -> Self {
        self.token = token;
        self
    }

    /// Adds a sentence.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    fn times(mut self, count: u64) -> Self {
        self.count = Some(count);
        self
    }

    /// What it has in common with others of its group: not the request.
    fn of_group(mut self) -> Self {
        self.source.request_id = None;
        self
    }

    /// What it has in common with others of its kind.
    fn of_various(&self) -> Self {
        let subject = self.fixed_subject().map(Cow::Borrowed);
        let various = Self::new(self.event, self.message, self.outcome, Source::default());
        Self { is_various: true, subject, ..various }
    }

    /// What it is about, if that is one of a few texts of our own.
    const fn fixed_subject(&self) -> Option<&'static str> {
        match self.subject {
            Some(Cow::Borrowed(subject)) => Some(subject),
            _ => None,
        }
    }

    /// Writes it.
    fn write(&self) {
        let fit = |text: Option<&str>| text.map(fit_for_log);
        let agent = self.source.agent.as_deref().map(|agent| short_name(Some(agent)));
        tracing::info!(
            target: "scimward::audit",
            event = self.event,
            outcome = self.outcome.as_str(),
            actor = self.actor_word(),
            actor.id = self.actor.admin_id().map(|id| id.0),
            actor.email = fit(self.actor.email()),
            actor.key = self.actor.key_id().map(KeyId::as_str),
            actor.name = self.actor.key_id().and_then(|_| fit(Some(self.actor.name()))),
            source = self.source.address_text(),
            agent = fit(agent.as_deref()),
            request.id = self.source.request_id.as_ref().map(RequestId::as_str),
            token.id = self.token.as_ref().map(TokenId::as_str),
            subject = fit(self.subject.as_deref()),
            detail = fit(self.detail.as_deref()),
            count = self.count,
            "{}",
            self.message
        );
    }

    /// What kind of actor it was. A client that is not signed in is no actor that is known.
    const fn actor_word(&self) -> &'static str {
        match (&self.actor, self.source.address) {
            _ if self.is_various => "various",
            (Actor::Admin { .. }, _) => "admin",
            (Actor::ApiKey { .. }, _) => "api_key",
            (Actor::CommandLine, _) => "command_line",
            (Actor::System, None) => "scimward",
            (Actor::System, Some(_)) => "client",
        }
    }
}

/// Logs an entry of the activity list that was committed, or of which that is not known.
pub fn recorded(event: &Event, is_certain: bool) {
    let Event { kind, actor, source, token, subject, detail, count, .. } = event.clone();
    let mut line = Line::of_kind(kind, source).by(actor).about_token(token);
    if !is_certain {
        line.outcome = Outcome::Unknown;
    }
    line.subject = subject.map(Cow::Owned);
    line.detail = detail;
    let line = if count == 1 { line } else { line.times(count) };
    line.write();
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Code, words and outcome of every event.
    fn events() -> Vec<[String; 3]> {
        let row = |line: &Line| [line.event, line.message, line.outcome.as_str()].map(String::from);
        let kinds = Kind::ALL.iter().map(|kind| Line::of_kind(*kind, Source::default()));
        let attempts = Attempt::ALL.iter().map(|kind| Line::of_attempt(*kind, Source::default()));
        kinds.chain(attempts).map(|line| row(&line)).collect()
    }

    #[test]
    fn the_manual_lists_every_event_with_an_example() {
        let manual = include_str!("../../docs/logs.md");
        let (_, table) = manual.split_once("| event | in words |").expect("a table");
        let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
        let documented: Vec<[String; 3]> = rows
            .map(|row| {
                let mut cells = row.split('|').map(str::trim).skip(1);
                [0; 3].map(|_| cells.next().expect("a cell").trim_matches('`').to_owned())
            })
            .collect();

        assert_eq!(documented, events());
        for [event, words, outcome] in events() {
            let example = format!(
                "INFO scimward::audit: {words} event=\"{event}\" outcome=\"{outcome}\" actor="
            );
            assert!(manual.contains(&example), "an example of {event} is missing");
        }
    }
}
