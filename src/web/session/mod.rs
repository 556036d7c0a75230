//! Who is signed in: actix-session over our own database.
//!
//! Only signed-in people have a session. It never holds a token.

pub(super) mod device;
pub(super) mod draft;
mod flash;
mod kept;
pub(super) mod second_step;
mod signed_in;
mod store;

use std::sync::Arc;

use actix_session::SessionMiddleware;
use actix_session::config::{BrowserSession, CookieContentSecurity};
use actix_web::body::MessageBody;
use actix_web::cookie::{Cookie, Key, SameSite};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::error::ErrorInternalServerError;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponseBuilder, web};
use secrecy::ExposeSecret;

pub(super) use self::flash::{Flash, Link};
pub(super) use self::kept::KeptForm;
pub(super) use self::signed_in::{
    AnySession, AnySessionForm, NoFields, SignedIn, SignedInForm, begin,
};
use self::store::RequestStore;
use super::pages::paths;
use super::{Shared, Site};
use crate::domain::admin::actor::Actor;
use crate::service::Services;

/// Loads the session before the handler and stores it afterwards.
pub(super) async fn middleware<B: MessageBody + 'static>(
    shared: web::Data<Shared>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let Services { sessions, passkeys, .. } = &shared.services;
    let store = RequestStore::new(sessions.clone(), Arc::clone(passkeys), extends(&request));
    request.extensions_mut().insert(store.clone());
    let shown = draft::Shown::default();
    request.extensions_mut().insert(shown.clone());
    let leaves = request.path() == paths::LOGOUT;
    let presented = device::presented(request.request(), &shared.site);
    let key = shared.cookie_key.get().ok_or_else(|| ErrorInternalServerError("no key"))?;
    let key = Key::from(key.expose_secret());
    let mut answer = SessionMiddleware::builder(store.clone(), key)
        .cookie_name(cookie_name(&shared.site).to_owned())
        .cookie_secure(shared.site.public_url.is_https())
        .cookie_http_only(true)
        .cookie_same_site(SameSite::Lax)
        .cookie_path("/".to_owned())
        .cookie_content_security(CookieContentSecurity::Signed)
        .session_lifecycle(BrowserSession::default())
        .build()
        .new_transform(next)
        .await
        .map_err(|()| ErrorInternalServerError("no session middleware"))?
        .call(request)
        .await?;
    if shown.0.get() || (leaves && draft::is_kept(answer.request(), &shared.site)) {
        draft::forget(answer.response_mut(), &shared.site);
    }
    if let Some(id) = store.stored() {
        match shared.services.devices.mark(&id, presented).await {
            Ok(Some(mark)) => device::give(answer.response_mut(), &mark, &shared.site),
            Ok(None) => (),
            Err(error) => tracing::warn!(%error, "a browser was not marked as known"),
        }
    }
    Ok(answer)
}

/// What a page asks by itself says nothing of its reader.
fn extends(request: &ServiceRequest) -> bool {
    request.path() != paths::STATE
}

/// `__Host-` makes the browser refuse a cookie that another host of the domain has set.
fn cookie_name(site: &Site) -> &'static str {
    if site.public_url.is_https() { "__Host-scimward" } else { "scimward" }
}

/// Marks an answer that shows a secret, once: the buffers of the connection hold it until that ends, and
/// browsers keep the page for the back button.
pub(super) fn shows_secret(answer: &mut HttpResponseBuilder, shared: &Shared) {
    answer.force_close().cookie(page_cookie(shared));
}

/// A cookie whose only meaning is that the page before it is over: when a cookie that scripts
/// cannot read changes, browsers drop pages they keep for the back button.
pub(super) fn page_cookie(shared: &Shared) -> Cookie<'static> {
    let secure = shared.site.public_url.is_https();
    let name = if secure { "__Host-scimward_page" } else { "scimward_page" };
    Cookie::build(name, shared.services.random_text())
        .path("/")
        .secure(secure)
        .http_only(true)
        .same_site(SameSite::Lax)
        .finish()
}

/// Whose session a request belongs to, for the log. Whether they may do what they ask for is decided
/// elsewhere.
pub(super) fn holder(request: &HttpRequest) -> Option<Actor> {
    let (_, admin) = request.extensions().get::<RequestStore>()?.found()?;
    Some(admin.actor())
}

/// Whether the browser sent a session cookie, valid or not.
pub(super) fn has_cookie(request: &HttpRequest, site: &Site) -> bool {
    request.cookie(cookie_name(site)).is_some()
}
