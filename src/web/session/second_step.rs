//! The cookie that leads from a right password to the second step of the login.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::{HttpRequest, HttpResponse};

use crate::domain::admin::code::SecretCode;
use crate::service::passkeys::SECOND_STEP_LIFETIME;
use crate::web::Site;

/// The code that a browser presents.
pub(crate) fn presented(request: &HttpRequest, site: &Site) -> Option<SecretCode> {
    let cookie = request.cookie(name(site))?;
    Some(SecretCode::presented(cookie.value()))
}

/// Gives the browser the code.
pub(crate) fn give(answer: &mut HttpResponse, code: &SecretCode, site: &Site) {
    set(answer, code.expose(), Duration::seconds(SECOND_STEP_LIFETIME.num_seconds()), site);
}

/// Takes the code, which was used, from the browser.
pub(crate) fn take_back(answer: &mut HttpResponse, site: &Site) {
    set(answer, "", Duration::ZERO, site);
}

fn set(answer: &mut HttpResponse, value: &str, max_age: Duration, site: &Site) {
    let cookie = Cookie::build(name(site), value)
        .path("/")
        .secure(site.public_url.is_https())
        .http_only(true)
        .same_site(SameSite::Strict)
        .max_age(max_age)
        .finish();
    if let Err(error) = answer.add_cookie(&cookie) {
        tracing::error!(%error, "the cookie of a login cannot be sent");
    }
}

fn name(site: &Site) -> &'static str {
    if site.public_url.is_https() { "__Host-scimward_second" } else { "scimward_second" }
}
