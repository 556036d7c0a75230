//! Logging in and out.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, LOCATION, REFERRER_POLICY, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use askama::Template;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::Deserialize;

use super::layout::time::wait;
use super::layout::{Layout, page, page_name};
use super::passkeys::second_step;
#[cfg(any(test, fuzzing))]
use super::paths::safe_path;
use super::paths::{LOGIN, SETUP, go_to, path_after};
use crate::domain::network::source::Source;
use crate::service::sessions::login::{LoggedIn, LoginError};
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::now::Now;
use crate::web::session::{self, AnySession, AnySessionForm, NoFields};

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

#[derive(Default, Template)]
#[template(path = "login.html")]
struct LoginPage {
    layout: Layout,
    error: Option<String>,
    session_ended: bool,
    form_was_refused: bool,
    /// That the form that was refused comes back as it was filled in.
    kept: &'static str,
    returns_to: &'static str,
    next: String,
    email: String,
    /// Whether browsers know passkeys under this address.
    passkeys: bool,
}

/// Instead of the login, while nobody could log in.
#[derive(Template)]
#[template(path = "login_setup.html")]
struct SetupPage {
    layout: Layout,
    /// What the link begins with that the server has printed.
    link: String,
}

#[derive(Deserialize)]
pub(super) struct LoginQuery {
    #[serde(default)]
    next: String,
    #[serde(default)]
    form: String,
}

/// `GET /login`.
pub(super) async fn form(
    shared: web::Data<Shared>,
    request: HttpRequest,
    query: web::Query<LoginQuery>,
    me: Option<AnySession>,
    now: web::ReqData<Now>,
) -> Result<HttpResponse, PageError> {
    let next = path_after(&query.next);
    if me.is_some() {
        return Ok(go_to(next));
    }
    let layout = Layout::plain(&shared, now.0);
    if !shared.services.admins.exist().await? {
        let link = shared.site.public_url.join(&format!("{SETUP}?code="));
        return Ok(page(HttpResponse::Ok(), &SetupPage { layout, link }));
    }
    let view = LoginPage {
        layout,
        session_ended: session::has_cookie(&request, &shared.site),
        form_was_refused: query.form == "refused",
        kept: if session::draft::is_kept(&request, &shared.site) {
            ": what you typed is kept"
        } else {
            ""
        },
        returns_to: page_name(next),
        next: next.to_owned(),
        passkeys: shared.services.passkeys.are_possible(),
        ..LoginPage::default()
    };
    Ok(show(HttpResponse::Ok(), &view))
}

/// What the form sends.
#[derive(Deserialize)]
pub(super) struct LoginFields {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: SecretString,
    #[serde(default)]
    next: String,
}

/// `POST /login`.
pub(super) async fn log_in(
    shared: web::Data<Shared>,
    request: HttpRequest,
    now: web::ReqData<Now>,
    source: web::ReqData<Source>,
    form: web::Form<LoginFields>,
) -> Result<HttpResponse, actix_web::Error> {
    let LoginFields { email, password, next } = form.into_inner();
    let next = path_after(&next);
    let device = session::device::presented(&request, &shared.site);
    let logged_in = shared.services.logins.log_in(&email, password, source.into_inner(), device);
    let (status, error, retry_after) = match logged_in.await {
        Ok(LoggedIn::SecondStep(code)) => return Ok(second_step::lead(&code, next, &shared)),
        Ok(LoggedIn::Session(id)) => {
            session::begin(&request, id, shared.services.random_text())?;
            return Ok(go_to(next));
        }
        Err(LoginError::WrongCredentials) => {
            (StatusCode::UNPROCESSABLE_ENTITY, "The email or password is not correct.".into(), None)
        }
        Err(LoginError::Throttled { until }) => {
            let seconds = (until - now.0).num_seconds().max(1);
            let error = format!("Too many attempts. Try again in {}.", wait(seconds));
            (StatusCode::TOO_MANY_REQUESTS, error, Some(seconds))
        }
        Err(LoginError::Busy) => {
            let error = "Too many people are logging in at the moment. Your password was not \
                checked, and this does not count as a failed attempt. Try again.";
            (StatusCode::SERVICE_UNAVAILABLE, error.into(), Some(1))
        }
        Err(LoginError::Failed(failure)) => return Err(PageError::from(failure).into()),
    };
    let mut answer = HttpResponse::build(status);
    if let Some(seconds) = retry_after {
        answer.insert_header((RETRY_AFTER, seconds));
    }
    Ok(refused(answer, &shared, now.0, error, next, email))
}

/// The form again, which says why the login was refused.
pub(super) fn refused(
    answer: HttpResponseBuilder,
    shared: &Shared,
    now: DateTime<Utc>,
    error: String,
    next: &str,
    email: String,
) -> HttpResponse {
    let view = LoginPage {
        layout: Layout::plain(shared, now),
        error: Some(error),
        next: path_after(next).to_owned(),
        email,
        passkeys: shared.services.passkeys.are_possible(),
        ..LoginPage::default()
    };
    show(answer, &view)
}

/// `POST /logout`.
pub(super) async fn log_out(
    shared: web::Data<Shared>,
    form: AnySessionForm<NoFields>,
) -> Result<HttpResponse, PageError> {
    let me = form.me;
    shared.services.sessions.log_out(me.author()).await?;
    me.end();
    Ok(HttpResponse::SeeOther()
        .insert_header((LOCATION, LOGIN))
        .insert_header((CLEAR_SITE_DATA, "\"cache\""))
        .cookie(session::page_cookie(&shared))
        .finish())
}

/// The form has no session and so no token: its origin must be visible to be checked.
fn show(mut answer: HttpResponseBuilder, view: &LoginPage) -> HttpResponse {
    answer.insert_header((REFERRER_POLICY, "same-origin"));
    page(answer, view)
}

#[cfg(any(test, fuzzing))]
impl LoginFields {
    /// Panics unless the way goes on to a page of ours.
    pub(super) fn check(&self) {
        let Some(next) = safe_path(&self.next) else { return };
        assert!(next == self.next && next.starts_with('/') && !next.starts_with("//"), "{next:?}");
        assert!(next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\'), "{next:?}");
    }
}
