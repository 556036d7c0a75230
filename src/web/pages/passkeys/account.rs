//! Renaming and removing one's own passkeys, each on a page of its own.

use actix_web::{HttpResponse, HttpResponseBuilder, web};
use askama::Template;
use serde::Deserialize;

use crate::domain::admin::passkey::{Passkey, PasskeyId};
use crate::service::passkeys::PasskeyError;
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::layout::text::sentence;
use crate::web::pages::layout::{self, Layout, Section, limited};
use crate::web::pages::paths::{ACCOUNT, go_to, parse_number};
use crate::web::session::{Flash, NoFields, SignedIn, SignedInForm};

#[derive(Template)]
#[template(path = "passkeys/rename.html")]
struct RenamePage {
    layout: Layout,
    id: i64,
    title: String,
    name: String,
    error: Option<String>,
}

#[derive(Template)]
#[template(path = "passkeys/remove.html")]
struct RemovePage {
    layout: Layout,
    id: i64,
    name: String,
    is_last: bool,
    required: bool,
}

/// What the form for another name sends.
#[derive(Deserialize)]
pub(crate) struct NameFields {
    #[serde(default)]
    pub(super) name: String,
}

/// `GET /admin/account/passkeys/{id}/rename`.
pub(crate) async fn ask_name(
    shared: web::Data<Shared>,
    me: SignedIn,
    path: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let (passkey, _) = find(&shared, &me, &path).await?;
    let name = passkey.name.to_string();
    show_name(HttpResponse::Ok(), &shared, &me, &passkey, name, None).await
}

/// `POST /admin/account/passkeys/{id}/rename`.
pub(crate) async fn rename(
    shared: web::Data<Shared>,
    path: web::Path<String>,
    form: SignedInForm<NameFields>,
) -> Result<HttpResponse, PageError> {
    let SignedInForm { me, fields: NameFields { name } } = form;
    let parsed = match name.parse() {
        Ok(parsed) => parsed,
        Err(invalid) => {
            let (passkey, _) = find(&shared, &me, &path).await?;
            let answer = HttpResponse::UnprocessableEntity();
            let error = Some(sentence(invalid));
            return show_name(answer, &shared, &me, &passkey, name, error).await;
        }
    };
    match shared.services.passkeys.rename(parse_id(&path)?, parsed, me.author()).await {
        Ok(()) => me.leave(&Flash::done("The passkey was renamed.", "")),
        Err(error) => refuse(&me, error)?,
    }
    Ok(go_to(ACCOUNT))
}

async fn show_name(
    answer: HttpResponseBuilder,
    shared: &Shared,
    me: &SignedIn,
    passkey: &Passkey,
    name: String,
    error: Option<String>,
) -> Result<HttpResponse, PageError> {
    let layout = Layout::load(shared, me, Section::Account).await?;
    let (id, title) = (passkey.id.0, passkey.name.to_string());
    Ok(layout::page(answer, &RenamePage { layout, id, title, name, error }))
}

/// `GET /admin/account/passkeys/{id}/remove`.
pub(crate) async fn confirm(
    shared: web::Data<Shared>,
    me: SignedIn,
    path: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    let (passkey, is_last) = find(&shared, &me, &path).await?;
    let view = RemovePage {
        layout: Layout::load(&shared, &me, Section::Account).await?,
        id: passkey.id.0,
        name: passkey.name.to_string(),
        is_last,
        required: shared.services.passkeys.are_required(),
    };
    Ok(layout::page(HttpResponse::Ok(), &view))
}

/// `POST /admin/account/passkeys/{id}/remove`.
pub(crate) async fn remove(
    shared: web::Data<Shared>,
    path: web::Path<String>,
    form: SignedInForm<NoFields>,
) -> Result<HttpResponse, PageError> {
    let me = form.me;
    match shared.services.passkeys.remove(parse_id(&path)?, me.author()).await {
        Ok(passkey) => me.leave(&Flash::done(
            format!("The passkey \u{201c}{}\u{201d} was removed.", passkey.name),
            "Other sessions that it had begun have ended. Remove it from your device, too.",
        )),
        Err(error) => refuse(&me, error)?,
    }
    Ok(go_to(ACCOUNT))
}

/// Leaves a message about what was refused.
fn refuse(me: &SignedIn, error: PasskeyError) -> Result<(), PageError> {
    me.leave(&match error {
        PasskeyError::Failed(failure) => return Err(failure.into()),
        PasskeyError::Unknown => return Err(PageError::NotFound),
        PasskeyError::HourlyLimit(limit) => limited("Nothing was changed.", limit),
        error => Flash::warning(sentence(error), "Nothing was changed."),
    });
    Ok(())
}

/// A passkey of the reader, and whether it is their last one.
async fn find(shared: &Shared, me: &SignedIn, id: &str) -> Result<(Passkey, bool), PageError> {
    let id = parse_id(id)?;
    let own = shared.services.passkeys.of_admin(me.admin.id).await?;
    let is_last = own.len() == 1;
    let found = own.into_iter().find(|passkey| passkey.id == id).ok_or(PageError::NotFound)?;
    Ok((found, is_last))
}

fn parse_id(text: &str) -> Result<PasskeyId, PageError> {
    parse_number(text).map(PasskeyId)
}
