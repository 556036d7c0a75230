//! Revoking the token without replacing it, after a confirmation of its own.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::card::in_one_line;
use super::form::live;
use super::revoke_old::OldToken;
use crate::domain::token::secret::TokenId;
use crate::service::tokens::{RevokeError, Revoked};
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::layout::{self, Layout, Section};
use crate::web::pages::paths::{HOME, go_to};
use crate::web::session::{Flash, SignedIn, SignedInForm};

#[derive(Template)]
#[template(path = "token/revoke.html")]
struct RevokePage {
    layout: Layout,
    token: String,
    current: String,
    old: Option<OldToken>,
}

/// `GET /admin/authentication/revoke`: the confirmation, for browsers without the script.
pub(crate) async fn confirm(
    shared: web::Data<Shared>,
    me: SignedIn,
) -> Result<HttpResponse, PageError> {
    let known = shared.services.mails.banner_facts().await?;
    let Some(token) = live(&known.history, me.now) else { return Ok(go_to(HOME)) };
    let view = RevokePage {
        layout: Layout::with(&shared, &me, Section::Authentication, &known),
        token: token.id.to_string(),
        current: in_one_line(token, me.now),
        old: OldToken::new(&known.history, me.now),
    };
    Ok(layout::page(HttpResponse::Ok(), &view))
}

/// What the form sends: the token that the page showed.
#[derive(Deserialize)]
pub(crate) struct RevokeFields {
    #[serde(default)]
    token: String,
}

/// `POST /admin/authentication/revoke`.
pub(crate) async fn revoke(
    shared: web::Data<Shared>,
    form: SignedInForm<RevokeFields>,
) -> Result<HttpResponse, PageError> {
    let SignedInForm { me, fields } = form;
    let expected = TokenId::parse(&fields.token)
        .map_err(|_malformed| PageError::BadRequest("The form names no token."))?;
    let revoked = shared.services.tokens.revoke(Some(expected), me.author()).await;
    me.leave(&match revoked {
        Ok(Revoked { token, old }) => Flash::done(
            match old {
                Some(old) => {
                    format!("Tokens {token} and {old} were revoked. SCIM sync has stopped.")
                }
                None => format!("Token {token} was revoked. SCIM sync has stopped."),
            },
            "To start it again, generate a new token and enter it in your identity provider.",
        ),
        Err(RevokeError::NoToken | RevokeError::NoOldToken) => Flash::warning(
            "There is no token to revoke.",
            "It was revoked in the meantime. Nothing was changed.",
        ),
        Err(RevokeError::TokenChanged) => Flash::warning(
            "Nothing was revoked.",
            "A new token was generated in the meantime. This page shows the state now.",
        ),
        Err(RevokeError::Failed(failure)) => return Err(failure.into()),
    });
    Ok(go_to(HOME))
}
