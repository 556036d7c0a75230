//! Pages for Server Admins: one file for each page, and what all pages share.

mod account;
mod activation;
mod activity;
mod authentication;
mod banner;
mod error;
mod export;
mod feed;
mod frame;
mod generate;
mod generate_form;
mod invite;
mod join;
mod login;
mod mail_card;
mod notifications;
mod people_card;
mod revoke;
mod server_admins;
mod shell;
mod time;
mod token_card;
mod token_state;

use actix_web::middleware::{Compress, from_fn};
use actix_web::{HttpResponse, Resource, Responder, Route, guard, web};

pub(super) use self::error::PageError;
use super::{Shared, assets, machine, session};

/// Where people land.
const HOME: &str = "/admin/authentication";

/// The routes for browsers.
pub(super) fn routes(config: &mut web::ServiceConfig, shared: &Shared) {
    assets::routes(config);
    config.service(
        web::scope("")
            .guard(guard::fn_guard(|context| !machine::owns(context.head().uri.path())))
            .wrap(from_fn(frame::reach))
            .wrap(session::middleware(shared))
            .wrap(from_fn(frame::frame))
            .service(reading("/", || async { login::go_to(HOME) }))
            .service(both("/login", login::form, web::post().to(login::log_in)))
            .service(writing("/logout", web::post().to(login::log_out)))
            .service(both("/setup", join::setup_form, web::post().to(join::set_up)))
            .service(both("/invitation", join::invitation_form, web::post().to(join::accept)))
            .service(reading(HOME, authentication::page))
            .service(writing(
                "/admin/authentication/scim-token",
                web::post().to(generate::generate),
            ))
            .service(both(
                "/admin/authentication/revoke",
                revoke::confirm,
                web::post().to(revoke::revoke),
            ))
            .configure(people)
            .service(reading(notifications::PATH, notifications::page))
            .service(writing("/admin/notifications/test", web::post().to(notifications::test)))
            .service(reading(activity::PATH, activity::page))
            // An export holds no secret that compression could give away.
            .service(reading(export::CSV, export::export).wrap(Compress::default()))
            .service(reading(export::JSON, export::export).wrap(Compress::default()))
            .default_service(web::to(not_found)),
    );
}

/// Server Admins and the reader's own account. A form that was refused is answered under its own
/// path; whoever reloads that one gets the page of the form.
fn people(config: &mut web::ServiceConfig) {
    let list = || async { login::go_to(server_admins::PATH) };
    let own = || async { login::go_to(account::PATH) };
    config
        .service(reading(server_admins::PATH, server_admins::page))
        .service(both("/admin/server-admins/invite", list, web::post().to(invite::invite)))
        .service(both(
            "/admin/server-admins/withdraw",
            list,
            web::post().to(server_admins::withdraw),
        ))
        .service(both("/admin/server-admins/{id}", account::other, web::post().to(account::save)))
        .service(both(
            "/admin/server-admins/{id}/deactivate",
            activation::confirm_off,
            web::post().to(activation::deactivate),
        ))
        .service(both(
            "/admin/server-admins/{id}/reactivate",
            activation::confirm_on,
            web::post().to(activation::reactivate),
        ))
        .service(reading(account::PATH, account::own))
        .service(both("/admin/account/password", own, web::post().to(account::change_password)))
        .service(both("/admin/account/sessions", own, web::post().to(account::end_session)));
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
