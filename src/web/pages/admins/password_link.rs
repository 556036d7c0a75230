//! Sending another Server Admin a password link, and choosing a new password with it.
//!
//! Programs that scan mails open every link: opening this one shows a form and changes nothing.

use actix_session::SessionExt;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use secrecy::SecretString;
use serde::Deserialize;

use super::join::{CodeQuery, DeadLinkPage};
use super::one_time_link::{ForPerson, deliver};
use crate::domain::admin::code::SecretCode;
use crate::domain::network::source::Source;
use crate::service::admins::{NewPasswordError, OpenPasswordLink, PasswordLinkError};
use crate::service::sessions::login::LoggedIn;
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::now::Now;
use crate::web::pages::layout::text::sentence;
use crate::web::pages::layout::time::utc_text;
use crate::web::pages::layout::{Layout, limited, page};
use crate::web::pages::passkeys::second_step;
use crate::web::pages::paths::{HOME, SERVER_ADMINS, go_to, parse_id};
use crate::web::session::{self, Flash, NoFields, SignedIn, SignedInForm};

const NOT_SENT: &str = "No password link was sent.";

/// `GET /admin/server-admins/{id}/password-link`: where the form stands.
pub(crate) async fn lead_back(
    _me: SignedIn,
    path: web::Path<String>,
) -> Result<HttpResponse, PageError> {
    Ok(go_to(&format!("{SERVER_ADMINS}/{}", parse_id(&path)?.0)))
}

/// `POST /admin/server-admins/{id}/password-link`.
pub(crate) async fn send(
    shared: web::Data<Shared>,
    path: web::Path<String>,
    form: SignedInForm<NoFields>,
) -> Result<HttpResponse, PageError> {
    let SignedInForm { me, fields: NoFields {} } = form;
    let made = shared.services.admins.make_password_link(parse_id(&path)?, me.author());
    match made.await {
        Ok((admin, issued)) => {
            let (name, email) = (admin.name.as_str(), &admin.email);
            return deliver(&shared, &me, ForPerson { name, email, admin: Some(admin.id), issued })
                .await;
        }
        Err(PasswordLinkError::UnknownAdmin(_)) => return Err(PageError::NotFound),
        Err(error @ (PasswordLinkError::Own | PasswordLinkError::Deactivated(_))) => {
            me.leave(&Flash::warning(NOT_SENT, sentence(error)));
        }
        Err(PasswordLinkError::HourlyLimit(limit)) => me.leave(&limited(NOT_SENT, limit)),
        Err(PasswordLinkError::Failed(failure)) => return Err(failure.into()),
    }
    Ok(go_to(SERVER_ADMINS))
}

#[derive(Template)]
#[template(path = "admins/new_password.html")]
struct NewPasswordPage {
    layout: Layout,
    code: String,
    email: String,
    until: String,
    error: Option<String>,
}

/// What the form sends.
#[derive(Deserialize)]
pub(crate) struct NewPasswordFields {
    #[serde(default)]
    code: String,
    #[serde(default)]
    fresh: SecretString,
}

/// `GET /password?code=...`.
pub(crate) async fn form(
    shared: web::Data<Shared>,
    query: web::Query<CodeQuery>,
    now: web::ReqData<Now>,
) -> Result<HttpResponse, PageError> {
    let layout = Layout::plain(&shared, now.0);
    show(HttpResponse::Ok(), &shared, layout, query.into_inner().code, None).await
}

/// `POST /password`. Who has chosen a password is signed in at once, unless they have a passkey.
pub(crate) async fn choose(
    shared: web::Data<Shared>,
    request: HttpRequest,
    now: web::ReqData<Now>,
    source: web::ReqData<Source>,
    form: web::Form<NewPasswordFields>,
) -> Result<HttpResponse, actix_web::Error> {
    let NewPasswordFields { code, fresh } = form.into_inner();
    let layout = Layout::plain(&shared, now.0);
    let presented = SecretCode::presented(&code);
    let chosen = shared.services.admins.choose_password(&presented, fresh, source.into_inner());
    match chosen.await {
        Ok(LoggedIn::SecondStep(step)) => Ok(second_step::lead(&step, HOME, &shared)),
        Ok(LoggedIn::Session(id)) => {
            session::begin(&request, id, shared.services.random_text())?;
            let told = "All of your other sessions have ended.";
            Flash::done("Your password was changed.", told).leave(&request.get_session());
            Ok(go_to(HOME))
        }
        Err(NewPasswordError::LinkNotUsable) => Ok(dead(layout)),
        Err(NewPasswordError::WeakPassword(weak)) => {
            let (answer, error) = (HttpResponse::UnprocessableEntity(), Some(sentence(weak)));
            Ok(show(answer, &shared, layout, code, error).await?)
        }
        Err(NewPasswordError::Failed(failure)) => Err(PageError::from(failure).into()),
    }
}

async fn show(
    answer: actix_web::HttpResponseBuilder,
    shared: &Shared,
    layout: Layout,
    code: String,
    error: Option<String>,
) -> Result<HttpResponse, PageError> {
    let found = shared.services.admins.password_link(&SecretCode::presented(&code)).await?;
    let Some(OpenPasswordLink { admin, expires_at }) = found else { return Ok(dead(layout)) };
    let (email, until) = (admin.email.to_string(), utc_text(expires_at));
    Ok(page(answer, &NewPasswordPage { layout, code, email, until, error }))
}

fn dead(layout: Layout) -> HttpResponse {
    let what = "This link was used, replaced or is older than 24 hours.";
    let remedy = "Ask a Server Admin for a new one.";
    page(HttpResponse::Gone(), &DeadLinkPage { layout, what, remedy })
}
