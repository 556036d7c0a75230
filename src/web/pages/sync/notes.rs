//! The state of the sync in a word and two lines.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::calendar::span;
use crate::domain::network::agent::{described, short_name};
use crate::domain::sync::{Connection, SyncHealth, presented_predecessors};
use crate::domain::token::{Token, TokenHistory};
use crate::service::sync::SyncState;
use crate::web::pages::layout::text::digits;
use crate::web::pages::layout::time::{ago, since};

/// After so long a connection is quiet rather than busy.
const QUIET: TimeDelta = TimeDelta::hours(1);

/// The right half of the headline.
pub(crate) struct SyncNotes {
    pub(crate) word: String,
    pub(crate) icon: &'static str,
    pub(crate) tone: &'static str,
    pub(crate) notes: [String; 2],
}

impl SyncNotes {
    /// What is said of `token`, the newest one; nothing before the first one.
    pub(crate) fn new(
        token: &Token,
        history: &TokenHistory,
        sync: &SyncState,
        now: DateTime<Utc>,
    ) -> Option<Self> {
        let health = sync.health?;
        let (tone, icon) = look(health);
        let notes = match health {
            SyncHealth::Working => working(sync, now),
            SyncHealth::Switching => switching(token, history, now),
            SyncHealth::Waiting => waiting(token, history, &sync.connection, now),
            SyncHealth::Silent => silent(token, sync, now),
            SyncHealth::Refused => refused(&sync.connection, now),
            SyncHealth::NotSwitched => not_switched(token, history, now),
            SyncHealth::Stopped => stopped(&sync.connection, now),
        };
        Some(Self { word: health.to_string(), icon, tone, notes })
    }
}

/// Tone and icon.
pub(crate) const fn look(health: SyncHealth) -> (&'static str, &'static str) {
    match health {
        SyncHealth::Stopped => ("danger", "stop"),
        SyncHealth::NotSwitched => ("danger", "alert"),
        SyncHealth::Refused => ("danger", "x-circle-fill"),
        SyncHealth::Silent => ("attention", "clock"),
        SyncHealth::Switching => ("accent", "sync"),
        SyncHealth::Waiting => ("neutral", "clock"),
        SyncHealth::Working => ("success", "check-circle-fill"),
    }
}

fn working(sync: &SyncState, now: DateTime<Utc>) -> [String; 2] {
    let Some(last) = &sync.connection.last else { return [String::new(), usual(sync, "Warning")] };
    let first =
        format!("Last request {}, from {}.", ago(now, last.at), short_name(last.agent.as_deref()));
    match sync.connection.rhythm.quiet {
        Some(quiet) if quiet >= QUIET => [
            first,
            format!("Quiet for {}. {}", span(quiet), usual(sync, "Warning")).trim().to_owned(),
        ],
        _ => [first, usual(sync, "Warning")],
    }
}

/// `Longest pause in 30 days: 3 days. Warning after 9 days.`
fn usual(sync: &SyncState, verb: &str) -> String {
    let rhythm = &sync.connection.rhythm;
    let is_known = rhythm.longest_pause > TimeDelta::zero();
    let pause =
        is_known.then(|| format!("Longest pause in 30 days: {}.", span(rhythm.longest_pause)));
    let limit = rhythm.limit(sync.rule).map(|limit| format!("{verb} after {}.", span(limit.after)));
    pause.into_iter().chain(limit).collect::<Vec<_>>().join(" ")
}

fn switching(token: &Token, history: &TokenHistory, now: DateTime<Utc>) -> [String; 2] {
    let first = match token.first_used_at {
        Some(first) => format!("The new token is in use since {}.", since(now, first)),
        None if token.uncopied_at.is_some() => "The new token was not copied.".to_owned(),
        None => "The new token has not been used yet.".to_owned(),
    };
    let last = history.old(now).and_then(|old| old.last_use.as_ref());
    let second = last.map(|last| format!("The old one was last presented {}.", ago(now, last.at)));
    [first, second.unwrap_or_default()]
}

