//! The state while somebody watches a new token: small, and without a trace in the session.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::notes::{SyncNotes, last_used};
use super::notice::title_prefix;
use super::way::Way;
use crate::domain::admin::code::SecretCode;
use crate::domain::identity_provider::{GENERAL, IdentityProvider};
use crate::domain::network::agent::described;
use crate::domain::sync::{PATIENCE, SyncHealth};
use crate::domain::token::{Token, TokenStatus};
use crate::service::mails::BannerFacts;
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::layout::text::digits;
use crate::web::pages::layout::time::since;
use crate::web::pages::token::valid_tokens::ValidTokens;
use crate::web::session::{SignedIn, SignedInForm};

/// What the page of the token needs to keep itself up to date.
pub(crate) struct Watch {
    /// For how many seconds.
    pub(crate) seconds: i64,
    /// Until when, in words.
    pub(crate) until: String,
}

impl Watch {
    /// For a while after `token` was generated.
    pub(crate) fn new(token: &Token, now: DateTime<Utc>) -> Option<Self> {
        let until = token.generated_at + PATIENCE;
        let left = until - now;
        let is_watched = left > TimeDelta::zero() && left <= PATIENCE;
        (is_watched && token.status(now) == TokenStatus::Active).then(|| Self {
            seconds: left.num_seconds(),
            until: format!("This page checks by itself until {}.", until.format("%H:%M UTC")),
        })
    }
}

/// `GET /admin/authentication/state`.
pub(crate) async fn state(
    shared: web::Data<Shared>,
    me: SignedIn,
) -> Result<HttpResponse, PageError> {
    let known = shared.services.mails.banner_facts().await?;
    let answer = describe(&known, &me, &shared.site.product_name);
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(answer))
}

fn describe(known: &BannerFacts, me: &SignedIn, product: &str) -> Value {
    let (history, sync, now) = (&known.history, &known.sync, me.now);
    let title = format!("{}Authentication · Admin Settings · {product}", title_prefix(sync.health));
    let Some(token) = &history.newest else { return json!({ "state": null, "title": title }) };
    let Some(notes) = SyncNotes::new(token, history, sync, now) else { return Value::Null };
    let by = if token.generated_by.admin_id() == Some(me.admin.id) {
        "you"
    } else {
        token.generated_by.name_in_sentence()
    };
    let way = Way::new(token, by, known, now);
    let steps = way.iter().flat_map(|way| &way.steps).map(|step| {
        json!({ "mark": step.mark, "icon": step.icon(), "what": step.what, "sub": step.sub })
    });
    let (last_used, note) = last_used(token, history, &sync.connection, now);
    let works = sync.health == Some(SyncHealth::Working);
    json!({
        "state": sync.health.map(SyncHealth::code),
        "word": notes.word,
        "tone": notes.tone,
        "icon": notes.icon,
        "badge": if works { "success" } else { "neutral" },
        "notes": notes.notes,
        "steps": steps.collect::<Vec<_>>(),
        "last_used": [last_used, note],
        "cells": ValidTokens::new(history, now).as_ref().map(ValidTokens::cells).unwrap_or_default(),
        "notice": done(token, known).map(|(title, text)| json!({
            "tone": "success", "title": title, "text": text,
        })),
        "title": title,
    })
}

/// What is said when a token that was just generated is used for the first time.
pub(crate) fn done(token: &Token, known: &BannerFacts) -> Option<(String, String)> {
    let BannerFacts { history, sync, now, .. } = known;
    let now = *now;
    let first = token.first_used_at.filter(|_| Watch::new(token, now).is_some())?;
    if sync.health != Some(SyncHealth::Working) {
        return None;
    }
    let last = token.last_use.as_ref()?;
    let from = described(Some(last.from), last.agent.as_deref());
    let late = history.predecessors.iter().filter_map(|token| token.late_use.as_ref());
    let guide = known.provider().map_or(GENERAL, IdentityProvider::guide);
    let repeat = if guide.repeat.is_empty() { "repeat what failed there." } else { guide.repeat };
    let refused = match late.map(|late| late.count).sum::<u64>() {
        0 => String::new(),
        1 => format!(" 1 request was refused in between: {repeat}"),
        count => format!(" {} requests were refused in between: {repeat}", digits(count)),
    };
    let text = format!("In use since {}, from {from}.{refused}", since(now, first));
    Some((format!("Done: {} uses the new token", guide.name), text))
}

/// What the script sends when the window with a new token is closed.
#[derive(Deserialize)]
pub(crate) struct ClosedFields {
    #[serde(default)]
    request_id: String,
    #[serde(default)]
    copied: String,
}

/// `POST /admin/authentication/scim-token/closed`.
pub(crate) async fn closed(
    shared: web::Data<Shared>,
    form: SignedInForm<ClosedFields>,
) -> Result<HttpResponse, PageError> {
    let SignedInForm { me, fields } = form;
    if fields.copied == "false" {
        let request = SecretCode::presented(&me.form_id(&fields.request_id));
        shared.services.tokens.not_copied(request, me.author()).await?;
        // It says that all is well.
        drop(me.take_flash());
    }
    Ok(HttpResponse::NoContent().insert_header((CACHE_CONTROL, "no-store")).finish())
}
