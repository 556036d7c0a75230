//! The second step of a login: a passkey, or a recovery code instead.

use actix_web::http::StatusCode;
use actix_web::http::header::{REFERRER_POLICY, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use askama::Template;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::Deserialize;

use super::{AnswerFields, asked, refused};
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::code::{SecretCode, SessionId};
use crate::domain::network::source::Source;
use crate::service::passkeys::PasskeyError;
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::now::Now;
use crate::web::pages::layout::{Layout, page};
use crate::web::pages::paths::{self, go_to, login_after, path_after};
use crate::web::session;
use crate::web::session::second_step::{give, presented, take_back};

#[derive(Template)]
#[template(path = "passkeys/second_step.html")]
struct SecondStepPage {
    layout: Layout,
    email: String,
    /// Whether browsers know passkeys under this address.
    possible: bool,
    error: Option<String>,
    next: String,
}

#[derive(Deserialize)]
pub(crate) struct NextQuery {
    #[serde(default)]
    next: String,
}

/// `GET /login/second`.
pub(crate) async fn form(
    shared: web::Data<Shared>,
    request: HttpRequest,
    query: web::Query<NextQuery>,
    now: web::ReqData<Now>,
) -> Result<HttpResponse, PageError> {
    let next = path_after(&query.next);
    match pending(&shared, &request).await? {
        Some((_, admin)) => {
            let answer = HttpResponse::Ok();
            Ok(show(answer, &shared, now.0, &admin, None, next))
        }
        None => Ok(go_to(&login_after(next, false))),
    }
}

/// `POST /login/second/begin`.
pub(crate) async fn begin(
    shared: web::Data<Shared>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let code = presented(&request, &shared.site).ok_or(PageError::SessionEnded)?;
    match shared.services.passkeys.ask_for_second_step(&code).await {
        Ok(challenge) => Ok(asked(&challenge)),
        Err(PasskeyError::LoginOver) => Err(PageError::SessionEnded),
        Err(PasskeyError::Failed(failure)) => Err(failure.into()),
        Err(_) => Err(PageError::NotFound),
    }
}

/// `POST /login/second/passkey`.
pub(crate) async fn by_passkey(
    shared: web::Data<Shared>,
    request: HttpRequest,
    now: web::ReqData<Now>,
    source: web::ReqData<Source>,
    form: web::Form<AnswerFields>,
) -> Result<HttpResponse, actix_web::Error> {
    let AnswerFields { signed, answer, next } = form.into_inner();
    let Some((code, admin)) = pending(&shared, &request).await? else {
        return Ok(go_to(&login_after(path_after(&next), false)));
    };
    let passkeys = &shared.services.passkeys;
    let made = passkeys.second_step_by_passkey(&code, &signed, &answer, source.into_inner()).await;
    end(made, &shared, &request, now.0, &admin, &next)
}

/// What the form for a recovery code sends.
#[derive(Deserialize)]
pub(crate) struct CodeFields {
    #[serde(default)]
    code: SecretString,
    #[serde(default)]
    next: String,
}

/// `POST /login/second`.
pub(crate) async fn by_code(
    shared: web::Data<Shared>,
    request: HttpRequest,
    now: web::ReqData<Now>,
    source: web::ReqData<Source>,
    form: web::Form<CodeFields>,
) -> Result<HttpResponse, actix_web::Error> {
    let CodeFields { code: typed, next } = form.into_inner();
    let Some((code, admin)) = pending(&shared, &request).await? else {
        return Ok(go_to(&login_after(path_after(&next), false)));
    };
    let passkeys = &shared.services.passkeys;
    let made = passkeys.second_step_by_code(&code, typed, source.into_inner()).await;
    end(made, &shared, &request, now.0, &admin, &next)
}

/// The login that this browser has begun.
async fn pending(
    shared: &Shared,
    request: &HttpRequest,
) -> Result<Option<(SecretCode, ServerAdmin)>, PageError> {
    let Some(code) = presented(request, &shared.site) else { return Ok(None) };
    match shared.services.passkeys.second_step_of(&code).await {
        Ok(admin) => Ok(admin.map(|admin| (code, admin))),
        Err(PasskeyError::Failed(failure)) => Err(failure.into()),
        Err(_) => Ok(None),
    }
}

fn end(
    made: Result<SessionId, PasskeyError>,
    shared: &Shared,
    request: &HttpRequest,
    now: DateTime<Utc>,
    admin: &ServerAdmin,
    next: &str,
) -> Result<HttpResponse, actix_web::Error> {
    let next = path_after(next);
    let error = match made {
        Ok(id) => {
            session::begin(request, id, shared.services.random_text())?;
            let mut answer = go_to(next);
            take_back(&mut answer, &shared.site);
            return Ok(answer);
        }
        Err(PasskeyError::LoginOver) => return Ok(go_to(&login_after(next, false))),
        Err(error) => error,
    };
    let mut answer = HttpResponse::build(StatusCode::UNPROCESSABLE_ENTITY);
    if let PasskeyError::Throttled { until } = &error {
        let seconds = (*until - now).num_seconds().max(1);
        answer.status(StatusCode::TOO_MANY_REQUESTS).insert_header((RETRY_AFTER, seconds));
    }
    let error = refused::login(error, now)?;
    Ok(show(answer, shared, now, admin, Some(error), next))
}

/// As on the login page, the origin of the form must be visible to be checked.
fn show(
    mut answer: HttpResponseBuilder,
    shared: &Shared,
    now: DateTime<Utc>,
    admin: &ServerAdmin,
    error: Option<String>,
    next: &str,
) -> HttpResponse {
    answer.insert_header((REFERRER_POLICY, "same-origin"));
    let view = SecondStepPage {
        layout: Layout::plain(shared, now),
        email: admin.email.to_string(),
        possible: shared.services.passkeys.are_possible(),
        error,
        next: next.to_owned(),
    };
    page(answer, &view)
}

/// The answer to a right password that leads to the second step.
pub(crate) fn lead(code: &SecretCode, next: &str, shared: &Shared) -> HttpResponse {
    let mut answer = go_to(&paths::second_step(next));
    give(&mut answer, code, &shared.site);
    answer
}
