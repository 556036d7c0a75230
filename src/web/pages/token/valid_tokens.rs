//! The table `Valid tokens`, while the identity provider switches.

use chrono::{DateTime, Utc};

use crate::domain::network::agent::described;
use crate::domain::token::{Token, TokenHistory};
use crate::web::pages::layout::time::{Moment, ago, since};

/// The table.
pub(crate) struct ValidTokens {
    pub(crate) new_id: String,
    pub(crate) new_used: String,
    pub(crate) new_expires: Moment,
    pub(crate) old_id: String,
    pub(crate) old_used: String,
    /// When the old one ends by what is known now.
    pub(crate) old_ends: String,
    pub(crate) old_latest: String,
}

impl ValidTokens {
    /// The table; none while one token is valid.
    pub(crate) fn new(history: &TokenHistory, now: DateTime<Utc>) -> Option<Self> {
        let (new, old) = (history.unrevoked()?, history.old(now)?);
        let latest = old.latest_end()?;
        let ends_at = old.kept?.ends_at;
        let (old_ends, old_latest) = if ends_at < latest {
            let ends = format!("{}, if it is not presented again", since(now, ends_at));
            (ends, format!("at the latest {}", since(now, latest)))
        } else {
            (since(now, latest), "at the latest; sooner once the new one is in use".to_owned())
        };
        Some(Self {
            new_id: new.id.to_string(),
            new_used: used(new, now),
            new_expires: Moment::new(new.expires_at),
            old_id: old.id.to_string(),
            old_used: used(old, now),
            old_ends,
            old_latest,
        })
    }

    /// What changes while somebody watches, by the names of the cells.
    pub(crate) fn cells(&self) -> [(&'static str, &str); 4] {
        [
            ("new-used", &self.new_used),
            ("old-used", &self.old_used),
            ("old-ends", &self.old_ends),
            ("old-latest", &self.old_latest),
        ]
    }
}

/// `8 minutes ago, from 203.0.113.24 (Okta)`
fn used(token: &Token, now: DateTime<Utc>) -> String {
    token.last_use.as_ref().map_or_else(
        || "Never".to_owned(),
        |last| {
            let from = described(Some(last.from), last.agent.as_deref());
            format!("{}, from {from}", ago(now, last.at))
        },
    )
}
