//! The card `Refused requests`, directly under the token while sync does not work.

use chrono::{DateTime, Utc};

use crate::domain::identity_provider::{IdentityProvider, named};
use crate::domain::network::agent::described;
use crate::domain::sync::SyncHealth;
use crate::domain::sync::refused::RefusedGroup;
use crate::domain::token::refusal::Refusal;
use crate::service::sync::SyncState;
use crate::web::pages::layout::Badge;
use crate::web::pages::layout::text::digits;
use crate::web::pages::layout::time::{ago, since};

/// Groups on the card; the Activity page has all.
const SHOWN: usize = 5;

/// The card.
pub(crate) struct RefusedCard {
    pub(crate) badge: Badge,
    pub(crate) rows: Vec<RefusedRow>,
}

/// Requests that have reason, token and source in common.
pub(crate) struct RefusedRow {
    /// What stands before the token's id, the id, and what stands behind it.
    pub(crate) what: String,
    pub(crate) token: Option<String>,
    pub(crate) times: String,
    pub(crate) remedy: String,
    pub(crate) from: String,
    pub(crate) relative: String,
}

impl RefusedCard {
    /// The card; none while sync works or a token is being entered.
    pub(crate) fn new(
        sync: &SyncState,
        provider: Option<IdentityProvider>,
        now: DateTime<Utc>,
    ) -> Option<Self> {
        let health = sync.health?;
        if matches!(health, SyncHealth::Working | SyncHealth::Waiting) {
            return None;
        }
        let refused = &sync.connection.refused;
        let Some(sum) = refused.all() else {
            let badge = Badge::new("neutral", "check", "0 since the last accepted one");
            return (health == SyncHealth::Silent).then_some(Self { badge, rows: Vec::new() });
        };
        let text = format!("{} since {}", digits(sum.count), since(now, sum.first_at));
        let mut groups: Vec<&RefusedGroup> = refused.groups.iter().collect();
        groups.sort_by_key(|group| std::cmp::Reverse((group.count, group.last_at)));
        let rows =
            groups.iter().take(SHOWN).map(|group| RefusedRow::new(group, health, provider, now));
        Some(Self { badge: Badge::new("danger", "x-circle-fill", text), rows: rows.collect() })
    }
}

impl RefusedRow {
    fn new(
        group: &RefusedGroup,
        health: SyncHealth,
        provider: Option<IdentityProvider>,
        now: DateTime<Utc>,
    ) -> Self {
        let what = match (group.reason, &group.token) {
            (Refusal::Replaced, Some(_)) => "The replaced token",
            (Refusal::Revoked, Some(_)) => "The revoked token",
            (Refusal::Expired, Some(_)) => "The expired token",
            (reason, _) => reason.what(),
        };
        let names_token =
            matches!(group.reason, Refusal::Replaced | Refusal::Revoked | Refusal::Expired);
        let times = if group.count == 1 {
            "once".to_owned()
        } else {
            format!("{} times", digits(group.count))
        };
        Self {
            what: what.to_owned(),
            token: group.token.as_ref().filter(|_| names_token).map(ToString::to_string),
            times,
            remedy: named(remedy(group, health), provider),
            from: described(group.from, group.agent.as_deref()),
            relative: ago(now, group.last_at),
        }
    }
}

fn remedy(group: &RefusedGroup, health: SyncHealth) -> &'static str {
    if group.reason == Refusal::UnknownApplication {
        group.reason.remedy()
    } else if !group.is_fault() {
        "From a source that has never been accepted. It does not count as a fault of the sync."
    } else if health == SyncHealth::Stopped {
        "There is no valid token. Generate one, then enter it in the identity provider."
    } else if health == SyncHealth::NotSwitched && group.token.is_some() {
        "Enter the new token in the identity provider."
    } else {
        group.reason.remedy()
    }
}
