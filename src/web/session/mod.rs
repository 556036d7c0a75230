//! Who is signed in: actix-session over our own store, and extractors that ask for a session.
//!
//! Only signed-in people have a session. It never holds a token.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;

use actix_session::config::{BrowserSession, CookieContentSecurity};
use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_session::{Session, SessionExt, SessionMiddleware};
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, Key, SameSite};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use anyhow::anyhow;
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::PageError;
use super::now::Now;
use super::{Shared, Site, client, csrf};
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::code::{Digest, SecretCode};
use crate::domain::admin::person::AdminId;
use crate::domain::network::source::Source;
use crate::service::sessions::Sessions;

const ADMIN: &str = "admin";
const CSRF: &str = "csrf";
const FLASH: &str = "flash";
/// Where the login came from; kept in columns of its own.
const ADDRESS: &str = "address";
const AGENT: &str = "agent";
/// The stored form of the session's id: there while a request is handled, never stored.
const DIGEST: &str = "digest";

type State = HashMap<String, String>;

/// Sessions in our database. A browser holds the id, the database its digest.
pub(super) struct Stored {
    sessions: Sessions,
}

/// The middleware that loads and keeps sessions for the pages.
pub(super) fn middleware(shared: &Shared) -> SessionMiddleware<Stored> {
    let stored = Stored { sessions: shared.services.sessions.clone() };
    let key = Key::from(shared.site.cookie_key.expose_secret());
    SessionMiddleware::builder(stored, key)
        .cookie_name(cookie_name(&shared.site).to_owned())
        .cookie_secure(shared.site.public_url.is_https())
        .cookie_http_only(true)
        .cookie_same_site(SameSite::Lax)
        .cookie_path("/".to_owned())
        .cookie_content_security(CookieContentSecurity::Signed)
        .session_lifecycle(BrowserSession::default())
        .build()
}

/// `__Host-` makes the browser refuse a cookie that another host of the domain has set.
fn cookie_name(site: &Site) -> &'static str {
    if site.public_url.is_https() { "__Host-scimward" } else { "scimward" }
}

/// A cookie that means nothing but that the page before it is over: when a cookie that scripts
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

/// Whether the browser sent a session cookie, whatever it is worth.
pub(super) fn has_cookie(request: &HttpRequest, site: &Site) -> bool {
    request.cookie(cookie_name(site)).is_some()
}

impl SessionStore for Stored {
    async fn load(&self, key: &SessionKey) -> Result<Option<State>, LoadError> {
        let id = SecretCode::presented(key.as_ref());
        let found = self.sessions.find(&id).await;
        let Some(current) = found.map_err(|error| LoadError::Other(error.into()))? else {
            return Ok(None);
        };
        let mut state: State = serde_json::from_str(&current.session.state)
            .map_err(|error| LoadError::Deserialization(error.into()))?;
        state.insert(DIGEST.to_owned(), quoted(current.session.digest.as_str()));
        Ok(Some(state))
    }

    async fn save(&self, mut state: State, _ttl: &Duration) -> Result<SessionKey, SaveError> {
        let wrong = |what: &str| SaveError::Serialization(anyhow!("{what}"));
        let admin = state.get(ADMIN).and_then(|id| id.parse().ok()).map(AdminId);
        let admin = admin.ok_or_else(|| wrong("a session without a Server Admin"))?;
        let source = take_source(&mut state);
        let text = to_text(state).map_err(SaveError::Serialization)?;
        let id = self.sessions.begin(admin, text, source).await;
        let id = id.map_err(|error| SaveError::Other(error.into()))?;
        SessionKey::try_from(id.expose().to_owned()).map_err(|error| wrong(&error.to_string()))
    }

    async fn update(
        &self,
        key: SessionKey,
        state: State,
        _ttl: &Duration,
    ) -> Result<SessionKey, UpdateError> {
        let text = to_text(state).map_err(UpdateError::Serialization)?;
        let id = SecretCode::presented(key.as_ref());
        // A session that was ended in the meantime stays ended.
        match self.sessions.set_state(&id, text).await {
            Ok(_still_there) => Ok(key),
            Err(error) => Err(UpdateError::Other(error.into())),
        }
    }

    async fn update_ttl(&self, _key: &SessionKey, _ttl: &Duration) -> Result<(), anyhow::Error> {
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        Ok(self.sessions.end(&SecretCode::presented(key.as_ref())).await?)
    }
}

fn to_text(mut state: State) -> Result<String, anyhow::Error> {
    state.remove(DIGEST);
    Ok(serde_json::to_string(&state)?)
}

fn take_source(state: &mut State) -> Source {
    let mut take =
        |key: &str| state.remove(key).and_then(|text| serde_json::from_str::<String>(&text).ok());
    let address = take(ADDRESS).and_then(|text| text.parse().ok());
    Source { address, agent: take(AGENT) }
}

