//! A fresh proof of who is behind the session, before what matters: one calm step that keeps what was
//! filled in.
//!
//! A use case that asks for it has changed nothing. The script of a page asks for the password in its
//! dialog and sends the same form again; without the script this page leads back to the form.

use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;

use super::error_page::wants_json;
use super::form_body;
use super::layout::time::{ago, wait};
use super::layout::{self, Layout};
use super::paths::{self, HOME, go_to, safe_path};
use crate::service::sessions::login::LoginError;
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::session::{self, AnySession, AnySessionForm, KeptForm, SignedIn};

#[derive(Template)]
#[template(path = "proof.html")]
struct ProofPage {
    layout: Layout,
    email: String,
    why: String,
    error: Option<String>,
    /// The form that was not acted on.
    form: KeptForm,
    back: String,
}

/// Answers a request whose change asks for a proof.
pub(super) fn ask(shared: &Shared, request: &HttpRequest) -> Option<HttpResponse> {
    let me = SignedIn::find(request)?;
    let action = request.path().to_owned();
    let mut answer = HttpResponse::Forbidden();
    if wants_json(request.headers()) {
        let message = why(&me, &action);
        return Some(answer.json(json!({
            "error": "proof_required",
            "generated": false,
            "message": message,
        })));
    }
    let form = KeptForm { action, fields: form_body::fields(request) };
    Some(layout::page(answer, &ProofPage::new(shared, &me, form, None)))
}

impl ProofPage {
    fn new(shared: &Shared, me: &SignedIn, form: KeptForm, error: Option<String>) -> Self {
        Self {
            layout: Layout { csrf: me.csrf.clone(), ..Layout::plain(shared, me.now) },
            email: me.admin.email.to_string(),
            why: why(me, &form.action),
            error,
            back: paths::page_of(&form.action).to_owned(),
            form,
        }
    }
}

/// `You logged in 42 minutes ago. Generating a token asks for ...`
fn why(me: &SignedIn, action: &str) -> String {
    let did = if me.proven_at > me.began_at { "last confirmed it" } else { "logged in" };
    let passed = ago(me.now, me.proven_at);
    let what = what(action);
    format!(
        "You {did} {passed}. {what} asks for a proof that is not older than 15 minutes. Nothing \
         has changed yet."
    )
}

/// What a form does that is sent to this path.
fn what(action: &str) -> &'static str {
    let name = action.rsplit('/').next().unwrap_or_default();
    match action {
        paths::GENERATE => "Generating a token",
        paths::REVOKE => "Revoking the token",
        paths::REVOKE_OLD => "Revoking the old token",
        paths::INVITE => "Inviting somebody",
        paths::API_KEYS => "Creating an API key",
        paths::RECOVERY_CODES => "Making recovery codes",
        paths::ENROL | paths::ACCOUNT | paths::PASSKEYS => "Adding a passkey",
        _ if action.starts_with(paths::PASSKEYS) => "Removing a passkey",
        _ if action.starts_with(paths::API_KEYS) => "Revoking an API key",
        _ if name == "password-link" => "Sending a link to choose a new password",
        _ if name == "deactivate" => "Deactivating somebody",
        _ if name == "reactivate" => "Reactivating somebody",
        _ if action.starts_with(paths::SERVER_ADMINS) => "Changing a name or an address",
        _ => "What you are about to do",
    }
}

/// Where the page leads back to.
#[derive(Deserialize)]
pub(super) struct ProofQuery {
    #[serde(default)]
    next: String,
}

/// `GET /admin/confirm`.
pub(super) async fn form(
    shared: web::Data<Shared>,
    me: AnySession,
    query: web::Query<ProofQuery>,
) -> HttpResponse {
    let AnySession(me) = me;
    let action = safe_path(&query.next).unwrap_or(HOME).to_owned();
    let form = KeptForm { action, fields: String::new() };
    layout::page(HttpResponse::Ok(), &ProofPage::new(&shared, &me, form, None))
}

/// What the form sends.
#[derive(Deserialize)]
pub(super) struct ProofFields {
    #[serde(default)]
    password: SecretString,
    #[serde(default)]
    action: String,
    #[serde(default)]
    fields: String,
}

/// `POST /admin/confirm`.
pub(super) async fn confirm(
    shared: web::Data<Shared>,
    request: HttpRequest,
    form: AnySessionForm<ProofFields>,
) -> Result<HttpResponse, PageError> {
    let AnySessionForm { me, fields: ProofFields { password, action, fields } } = form;
    let action = safe_path(&action).unwrap_or(HOME).to_owned();
    let device = session::device::presented(&request, &shared.site);
    let proven = shared.services.logins.prove(me.author(), password, device).await;
    let (status, code, message, retry_after) = match proven {
        Ok(()) if wants_json(request.headers()) => return Ok(HttpResponse::NoContent().finish()),
        Ok(()) => {
            let page = paths::page_of(&action).to_owned();
            me.keep(&KeptForm { action, fields });
            return Ok(go_to(&page));
        }
        Err(error) => refused(error, &me)?,
    };
    let mut answer = HttpResponse::build(status);
    if let Some(seconds) = retry_after {
        answer.insert_header((RETRY_AFTER, seconds));
    }
    if wants_json(request.headers()) {
        return Ok(answer.json(json!({ "error": code, "message": message, "generated": false })));
    }
    let form = KeptForm { action, fields };
    Ok(layout::page(answer, &ProofPage::new(&shared, &me, form, Some(message))))
}

/// Status, code and message for a password that was not accepted, and the seconds to wait.
fn refused(
    error: LoginError,
    me: &SignedIn,
) -> Result<(StatusCode, &'static str, String, Option<i64>), PageError> {
    Ok(match error {
        LoginError::WrongCredentials => {
            let message = "The password is not correct.".to_owned();
            (StatusCode::UNPROCESSABLE_ENTITY, "wrong_password", message, None)
        }
        LoginError::Throttled { until } => {
            let seconds = (until - me.now).num_seconds().max(1);
            let message = format!("Too many attempts. Try again in {}.", wait(seconds));
            (StatusCode::TOO_MANY_REQUESTS, "throttled", message, Some(seconds))
        }
        LoginError::Busy => {
            let message = "Too many people are logging in at the moment. Your password was not \
                checked, and this does not count as a failed attempt. Try again.";
            (StatusCode::SERVICE_UNAVAILABLE, "busy", message.to_owned(), Some(1))
        }
        LoginError::Failed(failure) => return Err(failure.into()),
    })
}
