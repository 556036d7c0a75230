//! Pages for Server Admins: one file for each page, and what all pages share.

mod activity;
mod admins;
mod error_page;
mod form_body;
#[cfg(any(test, fuzzing))]
pub(super) mod fuzz;
mod identity_provider;
mod keys;
mod layout;
mod login;
mod mails;
mod middleware;
mod names;
mod passkeys;
pub(super) mod paths;
mod proof;
mod requests;
mod sync;
mod token;

use actix_web::middleware::{Compress, from_fn};
use actix_web::{FromRequest, Handler, HttpResponse, Resource, Responder, guard, web};

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
            .service(both(paths::LOGIN, login::form, login::log_in))
            .service(writing(paths::LOGOUT, login::log_out))
            .configure(logins)
            .service(both(paths::SETUP, admins::join::form, admins::join::join))
            .service(both(paths::INVITATION, admins::join::form, admins::join::join))
            .service(both(
                paths::NEW_PASSWORD,
                admins::password_link::form,
                admins::password_link::choose,
            ))
            .configure(proofs)
            .service(reading(paths::AUTHENTICATION, token::page::page))
            .service(writing(paths::GENERATE, token::generate::generate))
            .service(writing(paths::CLOSED, sync::live::closed))
            .service(reading(paths::STATE, sync::live::state))
            .service(both(paths::REVOKE, token::revoke::confirm, token::revoke::revoke))
            .service(both(paths::REVOKE_OLD, token::revoke_old::confirm, token::revoke_old::revoke))
            .service(reading(paths::REQUESTS, requests::page::page))
            .service(both(
                paths::IDENTITY_PROVIDER,
                identity_provider::page::page,
                identity_provider::page::choose,
            ))
            .configure(people)
            .service(both(paths::API_KEYS, keys::list::page, keys::create::create))
            .service(both(paths::REVOKE_KEY, keys::revoke::confirm, keys::revoke::revoke))
            .service(reading(paths::NOTIFICATIONS, mails::page::page))
            .service(writing(paths::TEST_MAIL, mails::page::test))
            .service(writing(paths::TEST_WEBHOOK, mails::webhooks::test))
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

/// Logging in with a passkey, alone or after the password.
fn logins(config: &mut web::ServiceConfig) {
    use passkeys::{enrolment, login, second_step};
    let form = || async { paths::go_to(paths::LOGIN) };
    let second = || async { paths::go_to(paths::SECOND_STEP) };
    config
        .service(both(paths::PASSKEY_LOGIN, form, login::log_in))
        .service(writing(paths::PASSKEY_LOGIN_BEGIN, login::begin))
        .service(both(paths::SECOND_STEP, second_step::form, second_step::by_code))
        .service(writing(paths::SECOND_STEP_BEGIN, second_step::begin))
        .service(both(paths::SECOND_STEP_PASSKEY, second, second_step::by_passkey))
        .service(reading(paths::ENROL, enrolment::page));
}

/// Proving again who is behind the session.
fn proofs(config: &mut web::ServiceConfig) {
    use proof::confirm;
    let form = || async { paths::go_to(paths::CONFIRM) };
    config
        .service(both(paths::CONFIRM, confirm::form, confirm::by_password))
        .service(writing(paths::CONFIRM_BEGIN, confirm::begin))
        .service(both(paths::CONFIRM_PASSKEY, form, confirm::by_passkey));
}

/// The reader's own passkeys.
fn own_passkeys(config: &mut web::ServiceConfig) {
    use passkeys::{account, codes, enrolment};
    let own = || async { paths::go_to(paths::ACCOUNT) };
    config
        .service(both(paths::PASSKEYS, own, enrolment::add))
        .service(writing(paths::PASSKEYS_BEGIN, enrolment::begin))
        .service(both(paths::PASSKEY_NAME, account::ask_name, account::rename))
        .service(both(paths::PASSKEY_REMOVAL, account::confirm, account::remove))
        .service(both(paths::RECOVERY_CODES, own, codes::make));
}

/// Server Admins and the reader's own account. A form that was refused is answered under its own
/// path; reloading that one shows the page of the form.
fn people(config: &mut web::ServiceConfig) {
    let list = || async { paths::go_to(paths::SERVER_ADMINS) };
    let own = || async { paths::go_to(paths::ACCOUNT) };
    config
        .service(reading(paths::SERVER_ADMINS, admins::list::page))
        .service(both(paths::INVITE, list, admins::invite::invite))
        .service(both(paths::INVITE_AGAIN, list, admins::invite::invite_again))
        .service(both(paths::WITHDRAW, list, admins::invite::withdraw))
        .service(both(paths::SERVER_ADMIN, admins::account::other, admins::account::save))
        .service(both(
            paths::PASSWORD_LINK,
            admins::password_link::lead_back,
            admins::password_link::send,
        ))
        .service(both(paths::ACTIVATION, admins::activation::confirm, admins::activation::change))
        .service(reading(paths::ACCOUNT, admins::account::own))
        .configure(own_passkeys)
        .service(both(paths::PASSWORD, own, admins::account::change_password))
        .service(both(paths::SESSIONS, own, admins::account::end_session));
}

async fn not_found() -> Result<HttpResponse, PageError> {
    Err(PageError::NotFound)
}

/// A page that is only read.
fn reading<R, Args>(path: &str, show: R) -> Resource
where
    R: Handler<Args, Output: Responder + 'static>,
    Args: FromRequest + 'static,
{
    let read = guard::Any(guard::Get()).or(guard::Head());
    resource(path, "GET, HEAD").route(web::route().guard(read).to(show))
}

/// A path that only takes forms.
fn writing<W, Args>(path: &str, submit: W) -> Resource
where
    W: Handler<Args, Output: Responder + 'static>,
    Args: FromRequest + 'static,
{
    resource(path, "POST").route(web::post().to(submit))
}

/// A page with a form that is sent to the same path.
fn both<R, W, Args, Fields>(path: &str, show: R, submit: W) -> Resource
where
    R: Handler<Args, Output: Responder + 'static>,
    W: Handler<Fields, Output: Responder + 'static>,
    Args: FromRequest + 'static,
    Fields: FromRequest + 'static,
{
    let read = guard::Any(guard::Get()).or(guard::Head());
    resource(path, "GET, HEAD, POST")
        .route(web::route().guard(read).to(show))
        .route(web::post().to(submit))
}

/// A path that refuses all methods but those that are added.
fn resource(path: &str, methods: &'static str) -> Resource {
    web::resource(path).default_service(web::to(move || async move {
        Err::<HttpResponse, _>(PageError::MethodNotAllowed(methods))
    }))
}
