//! An entry as it stands in a file.

use serde::Serialize;

use super::words;
use crate::domain::activity::Recorded;
use crate::domain::calendar::rfc3339;
use crate::domain::token::secret::TokenId;

/// The fields of an entry, in the order in which files have them.
#[derive(Debug, Serialize)]
pub(super) struct Record<'a> {
    pub(super) id: i64,
    /// RFC 3339, in UTC.
    pub(super) time: String,
    pub(super) kind: &'static str,
    pub(super) description: String,
    pub(super) actor: &'a str,
    pub(super) address: Option<String>,
    pub(super) user_agent: Option<&'a str>,
    pub(super) token_id: Option<&'a str>,
    pub(super) subject: Option<&'a str>,
    pub(super) detail: Option<&'a str>,
    pub(super) count: u64,
    pub(super) actor_id: Option<i64>,
    /// At the time.
    pub(super) actor_email: Option<&'a str>,
}

impl<'a> From<&'a Recorded> for Record<'a> {
    fn from(recorded: &'a Recorded) -> Self {
        let event = &recorded.event;
        Self {
            id: recorded.id,
            time: rfc3339(event.at),
            kind: event.kind.as_str(),
            description: words::description(event),
            actor: event.actor.name(),
            address: event.source.address_text(),
            user_agent: event.source.agent.as_deref(),
            token_id: event.token.as_ref().map(TokenId::as_str),
            subject: event.subject.as_deref(),
            detail: event.detail.as_deref(),
            count: event.count,
            actor_id: event.actor.admin_id().map(|id| id.0),
            actor_email: event.actor.email(),
        }
    }
}
