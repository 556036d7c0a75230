//! What was refused since the last accepted request, and the outages that such a request ends.

use chrono::{DateTime, Utc};

use super::refusals::{RefusalCount, RefusalCounts, RefusalKey, Stretch};
use super::uses::TakenUses;
use crate::domain::activity::{Event, Kind};
use crate::domain::admin::actor::Actor;
use crate::domain::calendar::span;
use crate::domain::mail::about::{About, EventKey};
use crate::domain::mail::kind::MailKind;
use crate::domain::mail::milestone::Milestone;
use crate::domain::mail::old_token::OldTokenMail;
use crate::domain::network::source::Source;
use crate::domain::sync::PATIENCE;
use crate::domain::sync::alarms::Alarm;
use crate::domain::sync::outage::{Outage, OutageId, Standstill, began, stopped_at};
use crate::domain::sync::refused::{RefusedGroup, RefusedRequests};
use crate::domain::token::{Token, TokenHistory};
use crate::service::sync::{name_sources, period};
use crate::store::sync::refused::StoredGroup;
use crate::store::{self, Conn, StoreError, Transaction};

/// Writes what was refused before and after the accepted requests. The transaction must hold
/// [`store::Lock::Usage`], and the uses must not be written yet.
pub(super) fn write(
    conn: &mut Transaction,
    uses: &TakenUses,
    refusals: &RefusalCounts,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    if uses.last.is_empty() && refusals.is_empty() {
        return Ok(());
    }
    let history = store::tokens::history(conn)?;
    let period = period(&history, now);
    let mut stored = store::sync::refused::open(conn, now - PATIENCE)?;
    let stretches: Vec<_> =
        refusals.iter().map(|(key, count)| (key, count, count.stretches(uses.count))).collect();
    for (key, count, (before, _)) in &stretches {
        if let Some(before) = before {
            let (period, group) = group(key, count, *before, period);
            store::sync::refused::add(conn, &mut stored, period, &group)?;
        }
    }
    if let Some(first_at) = uses.first_at {
        name_sources(conn, &mut stored, now)?;
        stored.retain(|stored| stored.ended_at.is_none());
        let outage = end_outage(conn, uses, &history, &stored, first_at)?;
        store::sync::refused::end(conn, first_at, outage)?;
        store::sync::refused::forget(conn, now - PATIENCE)?;
        stored.clear();
    }
    for (key, count, (_, after)) in &stretches {
        if let Some(after) = after {
            let (period, group) = group(key, count, *after, period);
            store::sync::refused::add(conn, &mut stored, period, &group)?;
        }
    }
    Ok(())
}

/// A group as it is stored, with the period it belongs to.
fn group(
    key: &RefusalKey,
    counted: &RefusalCount,
    Stretch { count, first_at, last_at }: Stretch,
    period: DateTime<Utc>,
) -> (DateTime<Utc>, RefusedGroup) {
    let is_of_period = last_at >= period;
    let group = RefusedGroup {
        reason: key.reason,
        token: key.token.clone(),
        from: counted.address(key),
        agent: counted.agent.clone(),
        looks_like_ours: key.looks_like_ours,
        is_known_source: false,
        count,
        first_at: if is_of_period { first_at.max(period) } else { first_at },
        last_at,
    };
    (if is_of_period { period } else { DateTime::UNIX_EPOCH }, group)
}

/// Records the outage that the first of these uses has ended, if there was one.
fn end_outage(
    conn: &mut Transaction,
    uses: &TakenUses,
    history: &TokenHistory,
    stored: &[StoredGroup],
    ended_at: DateTime<Utc>,
) -> Result<Option<OutageId>, StoreError> {
    let Some((token, last)) = uses.last.iter().min_by_key(|(_, last)| last.at) else {
        return Ok(None);
    };
    let last_at = store::tokens::last_used(conn)?.and_then(|token| token.last_use);
    let last_at = last_at.map(|last| last.at);
    let refused: Vec<RefusedGroup> = stored.iter().map(|stored| stored.group.clone()).collect();
    let standstill = Standstill {
        last_at,
        refused: &refused,
        stopped_at: stopped_at(history, last_at, ended_at),
        silence_was_mailed: silence_was_mailed(conn, history, last_at)?,
        stop_was_mailed: stop_was_mailed(conn, history, last_at)?,
    };
    let Some(began_at) = began(&standstill, ended_at) else { return Ok(None) };
    let outage = Outage {
        began_at,
        ended_at,
        is_told: standstill.silence_was_mailed || standstill.stop_was_mailed,
        token: token.clone(),
        from: last.from,
        agent: last.agent.clone(),
    };
    let source = Source::new(last.from, last.agent.as_deref());
    let event = Event::new(ended_at, Kind::SyncWorksAgain, Actor::System, source)
        .about_token(token.clone())
        .with_detail(detail(&outage, refused));
    store::activity::record(conn, &event)?;
    Ok(Some(store::sync::outages::insert(conn, &outage)?))
}

/// `It had stopped for 38 minutes. 210 requests were refused: the requests carry no token.`
fn detail(outage: &Outage, groups: Vec<RefusedGroup>) -> String {
    let stopped = format!("It had stopped for {}.", span(outage.ended_at - outage.began_at));
    match (RefusedRequests { groups, before_at: None }).all() {
        None => format!("{stopped} No request was refused."),
        Some(sum) => {
            let requests = if sum.count == 1 {
                "1 request was".to_owned()
            } else {
                format!("{} requests were", sum.count)
            };
            format!("{stopped} {requests} refused: {}.", sum.main.reason.reason())
        }
    }
}

fn silence_was_mailed(
    conn: &mut Conn,
    history: &TokenHistory,
    last_at: Option<DateTime<Utc>>,
) -> Result<bool, StoreError> {
    was_mailed(conn, Alarm::Silent, history, last_at)
}

/// Whether a mail told that requests are refused, or that no token is valid, or that the identity
/// provider sends an older one.
fn stop_was_mailed(
    conn: &mut Conn,
    history: &TokenHistory,
    last_at: Option<DateTime<Utc>>,
) -> Result<bool, StoreError> {
    if was_mailed(conn, Alarm::Refused, history, last_at)? {
        return Ok(true);
    }
    let Some(newest) = history.newest.as_ref().filter(|newest| !newest.was_used()) else {
        return Ok(false);
    };
    let about = |token: &Token| About::Token(token.id.clone());
    if store::mails::exists(conn, MailKind::StillUsed, &about(newest))? {
        return Ok(true);
    }
    if let Some(old) = history.kept() {
        let about = About::Event(EventKey::old_token(&old.id));
        for mail in [OldTokenMail::Stopped, OldTokenMail::Revoked] {
            if store::mails::exists(conn, MailKind::OldToken(mail), &about)? {
                return Ok(true);
            }
        }
    }
    for token in &history.predecessors {
        for kind in [MailKind::Alarm(Alarm::Revoked), MailKind::Expiry(Milestone::OneDayAfter)] {
            if store::mails::exists(conn, kind, &about(token))? {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn was_mailed(
    conn: &mut Conn,
    alarm: Alarm,
    history: &TokenHistory,
    last_at: Option<DateTime<Utc>>,
) -> Result<bool, StoreError> {
    let Some(newest) = &history.newest else { return Ok(false) };
    let about = About::Event(EventKey::pause(last_at, &newest.id));
    store::mails::exists(conn, MailKind::Alarm(alarm), &about)
}
