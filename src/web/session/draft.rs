//! What somebody typed into a form that came when their session had ended. The browser keeps it,
//! encrypted, until they have logged in; then the form is as it was filled in. It is never
//! sent by itself.

use std::cell::Cell;
use std::rc::Rc;

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, CookieJar, Key, SameSite};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use secrecy::ExposeSecret;

use super::kept::KeptForm;
use crate::web::{Shared, Site};

/// What is kept: what people type or choose, never a password, a code or what proves a session.
const KEPT: [&str; 6] = ["name", "email", "months", "current", "scope", "idp"];
/// More would not fit into a cookie.
const LONGEST: usize = 2_000;
/// Long enough to log in.
const KEPT_FOR: Duration = Duration::minutes(15);

/// Marks a request whose page has shown the draft.
#[derive(Clone, Default)]
pub(super) struct Shown(pub(super) Rc<Cell<bool>>);

/// What is worth keeping of a form that was sent to `action`.
pub(crate) fn of(action: &str, body: &[u8]) -> Option<KeptForm> {
    let entered = form_urlencoded::parse(body);
    let entered = entered.filter(|(name, value)| KEPT.contains(&&**name) && !value.is_empty());
    let fields = form_urlencoded::Serializer::new(String::new()).extend_pairs(entered).finish();
    let is_kept = !fields.is_empty() && action.len() + fields.len() <= LONGEST;
    is_kept.then(|| KeptForm { action: action.to_owned(), fields })
}

/// Has the browser keep the draft of a request that was refused, if there is one.
pub(crate) fn keep(request: &HttpRequest, answer: &mut HttpResponse, shared: &Shared) {
    let Some(draft) = request.extensions_mut().remove::<KeptForm>() else { return };
    let (Some(key), Ok(text)) = (key(shared), serde_json::to_string(&draft)) else { return };
    let mut jar = CookieJar::new();
    jar.private_mut(&key).add(cookie(text, &shared.site));
    for cookie in jar.delta() {
        if let Err(error) = answer.add_cookie(cookie) {
            tracing::error!(%error, "what somebody typed is not kept");
        }
    }
}

/// The draft that a browser has kept.
pub(super) fn kept(request: &HttpRequest) -> Option<KeptForm> {
    let shared = request.app_data::<web::Data<Shared>>()?;
    let mut jar = CookieJar::new();
    jar.add_original(request.cookie(name(&shared.site))?);
    let cookie = jar.private(&key(shared)?).get(name(&shared.site))?;
    serde_json::from_str(cookie.value()).ok()
}

/// Whether a browser has kept one.
pub(crate) fn is_kept(request: &HttpRequest, site: &Site) -> bool {
    request.cookie(name(site)).is_some()
}

/// Has the browser forget it.
pub(super) fn forget<B>(answer: &mut HttpResponse<B>, site: &Site) {
    let mut cookie = cookie(String::new(), site);
    cookie.make_removal();
    if let Err(error) = answer.add_cookie(&cookie) {
        tracing::error!(%error, "what somebody typed is not forgotten");
    }
}

fn cookie(value: String, site: &Site) -> Cookie<'static> {
    Cookie::build(name(site), value)
        .path("/")
        .secure(site.public_url.is_https())
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(KEPT_FOR)
        .finish()
}

fn key(shared: &Shared) -> Option<Key> {
    Some(Key::from(shared.cookie_key.get()?.expose_secret()))
}

fn name(site: &Site) -> &'static str {
    if site.public_url.is_https() { "__Host-scimward_draft" } else { "scimward_draft" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_what_people_type_and_no_secret() {
        let body = b"csrf=abc&name=Grace+Hopper&email=&fresh=secret&password=x&code=y&request_id=z";

        let draft = of("/admin/server-admins/invite", body).unwrap();

        assert_eq!(draft.action, "/admin/server-admins/invite");
        assert_eq!(draft.fields, "name=Grace+Hopper");
        assert!(of("/admin/account/password", b"present=secret&fresh=secret").is_none());
        let long = format!("name={}", "x".repeat(LONGEST));
        assert!(of("/admin/api-keys", long.as_bytes()).is_none());
    }
}
