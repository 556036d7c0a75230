//! The way from the old token to the new one, in three steps.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::calendar::span;
use crate::domain::identity_provider::named;
use crate::domain::network::agent::described;
use crate::domain::sync::refused::{RefusedGroup, RefusedRequests};
use crate::domain::sync::{PATIENCE, presented_predecessors};
use crate::domain::token::{Token, TokenHistory, TokenStatus};
use crate::service::mails::BannerFacts;
use crate::web::pages::layout::text::digits;
use crate::web::pages::layout::time::{ago, since};

/// So long after its first use the way to a token is shown.
const SHOWN: TimeDelta = TimeDelta::days(7);

/// The way.
pub(crate) struct Way {
    pub(crate) label: &'static str,
    pub(crate) steps: [Step; 3],
}

/// A step of it.
pub(crate) struct Step {
    /// `done`, `now`, `later` or `bad`.
    pub(crate) mark: &'static str,
    pub(crate) what: String,
    pub(crate) sub: String,
}

impl Step {
    fn new(mark: &'static str, what: impl Into<String>, sub: impl Into<String>) -> Self {
        Self { mark, what: what.into(), sub: sub.into() }
    }

    /// The icon of the mark.
    pub(crate) const fn icon(&self) -> &'static str {
        match self.mark.as_bytes() {
            b"done" => "check",
            b"bad" => "x",
            _ => "clock",
        }
    }
}

impl Way {
    /// The way to `token`, the newest one, which `by` has generated; none once it is over.
    pub(crate) fn new(
        token: &Token,
        by: &str,
        known: &BannerFacts,
        now: DateTime<Utc>,
    ) -> Option<Self> {
        let history = &known.history;
        let is_over = token.first_used_at.is_some_and(|first| now - first >= SHOWN);
        if is_over || token.status(now) != TokenStatus::Active {
            return None;
        }
        let is_first = history.predecessors.is_empty();
        let label = if is_first {
            "From the token to the first request"
        } else {
            "From the old token to the new one"
        };
        let generated = format!("{}, by {by}", since(now, token.generated_at));
        let third =
            if is_first { first_request(token, now) } else { old_token(token, history, now) };
        let second = first_use(token, known, now);
        Some(Self { label, steps: [Step::new("done", "Generated", generated), second, third] })
    }
}

fn first_use(token: &Token, known: &BannerFacts, now: DateTime<Utc>) -> Step {
    let BannerFacts { history, sync, .. } = known;
    if let Some(first) = token.first_used_at {
        let from = token.last_use.as_ref();
        let from = from.map(|last| described(Some(last.from), last.agent.as_deref()));
        let from = from.map(|from| format!("from {from}")).unwrap_or_default();
        return Step::new("done", format!("In use since {}", since(now, first)), from);
    }
    if let Some(at) = token.uncopied_at {
        let sub = format!("closed without copying at {}", since(now, at));
        return Step::new("bad", "Not copied", sub);
    }
    let is_another = |group: &&RefusedGroup| {
        !history.predecessors.iter().any(|old| Some(&old.id) == group.token.as_ref())
    };
    let groups = sync.connection.refused.groups.iter().filter(is_another).cloned().collect();
    if let Some(sum) = (RefusedRequests { groups, before_at: None }).all() {
        let requests = if sum.count == 1 { "request" } else { "requests" };
        let reason = sum.main.reason;
        let what = format!("{} {requests} refused: {}", digits(sum.count), reason.reason());
        let from = described(sum.last.from, sum.last.agent.as_deref());
        let last = ago(now, sum.last.last_at);
        let remedy = named(reason.remedy(), known.provider());
        return Step::new("bad", what, format!("last {last}, from {from}. {remedy}"));
    }
    let request =
        if history.predecessors.is_empty() { "request" } else { "request with the new token" };
    let waited = now - token.generated_at;
    if waited < PATIENCE {
        Step::new("now", format!("Waiting for the first {request}…"), "")
    } else {
        let sub = format!("{} so far", span(waited));
        Step::new("later", format!("Waiting for the first {request}"), sub)
    }
}

fn first_request(token: &Token, now: DateTime<Utc>) -> Step {
    if let Some(first) = token.first_used_at {
        return Step::new("done", "First request accepted", since(now, first));
    }
    let is_watched = now - token.generated_at < PATIENCE;
    let sub = if is_watched { "this page shows it within 5 seconds" } else { "" };
    Step::new("later", "First accepted request", sub)
}

fn old_token(token: &Token, history: &TokenHistory, now: DateTime<Utc>) -> Step {
    if let Some((old, latest)) =
        history.old(now).and_then(|old| Some((old.kept?, old.latest_end()?)))
    {
        return if old.ends_at < latest {
            let sub = "60 minutes after its last request, unless it is presented again";
            Step::new("now", format!("Old token ends at {}", since(now, old.ends_at)), sub)
        } else {
            let sub = "at the latest; sooner once the new one is in use";
            Step::new("now", format!("Old token valid until {}", since(now, latest)), sub)
        };
    }
    let late: Vec<_> =
        presented_predecessors(history).filter_map(|token| token.late_use.as_ref()).collect();
    let Some(last) = late.iter().max_by_key(|late| late.at) else {
        if let Some(old) = history.kept() {
            let ended =
                old.revocation.as_ref().map(|end| end.at).or(old.kept.map(|kept| kept.ends_at));
            let at = since(now, ended.unwrap_or(now));
            return Step::new("done", format!("Old token ended at {at}"), "not presented since");
        }
        return Step::new("done", "Old token not presented since", "");
    };
    let count: u64 = late.iter().map(|late| late.count).sum();
    let times = if count == 1 { "once".to_owned() } else { format!("{} times", digits(count)) };
    let is_recent = now - last.at < PATIENCE;
    match token.first_used_at {
        Some(first) if !is_recent || last.at <= first => {
            let sub = format!("last at {}, {times} after it was replaced", since(now, last.at));
            Step::new("done", "Old token no longer presented", sub)
        }
        None if now - token.generated_at < PATIENCE => {
            let sub = format!("last {}; refused", ago(now, last.at));
            Step::new("now", format!("Old token presented {times}"), sub)
        }
        used => {
            let mark = if used.is_some() { "now" } else { "bad" };
            let sub = format!("{times} since it was replaced, last {}", ago(now, last.at));
            Step::new(mark, "Old token still presented", sub)
        }
    }
}
