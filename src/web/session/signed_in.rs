//! What handlers ask for: the Server Admin behind a request, and forms that only they can send.

use std::cell::OnceCell;
use std::future::{Future, Ready, ready};
use std::pin::Pin;

use actix_session::{Session, SessionExt, SessionInsertError};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::draft::{self, Shown};
use super::flash::Flash;
use super::kept::KeptForm;
use super::store::RequestStore;
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::actor::Author;
use crate::domain::admin::code::{Digest, SessionId};
use crate::domain::network::source::Source;
use crate::service::sessions::is_proven;
use crate::web::connections;
use crate::web::csrf;
use crate::web::error::PageError;
use crate::web::now::Now;

const CSRF: &str = "csrf";
/// The state of the sync that the reader has been told.
const SEEN: &str = "sync";

/// The Server Admin behind a request; without one the request is answered with the login, and without
/// a passkey that is required, with the page that adds one.
pub(crate) struct SignedIn {
    /// Who it is; active.
    pub(crate) admin: ServerAdmin,
    /// What forms of this session must carry.
    pub(crate) csrf: String,
    /// The stored form of the session's id.
    pub(crate) digest: Digest,
    /// When it arrived.
    pub(crate) now: DateTime<Utc>,
    /// When the session began.
    pub(crate) began_at: DateTime<Utc>,
    /// When the person behind it has last proved who they are.
    pub(crate) proven_at: DateTime<Utc>,
    /// Whether that is enough for what asks for a proof.
    pub(crate) is_proven: bool,
    /// Whether they have to add a passkey before any other page opens.
    pub(crate) must_enrol: bool,
    source: Source,
    session: Session,
    /// The form that the page before has kept, once it was asked for.
    kept: OnceCell<Option<KeptForm>>,
    draft: Option<KeptForm>,
    shown: Shown,
}

/// Gives the browser the session that was begun; the one before, if any, ends.
pub(crate) fn begin(
    request: &HttpRequest,
    id: SessionId,
    csrf: String,
) -> Result<(), SessionInsertError> {
    let session = request.get_session();
    session.clear();
    session.renew();
    session.insert(CSRF, csrf)?;
    if let Some(store) = request.extensions().get::<RequestStore>() {
        store.begin(id);
    }
    Ok(())
}

impl SignedIn {
    /// Leaves a message for the next page.
    pub(crate) fn leave(&self, flash: &Flash) {
        flash.leave(&self.session);
    }

    /// The message that the page before has left.
    pub(crate) fn take_flash(&self) -> Option<Flash> {
        Flash::take(&self.session)
    }

    /// Keeps a form that was filled in, for the page that it stands on.
    pub(crate) fn keep(&self, form: &KeptForm) {
        form.keep(&self.session);
    }

    /// What was filled in before into the form that is sent to `action`.
    pub(crate) fn take_kept<T: DeserializeOwned>(&self, action: &str) -> Option<T> {
        let kept = self.kept.get_or_init(|| KeptForm::take(&self.session));
        kept.as_ref().and_then(|kept| kept.read(action)).or_else(|| self.take_draft(action))
    }

    /// The path that a form was sent to that came when the session before this one had ended.
    pub(crate) fn draft_action(&self) -> Option<&str> {
        self.draft.as_ref().map(|draft| draft.action.as_str())
    }

    /// The same of a form that came when the session before this one had ended.
    fn take_draft<T: DeserializeOwned>(&self, action: &str) -> Option<T> {
        let fields = self.draft.as_ref()?.read(action)?;
        self.shown.0.set(true);
        self.leave(&Flash::warning(
            "Nothing was sent",
            "Your session had ended. What you typed stands here: look at it and send it again.",
        ));
        Some(fields)
    }

    /// The session as what asks for a change.
    pub(crate) fn author(&self) -> Author {
        Author::Session { digest: self.digest.clone(), source: self.source.clone() }
    }

    /// The single-use id of a form, bound to who sends it: nobody can use up the form of somebody
    /// else.
    pub(crate) fn form_id(&self, request_id: &str) -> String {
        format!("{}.{request_id}", self.admin.id.0)
    }