fn waiting(
    token: &Token,
    history: &TokenHistory,
    connection: &Connection,
    now: DateTime<Utc>,
) -> [String; 2] {
    if token.uncopied_at.is_some() {
        return uncopied(history);
    }
    let first = if history.predecessors.is_empty() {
        "For the first request."
    } else {
        "For the first request with the new token."
    };
    let second = if let Some(sum) = connection.refused.all() {
        format!("{} refused so far.", digits(sum.count))
    } else {
        let (at, passed) = (since(now, token.generated_at), ago(now, token.generated_at));
        format!("Since {at}, {passed}.")
    };
    [first.to_owned(), second]
}

fn uncopied(history: &TokenHistory) -> [String; 2] {
    let which = if history.predecessors.is_empty() { "The token" } else { "The new token" };
    [format!("{which} was not copied."), "Generate another one.".to_owned()]
}

fn silent(token: &Token, sync: &SyncState, now: DateTime<Utc>) -> [String; 2] {
    let last = sync.connection.last.as_ref().filter(|_| token.was_used());
    let Some(last) = last else {
        let generated = format!("Generated {}.", ago(now, token.generated_at));
        return ["Never used.".to_owned(), generated];
    };
    let quiet = sync.connection.rhythm.quiet.unwrap_or(now - last.at);
    let second = format!("Quiet for {}. {}", span(quiet), usual(sync, "Warned"));
    [format!("Last request {}.", ago(now, last.at)), second.trim().to_owned()]
}

fn refused(connection: &Connection, now: DateTime<Utc>) -> [String; 2] {
    let first = match connection.refused.faults() {
        Some(sum) => {
            let (count, at) = (digits(sum.count), since(now, sum.first_at));
            format!("{count} refused since {at}, none accepted.")
        }
        None => String::new(),
    };
    [first, last_worked(connection, now)]
}

fn not_switched(token: &Token, history: &TokenHistory, now: DateTime<Utc>) -> [String; 2] {
    if token.uncopied_at.is_some() {
        return uncopied(history);
    }
    let late = presented_predecessors(history).filter_map(|token| token.late_use.as_ref());
    let last = late.map(|late| late.at).max();
    let second = last.map(|at| format!("A request last named the old one {}.", ago(now, at)));
    ["The new token has never been used.".to_owned(), second.unwrap_or_default()]
}

fn stopped(connection: &Connection, now: DateTime<Utc>) -> [String; 2] {
    [refused_since(connection), last_worked(connection, now)]
}

/// `31 requests refused since.`
pub(super) fn refused_since(connection: &Connection) -> String {
    match connection.refused.all().map_or(0, |sum| sum.count) {
        0 => "No request since.".to_owned(),
        1 => "1 request refused since.".to_owned(),
        count => format!("{} requests refused since.", digits(count)),
    }
}

fn last_worked(connection: &Connection, now: DateTime<Utc>) -> String {
    match &connection.last {
        Some(last) => format!("Sync last worked {}.", ago(now, last.at)),
        None => "No request was ever accepted.".to_owned(),
    }
}

/// The fact `Last used by the identity provider`, and what stands below it.
pub(crate) fn last_used(
    token: &Token,
    history: &TokenHistory,
    connection: &Connection,
    now: DateTime<Utc>,
) -> (String, String) {
    if let Some(last) = &token.last_use {
        let from = described(Some(last.from), last.agent.as_deref());
        return (ago(now, last.at), format!("from {from}"));
    }
    let is_over = token.revocation.is_some() || now >= token.expires_at;
    let note = match &connection.last {
        _ if is_over => String::new(),
        Some(last) => format!("sync last worked at {}", since(now, last.at)),
        None if history.predecessors.is_empty() => "waiting for the first request".to_owned(),
        None => String::new(),
    };
    ("Never".to_owned(), note)
}
