//! Revoking the old token while two are valid, after a confirmation of its own.

use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::domain::token::secret::TokenId;
use crate::domain::token::{Token, TokenHistory};
use crate::service::tokens::{RevokeError, RevokedOld};
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::layout::time::ago;
use crate::web::pages::layout::{self, Layout, Section};
use crate::web::pages::paths::{HOME, go_to};
use crate::web::session::{Flash, SignedIn, SignedInForm};

/// What the confirmation says.
pub(crate) struct OldToken {
    pub(crate) id: String,
    /// `It was last presented 8 minutes ago.`
    pub(crate) presented: String,
    pub(crate) consequence: &'static str,
}

impl OldToken {
    /// Of the old token, while it is valid.
    pub(crate) fn new(history: &TokenHistory, now: DateTime<Utc>) -> Option<Self> {
        let old = history.old(now)?;
        let presented = old
            .last_use
            .as_ref()
            .map(|last| format!("It was last presented {}.", ago(now, last.at)));
        let is_in_use = history.newest.as_ref().is_some_and(Token::was_used);
        Some(Self {
            id: old.id.to_string(),
            presented: presented.unwrap_or_default(),
            consequence: if is_in_use {
                "The new token is in use."
            } else {
                "The new token has not been used yet. SCIM sync stops until it is entered in your \
                 identity provider."
            },
        })
    }
}

#[derive(Template)]
#[template(path = "token/revoke_old.html")]
struct RevokeOldPage {
    layout: Layout,
    old: OldToken,
}

/// `GET /admin/authentication/revoke-old`: the confirmation, for browsers without the script.
pub(crate) async fn confirm(
    shared: web::Data<Shared>,
    me: SignedIn,
) -> Result<HttpResponse, PageError> {
    let known = shared.services.mails.banner_facts().await?;
    let Some(old) = OldToken::new(&known.history, me.now) else { return Ok(go_to(HOME)) };
    let layout = Layout::with(&shared, &me, Section::Authentication, &known);
    Ok(layout::page(HttpResponse::Ok(), &RevokeOldPage { layout, old }))
}

/// What the form sends: the old token that the page showed.
#[derive(Deserialize)]
pub(crate) struct RevokeOldFields {
    #[serde(default)]
    token: String,
}

/// `POST /admin/authentication/revoke-old`.
pub(crate) async fn revoke(
    shared: web::Data<Shared>,
    form: SignedInForm<RevokeOldFields>,
) -> Result<HttpResponse, PageError> {
    let SignedInForm { me, fields } = form;
    let expected = TokenId::parse(&fields.token)
        .map_err(|_malformed| PageError::BadRequest("The form names no token."))?;
    let revoked = shared.services.tokens.revoke_old(Some(expected), me.author()).await;
    me.leave(&match revoked {
        Ok(RevokedOld { new, .. }) => {
            let text = if new.was_used() {
                format!("The new token {} is in use.", new.id)
            } else {
                let id = &new.id;
                format!(
                    "SCIM sync stops until the new token {id} is entered in your identity provider."
                )
            };
            Flash::done("The old token was revoked.", text)
        }
        Err(RevokeError::NoOldToken | RevokeError::NoToken) => Flash::warning(
            "There is no old token to revoke.",
            "It has ended in the meantime. Nothing was changed.",
        ),
        Err(RevokeError::TokenChanged) => Flash::warning(
            "Nothing was revoked.",
            "The tokens have changed in the meantime. This page shows the state now.",
        ),
        Err(RevokeError::Failed(failure)) => return Err(failure.into()),
    });
    Ok(go_to(HOME))
}
