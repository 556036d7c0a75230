//! What was refused lately, as the activity list has it.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use scimward::domain::activity::Kind;
use scimward::domain::token::refusal::Refusal;
use scimward::domain::token::secret::TokenId;

use super::app::TestApp;

/// Refused requests that have reason, token and address in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RefusalGroup {
    pub(crate) reason: Refusal,
    pub(crate) token: Option<TokenId>,
    pub(crate) from: Option<IpAddr>,
    pub(crate) agent: Option<String>,
    pub(crate) count: u64,
    pub(crate) last_at: DateTime<Utc>,
}

impl TestApp {
    /// What was refused in the last 24 hours, the group with the latest request first.
    pub(crate) fn recent_refusals(&self) -> Vec<RefusalGroup> {
        let since = self.services().now() - TimeDelta::days(1);
        let rows = self.wait(self.services().activity.rows(None, &[Kind::RequestsRefused]));
        let mut groups: Vec<RefusalGroup> = Vec::new();
        for event in rows.unwrap().into_iter().map(|row| row.event).filter(|e| e.at >= since) {
            let group = RefusalGroup {
                reason: event.subject.as_deref().unwrap().parse().unwrap(),
                token: event.token,
                from: event.source.address,
                agent: event.source.agent,
                count: event.count,
                last_at: event.at,
            };
            let same = groups.iter_mut().find(|known| {
                (known.reason, &known.token, known.from) == (group.reason, &group.token, group.from)
            });
            match same {
                Some(known) => known.count += group.count,
                None => groups.push(group),
            }
        }
        groups
    }
}
