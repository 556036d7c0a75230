//! What every page says while sync does not work.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::admin::person::AdminId;
use crate::domain::calendar::span;
use crate::domain::identity_provider::{IdentityProvider, named};
use crate::domain::network::agent::described;
use crate::domain::sync::refused::RefusedSum;
use crate::domain::sync::{Connection, SyncHealth, presented_predecessors};
use crate::domain::token::{Token, TokenHistory};
use crate::service::sync::SyncState;
use crate::web::pages::layout::text::digits;
use crate::web::pages::layout::time::{ago, since, utc_date, utc_text};

const ANOTHER: &str = "If nobody has copied it, generate another one.";

/// The words of a notice, with its tone.
pub(crate) struct SyncNotice {
    pub(crate) tone: &'static str,
    pub(crate) icon: &'static str,
    pub(crate) title: String,
    pub(crate) text: String,
}

/// What the title of every page begins with.
pub(crate) const fn title_prefix(health: Option<SyncHealth>) -> &'static str {
    match health {
        Some(SyncHealth::Stopped) => "Sync stopped · ",
        Some(SyncHealth::NotSwitched) => "Not switched · ",
        Some(SyncHealth::Refused) => "Sync refused · ",
        Some(SyncHealth::Silent) => "Sync silent · ",
        Some(SyncHealth::Switching) => "Switching · ",
        Some(SyncHealth::Waiting | SyncHealth::Working) | None => "",
    }
}

/// The notice for the reader `me`, while there is something to say.
pub(crate) fn notice(
    history: &TokenHistory,
    sync: &SyncState,
    provider: Option<IdentityProvider>,
    me: AdminId,
    now: DateTime<Utc>,
) -> Option<SyncNotice> {
    let token = history.newest.as_ref()?;
    let connection = &sync.connection;
    let (title, text) = match sync.health? {
        SyncHealth::Stopped => stopped(token, connection, me, now),
        SyncHealth::NotSwitched => not_switched(token, history, connection, now),
        SyncHealth::Refused => refused(connection, now)?,
        SyncHealth::Silent => silent(token, sync, now),
        SyncHealth::Switching => switching(history.old(now)?),
        SyncHealth::Waiting | SyncHealth::Working => return None,
    };
    let text = named(&text, provider);
    let (tone, icon) = match sync.health {
        Some(SyncHealth::Silent) => ("attention", "clock"),
        Some(SyncHealth::Switching) => ("info", "sync"),
        _ => ("danger", "stop"),
    };
    Some(SyncNotice { tone, icon, title, text })
}

fn stopped(
    token: &Token,
    connection: &Connection,
    me: AdminId,
    now: DateTime<Utc>,
) -> (String, String) {
    const REMEDY: &str = "Generate a new token and enter it in your identity provider.";
    let refused = super::notes::refused_since(connection);
    let Some(end) = &token.revocation else {
        let expiry = utc_text(token.expires_at);
        let title = format!("The SCIM token expired on {expiry}. SCIM sync has stopped.");
        return (title, format!("{refused} {REMEDY}"));
    };
    let who = match end.by.admin_id() {
        Some(id) if id == me => format!("{} (you)", end.by.name()),
        Some(_) => end.by.name().to_owned(),
        None => "Somebody at the command line".to_owned(),
    };
    let (at, passed) = (utc_text(end.at), ago(now, end.at));
    let text = format!("{who} revoked it on {at}, {passed}. {refused} {REMEDY}");
    ("SCIM sync has stopped: the token was revoked".to_owned(), text)
}

fn not_switched(
    token: &Token,
    history: &TokenHistory,
    connection: &Connection,
    now: DateTime<Utc>,
) -> (String, String) {
    let which = if history.predecessors.len() > 1 { "an older token" } else { "the old token" };
    let title = format!("SCIM sync has stopped: requests still name {which}");
    let presented: Vec<_> = presented_predecessors(history).collect();
    let ids: Vec<_> = presented.iter().map(|token| &token.id).collect();
    // What was counted before groups were kept has only its latest time.
    let late = presented.iter().filter_map(|token| token.late_use.as_ref());
    let last_at = late.map(|late| late.at).max();
    let last = last_at.map(|at| format!("The last one came {}.", ago(now, at)));
    let sum = connection.refused.with(&ids);
    let refused = sum.map_or(last.unwrap_or_default(), |sum| summed(&sum, now));
    let enter = format!(
        "If they come from your identity provider, enter the new token {} there.",
        token.id
    );
    (title, format!("{refused} {enter} {ANOTHER}"))
}

/// `40 requests refused since 09:12 UTC, the last one just now, from 203.0.113.24 (Okta).`
fn summed(sum: &RefusedSum<'_>, now: DateTime<Utc>) -> String {
    let requests = if sum.count == 1 {
        "1 request".to_owned()
    } else {
        format!("{} requests", digits(sum.count))
    };
    let (since, last) = (since(now, sum.first_at), ago(now, sum.last.last_at));
    let from = described(sum.last.from, sum.last.agent.as_deref());
    format!("{requests} refused since {since}, the last one {last}, from {from}.")
}

fn refused(connection: &Connection, now: DateTime<Utc>) -> Option<(String, String)> {
    let sum = connection.refused.faults()?;
    let reason = sum.main.reason;
    let text = format!("{} None was accepted since. {}", summed(&sum, now), reason.remedy());
    Some((format!("SCIM requests are refused: {}", reason.reason()), text))
}

fn silent(token: &Token, sync: &SyncState, now: DateTime<Utc>) -> (String, String) {
    let connection = &sync.connection;
    let last = connection.last.as_ref().filter(|_| token.was_used());
    let Some(last) = last else {
        let title = format!("The token of {} has never been used", utc_date(token.generated_at));
        let (passed, who) = (ago(now, token.generated_at), token.generated_by.name_in_sentence());
        let text = format!(
            "It was generated {passed} by {who}. Enter it in your identity provider. {ANOTHER}"
        );
        return (title, text);
    };
    let title = format!("Nothing heard from the identity provider for {}", span(now - last.at));
    let from = described(Some(last.from), last.agent.as_deref());
    let pause = connection.rhythm.longest_pause;
    let pause = (pause > TimeDelta::zero())
        .then(|| format!(" The longest pause in 30 days was {}.", span(pause)));
    let text = format!(
        "The last request came on {}, from {from}.{} Look there whether provisioning is switched on \
         and shows errors.",
        utc_text(last.at),
        pause.unwrap_or_default()
    );
    (title, text)
}

fn switching(old: &Token) -> (String, String) {
    let latest = utc_text(old.latest_end().unwrap_or(old.expires_at));
    let title = "Two tokens are valid while the identity provider switches".to_owned();
    let text = format!(
        "The old token {} ends 60 minutes after its last request once the new one is in use, at the \
         latest on {latest}.",
        old.id
    );
    (title, text)
}
