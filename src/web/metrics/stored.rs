//! What the database says. All instances on one database tell the same.

use chrono::{DateTime, Utc};

use super::text::Text;
use crate::domain::keys::scope::Scope;
use crate::domain::keys::{ApiKey, KeyStatus};
use crate::domain::mail::kind::MailKind;
use crate::domain::mail::milestone::Milestone;
use crate::domain::sync::SyncHealth;
use crate::domain::token::Token;
use crate::service::Services;
use crate::service::mails::{ListedMail, MailOverview, MailStatus};
use crate::service::sync::SyncState;

pub(super) async fn show(text: &mut Text, services: &Services) {
    let stored = services.monitoring.stored().await;
    let is_up = u8::from(stored.is_ok());
    text.gauge("scimward_database_up", "Whether the database answers.", is_up);
    let Ok(stored) = stored else { return };
    let banner = &stored.mails.banner;
    if let Some(token) = banner.history.unrevoked() {
        current_token(text, token);
    }
    if let Some((old, kept)) = banner.history.old(banner.now).and_then(|old| Some((old, old.kept?)))
    {
        let name = "scimward_old_token_end_timestamp_seconds";
        text.metric(name, "gauge", "When the old token ends that is valid beside the current one.");
        text.sample(name, &[("token_id", old.id.as_str())], kept.ends_at.timestamp());
    }
    sync(text, &stored.mails.banner.sync);
    mails(text, &stored.mails);
    webhooks(text, &stored.mails, services.mails.webhooks().count());
    api_keys(text, &stored.keys, banner.now);
    text.gauge(
        "scimward_sessions",
        "Sessions of Server Admins that have not ended.",
        stored.sessions,
    );
}

/// One of the states is 1; before the first token none is.
fn sync(text: &mut Text, sync: &SyncState) {
    let name = "scimward_sync_state";
    text.metric(name, "gauge", "Whether SCIM sync works: 1 for the present state.");
    for state in SyncHealth::ALL {
        let is_present = u8::from(sync.health == Some(state));
        text.sample(name, &[("state", state.code())], is_present);
    }
    text.gauge(
        "scimward_sync_silent",
        "Whether nothing was accepted for longer than usual.",
        u8::from(sync.health == Some(SyncHealth::Silent)),
    );
    if let Some(last) = &sync.connection.last {
        text.gauge(
            "scimward_last_accepted_timestamp_seconds",
            "When a request was accepted last, with whichever token, to the minute.",
            last.at.timestamp(),
        );
    }
}

fn current_token(text: &mut Text, token: &Token) {
    let id = [("token_id", token.id.as_str())];
    let name = "scimward_token_expiry_timestamp_seconds";
    text.metric(name, "gauge", "When the current token expires.");
    text.sample(name, &id, token.expires_at.timestamp());
    let Some(last) = &token.last_use else { return };
    let name = "scimward_token_last_used_timestamp_seconds";
    text.metric(name, "gauge", "When the current token was accepted last, to the minute.");
    text.sample(name, &id, last.at.timestamp());
}

/// Those that are accepted; of the one that expires first also when.
fn api_keys(text: &mut Text, keys: &[ApiKey], now: DateTime<Utc>) {
    let live: Vec<_> = keys.iter().filter(|key| key.status(now) == KeyStatus::Active).collect();
    let name = "scimward_api_keys";
    text.metric(name, "gauge", "API keys that are accepted, by what they may do.");
    for scope in Scope::ALL {
        let count = live.iter().filter(|key| key.scope == scope).count();
        text.sample(name, &[("scope", scope.as_str())], count);
    }
    if let Some(next) = live.into_iter().min_by_key(|key| key.expires_at) {
        let name = "scimward_api_key_expiry_timestamp_seconds";
        text.metric(name, "gauge", "When the API key expires that is the next to do so.");
        text.sample(name, &[("key_id", next.id.as_str())], next.expires_at.timestamp());
    }
}

fn mails(text: &mut Text, overview: &MailOverview) {
    let name = "scimward_mails";
    text.metric(name, "gauge", "Mails about the newest token, one for each recipient.");
    let milestones = Milestone::ALL.map(MailKind::Expiry);
    let people: Vec<_> = overview.mails.iter().filter(|mail| !mail.is_for_webhook()).collect();
    for kind in MailKind::ALL {
        let count = |state: &str| count(&people, kind, state);
        for state in MailStatus::ALL {
            let count = count(state);
            if count > 0 || milestones.contains(&kind) {
                text.sample(name, &[("kind", kind.as_str()), ("state", state)], count);
            }
        }
    }
    let open = overview.all().filter(|mail| mail.status.is_open() && !mail.is_for_webhook());
    if let Some(oldest) = open.map(|mail| mail.due_at).min() {
        text.gauge(
            "scimward_mail_oldest_undelivered_timestamp_seconds",
            "When the oldest mail became due that is still to be delivered.",
            oldest.timestamp(),
        );
    }
    text.gauge(
        "scimward_mail_reaches_admins",
        "Whether at least one active Server Admin can be reached by mail.",
        u8::from(!overview.banner.health.reaches_nobody()),
    );
}

/// Only where there are webhooks.
fn webhooks(text: &mut Text, overview: &MailOverview, configured: usize) {
    if configured == 0 {
        return;
    }
    let notices = || overview.all().filter(|mail| mail.is_for_webhook());
    let name = "scimward_webhook_notices";
    text.metric(name, "gauge", "Notices to webhooks, about the newest token and of late.");
    for state in MailStatus::ALL {
        let count = notices().filter(|mail| mail.status.as_str() == state).count();
        text.sample(name, &[("state", state)], count);
    }
    let open = notices().filter(|mail| mail.status.is_open());
    if let Some(oldest) = open.map(|mail| mail.due_at).min() {
        text.gauge(
            "scimward_webhook_oldest_undelivered_timestamp_seconds",
            "When the oldest notice to a webhook became due that is still to be delivered.",
            oldest.timestamp(),
        );
    }
}

fn count(mails: &[&ListedMail], kind: MailKind, state: &str) -> usize {
    mails.iter().filter(|mail| mail.kind == kind && mail.status.as_str() == state).count()
}
