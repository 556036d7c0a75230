//! Deactivating and reactivating a Server Admin, each after a confirmation.

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::domain::admin::ServerAdmin;
use crate::service::admins::ActivationError;
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::layout::text::sentence;
use crate::web::pages::layout::{self, Layout, Section};
use crate::web::pages::paths::{LOGIN, SERVER_ADMINS, go_to, parse_id};
use crate::web::session::{Flash, NoFields, SignedIn, SignedInForm};

#[derive(Template)]
#[template(path = "admins/activation.html")]
struct Page {
    layout: Layout,
    id: i64,
    name: String,
    email: String,
    is_me: bool,
    /// Whether it is about deactivating rather than reactivating.
    off: bool,
    is_last: bool,
}

/// `GET /admin/server-admins/{id}/deactivate`.
pub(crate) async fn confirm_off(
    shared: web::Data<Shared>,
    me: SignedIn,
    path: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    confirm(&shared, &me, &path, true).await
}

/// `GET /admin/server-admins/{id}/reactivate`.
pub(crate) async fn confirm_on(
    shared: web::Data<Shared>,
    me: SignedIn,
    path: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    confirm(&shared, &me, &path, false).await
}

async fn confirm(
    shared: &Shared,
    me: &SignedIn,
    id: &str,
    off: bool,
) -> Result<HttpResponse, PageError> {
    let admins = shared.services.admins.list().await?;
    let id = parse_id(id)?;
    let subject = admins.iter().find(|admin| admin.id == id).ok_or(PageError::NotFound)?;
    if subject.active != off {
        return Ok(go_to(SERVER_ADMINS));
    }
    let view = Page {
        layout: Layout::load(shared, me, Section::ServerAdmins).await?,
        id: subject.id.0,
        name: subject.name.to_string(),
        email: subject.email.to_string(),
        is_me: subject.id == me.admin.id,
        off,
        is_last: off && admins.iter().filter(|admin| admin.active).count() == 1,
    };
    Ok(layout::page(HttpResponse::Ok(), &view))
}

/// `POST /admin/server-admins/{id}/deactivate`.
pub(crate) async fn deactivate(
    shared: web::Data<Shared>,
    path: web::Path<String>,
    form: SignedInForm<NoFields>,
) -> Result<HttpResponse, PageError> {
    let SignedInForm { me, fields: NoFields {} } = form;
    let id = parse_id(&path)?;
    let from = me.source.clone();
    let done = shared.services.admins.set_active(id, false, me.admin.actor(), from).await;
    if done.is_ok() && id == me.admin.id {
        me.end();
        return Ok(go_to(LOGIN));
    }
    let follows = "All of their sessions have ended, and they receive no more mails.";
    answer(&me, done, "deactivated", follows)
}

/// `POST /admin/server-admins/{id}/reactivate`.
pub(crate) async fn reactivate(
    shared: web::Data<Shared>,
    path: web::Path<String>,
    form: SignedInForm<NoFields>,
) -> Result<HttpResponse, PageError> {
    let SignedInForm { me, fields: NoFields {} } = form;
    let id = parse_id(&path)?;
    let from = me.source.clone();
    let done = shared.services.admins.set_active(id, true, me.admin.actor(), from).await;
    let follows = "They can log in again and receive the mails.";
    answer(&me, done, "reactivated", follows)
}

fn answer(
    me: &SignedIn,
    done: Result<ServerAdmin, ActivationError>,
    what: &str,
    follows: &str,
) -> Result<HttpResponse, PageError> {
    me.leave(&match done {
        Ok(admin) => Flash::done(format!("{} was {what}.", admin.name), follows),
        Err(ActivationError::Failed(failure)) => return Err(failure.into()),
        Err(ActivationError::UnknownAdmin(_)) => return Err(PageError::NotFound),
        Err(error @ ActivationError::LastActive) => {
            Flash::warning(sentence(error), "Nothing was changed.")
        }
    });
    Ok(go_to(SERVER_ADMINS))
}
