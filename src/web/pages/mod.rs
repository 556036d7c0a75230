//! Pages for Server Admins: one file for each page, and what all pages share.

mod activity;
mod admins;
mod error_page;
mod layout;
mod login;
mod mails;
mod middleware;
pub(super) mod paths;
mod token;

use actix_web::middleware::{Compress, from_fn};
use actix_web::{HttpResponse, Resource, Responder, Route, guard, web};

use super::error::PageError;
use super::{api, assets, session};

/// The routes for browsers.
pub(super) fn routes(config: &mut web::ServiceConfig) {
    assets::routes(config);
    config.service(
        web::scope("")
            .guard(guard::fn_guard(|context| !api::owns(context.head().uri.path())))
            .wrap(from_fn(middleware::reach))
            .wrap(from_fn(session::middleware))
            .wrap(from_fn(middleware::answer_pages))
            .service(reading("/", || async { paths::go_to(paths::HOME) }))
            .service(both(paths::LOGIN, login::form, web::post().to(login::log_in)))
            .service(writing(paths::LOGOUT, web::post().to(login::log_out)))
            .service(both(paths::SETUP, admins::join::form, web::post().to(admins::join::join)))
            .service(both(
                paths::INVITATION,
                admins::join::form,
                web::post().to(admins::join::join),
            ))
            .service(reading(paths::AUTHENTICATION, token::page::page))
            .service(writing(paths::GENERATE, web::post().to(token::generate::generate)))
            .service(both(
                paths::REVOKE,
                token::revoke::confirm,
                web::post().to(token::revoke::revoke),
            ))
            .configure(people)
            .service(reading(paths::NOTIFICATIONS, mails::page::page))
            .service(writing(paths::TEST_MAIL, web::post().to(mails::page::test)))
            .service(reading(paths::ACTIVITY, activity::page::page))
            // An export holds no secret that compression could give away.
            .service(
                reading(paths::ACTIVITY_CSV, activity::export::export).wrap(Compress::default()),
            )
            .service(
                reading(paths::ACTIVITY_JSON, activity::export::export).wrap(Compress::default()),
            )
            .default_service(web::to(not_found)),
    );
}

/// Server Admins and the reader's own account. A form that was refused is answered under its own
/// path; reloading that one shows the page of the form.
fn people(config: &mut web::ServiceConfig) {
    let list = || async { paths::go_to(paths::SERVER_ADMINS) };
    let own = || async { paths::go_to(paths::ACCOUNT) };
    config
        .service(reading(paths::SERVER_ADMINS, admins::list::page))
        .service(both(paths::INVITE, list, web::post().to(admins::invite::invite)))
        .service(both(paths::WITHDRAW, list, web::post().to(admins::invite::withdraw)))
        .service(both(
            paths::SERVER_ADMIN,
            admins::account::other,
            web::post().to(admins::account::save),
        ))
        .service(both(
            paths::ACTIVATION,
            admins::activation::confirm,
            web::post().to(admins::activation::change),
        ))
        .service(reading(paths::ACCOUNT, admins::account::own))
        .service(both(paths::PASSWORD, own, web::post().to(admins::account::change_password)))
        .service(both(paths::SESSIONS, own, web::post().to(admins::account::end_session)));
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
