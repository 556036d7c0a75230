//! Making an API key: the only answers that ever hold one. As with the token, they are the answer to
//! the form itself, as JSON for the script or as a page, and nothing of the key is kept.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde_json::json;

use super::list::{self, KeyFields};
use crate::domain::admin::code::SecretCode;
use crate::domain::keys::KeyName;
use crate::service::keys::{CreateKeyError, CreatedKey, NewKey};
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::error_page::wants_json;
use crate::web::pages::layout::text::sentence;
use crate::web::pages::layout::time::{Moment, utc_text};
use crate::web::pages::layout::{self, Layout, Section, limited};
use crate::web::pages::paths::{API_KEYS, go_to};
use crate::web::session::{self, Flash, SignedIn, SignedInForm};

const NOT_CREATED: &str = "No API key was created.";

/// `POST /admin/api-keys`.
pub(crate) async fn create(
    shared: web::Data<Shared>,
    request: HttpRequest,
    form: SignedInForm<KeyFields>,
) -> Result<HttpResponse, PageError> {
    let SignedInForm { me, mut fields } = form;
    let json = wants_json(request.headers());
    let name = match fields.name.parse::<KeyName>() {
        Ok(name) => name,
        Err(error) if json => {
            return Ok(refused(HttpResponse::UnprocessableEntity(), &sentence(error)));
        }
        Err(error) => {
            fields.name_error = Some(sentence(error));
            return list::show(&shared, &me, fields, HttpResponse::UnprocessableEntity()).await;
        }
    };
    let new = parse(&me, &fields, name)?;
    match shared.services.keys.create(new, me.author()).await {
        Ok(created) if json => Ok(show_to_script(&shared, &me, &created)),
        Ok(created) => Ok(show_page(&shared, &me, &created)),
        Err(CreateKeyError::Failed(failure)) => Err(failure.into()),
        Err(CreateKeyError::RequestAlreadyUsed) if json => Ok(HttpResponse::Conflict()
            .json(json!({ "error": "request_already_used", "generated": true }))),
        Err(error) if json => Ok(refused(HttpResponse::Conflict(), &sentence(error))),
        Err(error) => {
            me.leave(&not_created(error));
            Ok(go_to(API_KEYS))
        }
    }
}

fn parse(me: &SignedIn, fields: &KeyFields, name: KeyName) -> Result<NewKey, PageError> {
    let incomplete = || PageError::BadRequest("The form is incomplete.");
    // A shorter id than ours could be repeated by chance.
    if !(22..=64).contains(&fields.request_id.len()) {
        return Err(incomplete());
    }
    Ok(NewKey {
        name,
        scope: fields.scope.parse().map_err(|_unknown| incomplete())?,
        validity: fields.months.parse().map_err(|_invalid| incomplete())?,
        request: Some(SecretCode::presented(&me.form_id(&fields.request_id))),
    })
}

/// Tells the script why there is no key.
fn refused(mut answer: actix_web::HttpResponseBuilder, why: &str) -> HttpResponse {
    answer.json(json!({ "error": "not_created", "generated": false, "message": why }))
}

fn not_created(error: CreateKeyError) -> Flash {
    match error {
        CreateKeyError::RequestAlreadyUsed => Flash::warning(
            "This request was already completed. The key cannot be displayed again.",
            "If you did not copy it, revoke it and create another one.",
        ),
        CreateKeyError::HourlyLimit(limit) => limited(NOT_CREATED, limit),
        error => Flash::warning(NOT_CREATED, sentence(error)),
    }
}

/// The answer to the script.
fn show_to_script(shared: &Shared, me: &SignedIn, created: &CreatedKey) -> HttpResponse {
    let key = &created.key;
    let expiry = utc_text(key.expires_at);
    me.leave(&Flash::done(
        format!("API key “{}” created. It expires on {expiry}.", key.name),
        "Enter it where it is used.",
    ));
    let mut answer = HttpResponse::Created();
    session::shows_secret(&mut answer, shared);
    answer.json(json!({
        "key": created.plain.expose(),
        "key_id": key.id.as_str(),
        "name": key.name.as_str(),
        "scope": key.scope.name(),
        "expires_at": Moment::new(key.expires_at).iso,
        "expires_text": expiry,
    }))
}

#[derive(Template)]
#[template(path = "keys/created.html")]
struct CreatedPage<'a> {
    layout: Layout,
    key: &'a str,
    key_id: &'a str,
    name: &'a str,
    scope: &'static str,
    expires: Moment,
}

/// The answer without the script.
fn show_page(shared: &Shared, me: &SignedIn, created: &CreatedKey) -> HttpResponse {
    let key = &created.key;
    let view = CreatedPage {
        layout: Layout::without_notices(shared, me, Section::ApiKeys),
        key: created.plain.expose(),
        key_id: key.id.as_str(),
        name: key.name.as_str(),
        scope: key.scope.name(),
        expires: Moment::new(key.expires_at),
    };
    let mut answer = HttpResponse::Ok();
    session::shows_secret(&mut answer, shared);
    layout::page(answer, &view)
}
