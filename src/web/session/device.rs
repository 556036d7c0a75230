//! The cookie by which a browser in which somebody has logged in before is counted apart.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::{HttpRequest, HttpResponse};

use crate::domain::admin::device::DeviceMark;
use crate::web::Site;

/// The longest that browsers keep a cookie.
const KEPT: Duration = Duration::days(400);

/// The mark that a browser presents, if it looks like one.
pub(crate) fn presented(request: &HttpRequest, site: &Site) -> Option<DeviceMark> {
    DeviceMark::presented(request.cookie(name(site))?.value())
}

/// Gives a browser the mark.
pub(super) fn give<B>(answer: &mut HttpResponse<B>, mark: &DeviceMark, site: &Site) {
    let cookie = Cookie::build(name(site), mark.expose())
        .path("/")
        .secure(site.public_url.is_https())
        .http_only(true)
        .same_site(SameSite::Strict)
        .max_age(KEPT)
        .finish();
    if let Err(error) = answer.add_cookie(&cookie) {
        tracing::error!(%error, "the cookie of a device cannot be sent");
    }
}

fn name(site: &Site) -> &'static str {
    if site.public_url.is_https() { "__Host-scimward_device" } else { "scimward_device" }
}