/// The JSON form in which actix-session keeps a text.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Begins a session for somebody whose password was right; whatever session there was is over.
///
/// # Errors
/// When a value cannot be kept.
pub(super) fn begin(
    session: &Session,
    admin: &ServerAdmin,
    source: &Source,
    csrf: String,
) -> Result<(), actix_web::Error> {
    session.clear();
    session.renew();
    session.insert(ADMIN, admin.id.0)?;
    session.insert(CSRF, csrf)?;
    if let Some(address) = source.address_text() {
        session.insert(ADDRESS, address)?;
    }
    if let Some(agent) = &source.agent {
        session.insert(AGENT, agent)?;
    }
    Ok(())
}

/// A message for the next page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Flash {
    /// Whether it is good news.
    pub(super) good: bool,
    /// The message.
    pub(super) title: String,
    /// What follows from it; may be empty.
    pub(super) text: String,
}

impl Flash {
    /// Something was done.
    pub(super) fn done(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { good: true, title: title.into(), text: text.into() }
    }

    /// Something was not done, or not as expected.
    pub(super) fn warning(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { good: false, title: title.into(), text: text.into() }
    }
}

/// The Server Admin behind a request; without one the request is answered with the login.
pub(super) struct SignedIn {
    /// Who it is; active.
    pub(super) admin: ServerAdmin,
    /// What forms of this session must carry.
    pub(super) csrf: String,
    /// The stored form of the session's id.
    pub(super) digest: Digest,
    /// Where the request comes from.
    pub(super) source: Source,
    /// When it arrived.
    pub(super) now: DateTime<Utc>,
    session: Session,
}

/// Leaves a message for the next page.
pub(super) fn leave(session: &Session, flash: &Flash) {
    if let Err(error) = session.insert(FLASH, flash) {
        tracing::error!(%error, "a message for the next page was lost");
    }
}

impl SignedIn {
    /// Leaves a message for the next page.
    pub(super) fn leave(&self, flash: &Flash) {
        leave(&self.session, flash);
    }

    /// The message that the page before has left.
    pub(super) fn take_flash(&self) -> Option<Flash> {
        if !self.session.contains_key(FLASH) {
            return None;
        }
        self.session.remove_as(FLASH)?.ok()
    }

    /// Ends the session.
    pub(super) fn end(&self) {
        self.session.purge();
    }
}

impl FromRequest for SignedIn {
    type Error = PageError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, PageError>>>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let session = request.get_session();
        let shared = request.app_data::<web::Data<Shared>>().cloned();
        let now = request.extensions().get::<Now>().copied();
        let request = request.clone();
        Box::pin(async move {
            let ended = || PageError::SessionEnded { next: return_path(&request) };
            let text = |key| session.get::<String>(key).ok().flatten();
            let (Some(id), Some(csrf), Some(digest), Some(shared), Some(Now(now))) =
                (session.get::<i64>(ADMIN).ok().flatten(), text(CSRF), text(DIGEST), shared, now)
            else {
                return Err(ended());
            };
            let admin = shared.services.admins.by_id(AdminId(id)).await?;
            let admin = admin.filter(|admin| admin.active).ok_or_else(ended)?;
            let source = client::source(&request, &shared.site.trusted_proxies);
            Ok(Self { admin, csrf, digest: Digest::new(digest), source, now, session })
        })
    }
}

/// Where to come back to after a login: the page itself, or the page that a form belongs to.
fn return_path(request: &HttpRequest) -> String {
    if request.method().is_safe() {
        return request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    }
    let segments: Vec<&str> = request.path().splitn(4, '/').take(3).collect();
    segments.join("/")
}

/// A form that a signed-in person sent from one of our pages.
pub(super) struct SignedInForm<T> {
    /// Who sent it.
    pub(super) me: SignedIn,
    /// What it says.
    pub(super) fields: T,
}

/// A form without fields of its own: a button.
#[derive(Deserialize)]
pub(super) struct NoFields {}

#[derive(Deserialize)]
struct WithCsrf<T> {
    #[serde(default)]
    csrf: String,
    #[serde(flatten)]
    fields: T,
}

impl<T: DeserializeOwned + 'static> FromRequest for SignedInForm<T> {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let me = SignedIn::from_request(request, payload);
        let form = web::Form::<WithCsrf<T>>::from_request(request, payload);
        Box::pin(async move {
            let me = me.await?;
            let WithCsrf { csrf, fields } = form.await?.into_inner();
            if !csrf::token_matches(&csrf, &me.csrf) {
                return Err(PageError::ForeignForm.into());
            }
            Ok(Self { me, fields })
        })
    }
}