    /// Whether `state` is another one than this session has seen last.
    pub(crate) fn sees_first(&self, state: &str) -> bool {
        let seen = self.session.get::<String>(SEEN).ok().flatten().unwrap_or_default();
        let is_new = seen != state;
        if is_new && let Err(error) = self.session.insert(SEEN, state) {
            tracing::error!(%error, "what a session has seen was not kept");
        }
        is_new
    }

    /// Takes the cookie of the session, which has ended, from the browser.
    pub(crate) fn end(&self) {
        self.session.purge();
    }

    /// Where the request comes from.
    pub(crate) const fn source(&self) -> &Source {
        &self.source
    }

    fn behind(request: &HttpRequest) -> Result<Self, PageError> {
        let me = Self::find(request).ok_or(PageError::SessionEnded)?;
        if me.must_enrol { Err(PageError::PasskeyMissing) } else { Ok(me) }
    }

    /// The Server Admin behind a request, if somebody is signed in.
    pub(crate) fn find(request: &HttpRequest) -> Option<Self> {
        let session = request.get_session();
        let csrf = session.get(CSRF).ok()??;
        let draft = draft::kept(request);
        let extensions = request.extensions();
        let shown = extensions.get::<Shown>()?.clone();
        let store = extensions.get::<RequestStore>()?;
        let (must_enrol, (stored, admin)) = (store.must_enrol(), store.found()?);
        let source = extensions.get::<Source>()?.clone();
        let Now(now) = *extensions.get::<Now>()?;
        connections::prove(request);
        let (began_at, proven_at) = (stored.created_at, stored.proven_at);
        let is_proven = is_proven(&stored, now);
        let digest = stored.digest;
        Some(Self {
            admin,
            csrf,
            digest,
            now,
            began_at,
            proven_at,
            is_proven,
            must_enrol,
            source,
            session,
            kept: OnceCell::new(),
            draft,
            shown,
        })
    }
}

impl FromRequest for SignedIn {
    type Error = PageError;
    type Future = Ready<Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(Self::behind(request))
    }
}

/// The Server Admin behind a request, also without a passkey that is required.
pub(crate) struct AnySession(pub(crate) SignedIn);

impl FromRequest for AnySession {
    type Error = PageError;
    type Future = Ready<Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(SignedIn::find(request).map(Self).ok_or(PageError::SessionEnded))
    }
}

/// A form that a signed-in person sent from one of our pages.
pub(crate) struct SignedInForm<T> {
    /// Who sent it.
    pub(crate) me: SignedIn,
    /// What it says.
    pub(crate) fields: T,
}

/// The same, also without a passkey that is required.
pub(crate) struct AnySessionForm<T> {
    /// Who sent it.
    pub(crate) me: SignedIn,
    /// What it says.
    pub(crate) fields: T,
}

/// A form that is only a button.
#[derive(Deserialize)]
pub(crate) struct NoFields {}

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
        let form = read_form(request, payload, SignedIn::behind(request));
        Box::pin(async move { form.await.map(|(me, fields)| Self { me, fields }) })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for AnySessionForm<T> {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let me = SignedIn::find(request).ok_or(PageError::SessionEnded);
        let form = read_form(request, payload, me);
        Box::pin(async move { form.await.map(|(me, fields)| Self { me, fields }) })
    }
}

/// The fields of a form, if it carries the token of the session of `me`.
fn read_form<T: DeserializeOwned + 'static>(
    request: &HttpRequest,
    payload: &mut Payload,
    me: Result<SignedIn, PageError>,
) -> impl Future<Output = Result<(SignedIn, T), actix_web::Error>> + use<T> {
    let form = web::Form::<WithCsrf<T>>::from_request(request, payload);
    async move {
        let me = me?;
        let WithCsrf { csrf, fields } = form.await?.into_inner();
        if !csrf::token_matches(&csrf, &me.csrf) {
            return Err(PageError::ForeignForm.into());
        }
        Ok((me, fields))
    }
}
