//! Answers to SCIM clients, reverse proxies and applications.
//!
//! Every request ends in one function below, which chooses the endpoint; each endpoint has a file.
//! No middleware, no session, no redirect: clients drop credentials on one.

mod admin;
mod answer;
mod authenticate;
mod authorization_header;
mod body;
mod discovery;
mod documents;
mod forward_auth;
#[cfg(any(test, fuzzing))]
pub(super) mod fuzz;
mod head_limit;
mod introspect;
mod path;
mod query;
mod scim;
mod state;
mod validate;

use std::rc::Rc;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};

use self::answer::{JSON, READ_ONLY, ScimError};
use self::path::Route;
pub use self::path::owns;
pub use self::state::ApiState;

const PATHS: [&str; 5] = [
    "/v1/token/validate",
    "/scim/v2/Users",
    "/scim/v2/Groups",
    "/forward-auth",
    "/oauth2/introspect",
];

/// The paths that most requests use; all others reach the same function as [`unmatched`].
pub fn routes(config: &mut web::ServiceConfig) {
    for path in PATHS {
        config.service(web::resource(path).to(answer));
    }
}

/// Answers a path that is not spelled as documented, or that leads nowhere.
pub async fn unmatched(request: HttpRequest, payload: web::Payload) -> HttpResponse {
    answer(request, payload).await
}

async fn answer(request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let Some(api) = request.app_data::<Rc<ApiState>>() else {
        return HttpResponse::InternalServerError().finish();
    };
    if head_limit::is_too_large(&request) {
        return answer::error(ScimError::HeadTooLarge);
    }
    if !api.is_ready() {
        api.services().usage.undecided();
        return answer::error(ScimError::Unavailable);
    }
    match path::route(request.path()) {
        Some(Route::Validate) => validate::answer(api, &request).await,
        Some(Route::Scim(resource)) => scim::answer(api, &request, resource).await,
        Some(Route::ForwardAuth) => forward_auth::answer(api, &request).await,
        Some(Route::Discovery(document, id)) => {
            discovery::answer(api, &request, document, id.as_deref()).await
        }
        Some(Route::Introspect) => introspect::answer(api, &request, payload).await,
        Some(Route::AdminToken) => admin::answer(api, &request, payload).await,
        Some(Route::OpenApi) => openapi(api, &request),
        Some(Route::Nowhere) | None => answer::error(ScimError::NotFound),
    }
}

fn openapi(api: &ApiState, request: &HttpRequest) -> HttpResponse {
    match *request.method() {
        Method::GET | Method::HEAD => answer::ok(JSON, api.documents.openapi()),
        Method::OPTIONS => answer::options(READ_ONLY),
        _ => answer::wrong_method(READ_ONLY),
    }
}
