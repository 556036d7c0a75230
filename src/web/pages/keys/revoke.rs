//! Revoking an API key, after a confirmation.

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::domain::keys::secret::KeyId;
use crate::domain::keys::{ApiKey, KeyStatus};
use crate::service::keys::RevokeKeyError;
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::layout::text::sentence;
use crate::web::pages::layout::time::{Moment, ago};
use crate::web::pages::layout::{self, Layout, Section};
use crate::web::pages::paths::{API_KEYS, go_to};
use crate::web::session::{Flash, NoFields, SignedIn, SignedInForm};

#[derive(Template)]
#[template(path = "keys/revoke.html")]
struct RevokePage {
    layout: Layout,
    id: String,
    name: String,
    scope: &'static str,
    expires: Moment,
    last_used: String,
}

/// `GET /admin/api-keys/{id}/revoke`.
pub(crate) async fn confirm(
    shared: web::Data<Shared>,
    me: SignedIn,
    path: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let id = parse(&path)?;
    let key = shared.services.keys.by_id(id).await?.ok_or(PageError::NotFound)?;
    if matches!(key.status(me.now), KeyStatus::Revoked | KeyStatus::Expired) {
        return Ok(go_to(API_KEYS));
    }
    let view = RevokePage {
        layout: Layout::load(&shared, &me, Section::ApiKeys).await?,
        last_used: last_used(&key, &me),
        id: key.id.to_string(),
        name: key.name.to_string(),
        scope: key.scope.name(),
        expires: Moment::new(key.expires_at),
    };
    Ok(layout::page(HttpResponse::Ok(), &view))
}

/// `It was last used 2 days ago.`
fn last_used(key: &ApiKey, me: &SignedIn) -> String {
    match &key.last_use {
        Some(last) => format!("It was last used {}.", ago(me.now, last.at)),
        None => "It has never been used.".to_owned(),
    }
}

/// `POST /admin/api-keys/{id}/revoke`.
pub(crate) async fn revoke(
    shared: web::Data<Shared>,
    path: web::Path<String>,
    form: SignedInForm<NoFields>,
) -> Result<HttpResponse, PageError> {
    let SignedInForm { me, fields: NoFields {} } = form;
    me.leave(&match shared.services.keys.revoke(parse(&path)?, me.author()).await {
        Ok(key) => Flash::done(
            format!("The API key “{}” was revoked.", key.name),
            "Whatever uses it has stopped working.",
        ),
        Err(RevokeKeyError::UnknownKey(_)) => return Err(PageError::NotFound),
        Err(error @ RevokeKeyError::HasEnded) => {
            Flash::warning(sentence(error), "Nothing was changed.")
        }
        Err(RevokeKeyError::Failed(failure)) => return Err(failure.into()),
    });
    Ok(go_to(API_KEYS))
}

fn parse(id: &str) -> Result<KeyId, PageError> {
    KeyId::parse(id).map_err(|_malformed| PageError::NotFound)
}
