//! Deactivating and reactivating a Server Admin, each after a confirmation.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::join::sentence;
use super::list::PATH;
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::person::AdminId;
use crate::service::admins::AdminError;
use crate::web::Shared;
use crate::web::client::source;
use crate::web::pages::PageError;
use crate::web::pages::layout::{self, Frame, Place, Shell};
use crate::web::pages::login::{NoFields, go_to};
use crate::web::session::{Flash, SignedForm, SignedIn};

#[derive(Template)]
#[template(path = "admins/activation.html")]
struct Page {
    shell: Shell,
    admin: Frame,
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
        return Ok(go_to(PATH));
    }
    let view = Page {
        shell: Shell::new(shared),
        admin: Frame::load(shared, me, Place::ServerAdmins).await?,
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
    request: HttpRequest,
    path: web::Path<String>,
    form: SignedForm<NoFields>,
) -> Result<HttpResponse, PageError> {
    let SignedForm { me, fields: NoFields {} } = form;
    let admin = find(&shared, &path).await?;
    let from = source(&request, &shared.site.trusted_proxies);
    let done = shared.services.admins.deactivate(admin.id, me.admin.actor(), from).await;
    if done.is_ok() && admin.id == me.admin.id {
        me.end();
        return Ok(go_to("/login"));
    }
    let follows = "All of their sessions have ended, and they receive no more mails.";
    answer(&me, done, format!("{} was deactivated.", admin.name), follows)
}

/// `POST /admin/server-admins/{id}/reactivate`.
pub(crate) async fn reactivate(
    shared: web::Data<Shared>,
    request: HttpRequest,
    path: web::Path<String>,
    form: SignedForm<NoFields>,
) -> Result<HttpResponse, PageError> {
    let SignedForm { me, fields: NoFields {} } = form;
    let admin = find(&shared, &path).await?;
    let from = source(&request, &shared.site.trusted_proxies);
    let done = shared.services.admins.reactivate(admin.id, me.admin.actor(), from).await;
    let follows = "They can log in again and receive the mails.";
    answer(&me, done, format!("{} was reactivated.", admin.name), follows)
}

fn answer(
    me: &SignedIn,
    done: Result<(), AdminError>,
    title: String,
    follows: &str,
) -> Result<HttpResponse, PageError> {
    me.leave(&match done {
        Ok(()) => Flash::done(title, follows),
        Err(AdminError::Failed(failure)) => return Err(failure.into()),
        Err(AdminError::NotFound) => return Err(PageError::NotFound),
        Err(error) => Flash::warning(sentence(&error.to_string()), "Nothing was changed."),
    });
    Ok(go_to(PATH))
}

async fn find(shared: &Shared, id: &str) -> Result<ServerAdmin, PageError> {
    let admin = shared.services.admins.by_id(parse_id(id)?).await?;
    admin.ok_or(PageError::NotFound)
}

/// The key of a Server Admin in an address.
pub(crate) fn parse_id(text: &str) -> Result<AdminId, PageError> {
    text.parse().map(AdminId).map_err(|_malformed| PageError::NotFound)
}
