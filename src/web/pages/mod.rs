//! Pages for Server Admins: one file for each page, and what all pages share.

mod activity;
mod admins;
mod error_page;
mod layout;
mod login;
mod mails;
mod middleware;
mod token;

use actix_web::middleware::{Compress, from_fn};
use actix_web::{HttpResponse, Resource, Responder, Route, guard, web};

pub(super) use self::error_page::PageError;
use super::{Shared, api, assets, session};

/// Where people land.
const HOME: &str = "/admin/authentication";

/// The routes for browsers.
pub(super) fn routes(config: &mut web::ServiceConfig, shared: &Shared) {
    assets::routes(config);
    config.service(
        web::scope("")
            .guard(guard::fn_guard(|context| !api::owns(context.head().uri.path())))
            .wrap(from_fn(middleware::reach))
            .wrap(session::middleware(shared))
            .wrap(from_fn(middleware::answer_pages))
            .service(reading("/", || async { login::go_to(HOME) }))
            .service(both("/login", login::form, web::post().to(login::log_in)))
            .service(writing("/logout", web::post().to(login::log_out)))
            .service(both("/setup", admins::join::setup_form, web::post().to(admins::join::set_up)))
            .service(both(
                "/invitation",
                admins::join::invitation_form,
                web::post().to(admins::join::accept),
            ))
            .service(reading(HOME, token::page::page))
            .service(writing(
                "/admin/authentication/scim-token",
                web::post().to(token::generate::generate),
            ))
            .service(both(
                "/admin/authentication/revoke",
                token::revoke::confirm,
                web::post().to(token::revoke::revoke),
            ))
            .configure(people)
            .service(reading(mails::page::PATH, mails::page::page))
            .service(writing("/admin/notifications/test", web::post().to(mails::page::test)))
            .service(reading(activity::page::PATH, activity::page::page))
            // An export holds no secret that compression could give away.
            .service(
                reading(activity::export::CSV, activity::export::export).wrap(Compress::default()),
            )
            .service(
                reading(activity::export::JSON, activity::export::export).wrap(Compress::default()),
            )
            .default_service(web::to(not_found)),
    );
}

/// Server Admins and the reader's own account. A form that was refused is answered under its own
/// path; whoever reloads that one gets the page of the form.
fn people(config: &mut web::ServiceConfig) {
    let list = || async { login::go_to(admins::list::PATH) };
    let own = || async { login::go_to(admins::account::PATH) };
    config
        .service(reading(admins::list::PATH, admins::list::page))
        .service(both("/admin/server-admins/invite", list, web::post().to(admins::invite::invite)))
        .service(both(
            "/admin/server-admins/withdraw",
            list,
            web::post().to(admins::list::withdraw),
        ))
        .service(both(
            "/admin/server-admins/{id}",
            admins::account::other,
            web::post().to(admins::account::save),
        ))
        .service(both(
            "/admin/server-admins/{id}/deactivate",
            admins::activation::confirm_off,
            web::post().to(admins::activation::deactivate),
        ))
        .service(both(
            "/admin/server-admins/{id}/reactivate",
            admins::activation::confirm_on,
            web::post().to(admins::activation::reactivate),
        ))
        .service(reading(admins::account::PATH, admins::account::own))
        .service(both(
            "/admin/account/password",
            own,
            web::post().to(admins::account::change_password),
        ))
        .service(both(
            "/admin/account/sessions",
            own,
            web::post().to(admins::account::end_session),
        ));
}

async fn not_found() -> Result<HttpResponse, PageError> {
    Err(PageError::NotFound)
}

/// A page that is only read.
fn reading<H, Args>(path: &str, handler: H) -> Resource
where
    H: actix_web::Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    H::Output: Responder + 'static,
{
    web::resource(path).route(read().to(handler)).default_service(web::to(|| async {
        Err::<HttpResponse, _>(PageError::MethodNotAllowed("GET, HEAD"))
    }))
}

/// A page with a form that is sent to the same path.
fn both<H, Args>(path: &str, handler: H, write: Route) -> Resource
where
    H: actix_web::Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    H::Output: Responder + 'static,
{
    web::resource(path).route(read().to(handler)).route(write).default_service(web::to(|| async {
        Err::<HttpResponse, _>(PageError::MethodNotAllowed("GET, HEAD, POST"))
    }))
}

/// A path that only takes forms.
fn writing(path: &str, write: Route) -> Resource {
    web::resource(path).route(write).default_service(web::to(|| async {
        Err::<HttpResponse, _>(PageError::MethodNotAllowed("POST"))
    }))
}

fn read() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}
