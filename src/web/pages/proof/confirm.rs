//! What the page and the dialogs that ask for a proof send.

use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::{HttpRequest, HttpResponse, web};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;

use super::ProofPage;
use crate::service::passkeys::PasskeyError;
use crate::service::proofs::{ProofError, TypedProof};
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::pages::error_page::wants_json;
use crate::web::pages::layout;
use crate::web::pages::layout::time::wait;
use crate::web::pages::passkeys::asked;
use crate::web::pages::paths::{self, HOME, go_to, safe_path};
use crate::web::session::{self, AnySession, AnySessionForm, KeptForm, NoFields, SignedIn};

/// Where the page leads back to.
#[derive(Deserialize)]
pub(crate) struct ProofQuery {
    #[serde(default)]
    next: String,
}

/// `GET /admin/confirm`.
pub(crate) async fn form(
    shared: web::Data<Shared>,
    me: AnySession,
    query: web::Query<ProofQuery>,
) -> Result<HttpResponse, PageError> {
    let AnySession(me) = me;
    let action = safe_path(&query.next).or(me.draft_action()).unwrap_or(HOME).to_owned();
    if me.is_proven {
        // The session had ended here, and a login is a proof.
        return Ok(go_to(paths::page_of(&action)));
    }
    let form = KeptForm { action, fields: String::new() };
    Ok(layout::page(HttpResponse::Ok(), &ProofPage::load(&shared, &me, form, None).await?))
}

/// The form that was not acted on, as the page keeps it; the script of a dialog keeps it itself.
#[derive(Deserialize)]
struct Unsent {
    #[serde(default)]
    action: String,
    #[serde(default)]
    fields: String,
}

/// What the form for the password sends.
#[derive(Deserialize)]
pub(crate) struct PasswordFields {
    #[serde(default)]
    password: SecretString,
    #[serde(default)]
    code: SecretString,
    #[serde(flatten)]
    unsent: Unsent,
}

/// `POST /admin/confirm`.
pub(crate) async fn by_password(
    shared: web::Data<Shared>,
    request: HttpRequest,
    form: AnySessionForm<PasswordFields>,
) -> Result<HttpResponse, PageError> {
    let AnySessionForm { me, fields: PasswordFields { password, code, unsent } } = form;
    let device = session::device::presented(&request, &shared.site);
    let typed = TypedProof { password, code };
    let proven = shared.services.proofs.by_password(me.author(), typed, device).await;
    end(&shared, &request, &me, unsent, proven).await
}

/// `POST /admin/confirm/begin`.
pub(crate) async fn begin(
    shared: web::Data<Shared>,
    form: AnySessionForm<NoFields>,
) -> Result<HttpResponse, PageError> {
    match shared.services.proofs.ask_for_passkey(form.me.author()).await {
        Ok(challenge) => Ok(asked(&challenge)),
        Err(ProofError::Failed(failure)) => Err(failure.into()),
        Err(_) => Err(PageError::NotFound),
    }
}

/// What the script sends: the challenge and the answer of the browser.
#[derive(Deserialize)]
pub(crate) struct PasskeyFields {
    #[serde(default)]
    signed: String,
    #[serde(default)]
    answer: String,
    #[serde(flatten)]
    unsent: Unsent,
}

/// `POST /admin/confirm/passkey`.
pub(crate) async fn by_passkey(
    shared: web::Data<Shared>,
    request: HttpRequest,
    form: AnySessionForm<PasskeyFields>,
) -> Result<HttpResponse, PageError> {
    let AnySessionForm { me, fields: PasskeyFields { signed, answer, unsent } } = form;
    let device = session::device::presented(&request, &shared.site);
    let proven = shared.services.proofs.by_passkey(me.author(), signed, answer, device).await;
    end(&shared, &request, &me, unsent, proven).await
}

/// Leads back to the form, or asks again.
async fn end(
    shared: &Shared,
    request: &HttpRequest,
    me: &SignedIn,
    unsent: Unsent,
    proven: Result<(), ProofError>,
) -> Result<HttpResponse, PageError> {
    let action = safe_path(&unsent.action).unwrap_or(HOME).to_owned();
    let form = KeptForm { action, fields: unsent.fields };
    let Refused { status, code, message, retry_after } = match proven {
        Ok(()) if wants_json(request.headers()) => return Ok(HttpResponse::NoContent().finish()),
        Ok(()) => {
            let page = paths::page_of(&form.action).to_owned();
            me.keep(&form);
            return Ok(go_to(&page));
        }
        Err(error) => refused(error, me)?,
    };
    let mut answer = HttpResponse::build(status);
    if let Some(seconds) = retry_after {
        answer.insert_header((RETRY_AFTER, seconds));
    }
    if wants_json(request.headers()) {
        return Ok(answer.json(json!({ "error": code, "message": message, "generated": false })));
    }
    Ok(layout::page(answer, &ProofPage::load(shared, me, form, Some(message)).await?))
}

/// How a proof that was not taken is answered.
struct Refused {
    status: StatusCode,
    /// For scripts.
    code: &'static str,
    message: String,
    /// Seconds to wait.
    retry_after: Option<i64>,
}

impl Refused {
    fn wrong(code: &'static str, message: &str) -> Self {
        let (status, message) = (StatusCode::UNPROCESSABLE_ENTITY, message.to_owned());
        Self { status, code, message, retry_after: None }
    }
}

fn refused(error: ProofError, me: &SignedIn) -> Result<Refused, PageError> {
    Ok(match error {
        ProofError::WrongPassword => {
            Refused::wrong("wrong_password", "The password is not correct.")
        }
        ProofError::WrongCode => {
            Refused::wrong("wrong_code", "This code is not correct or was used before.")
        }
        ProofError::CodeMissing => Refused::wrong(
            "code_required",
            "Your account has a passkey, so the password alone is not enough. Use the passkey, or \
             enter a recovery code, too.",
        ),
        ProofError::Refused(PasskeyError::Unknown) => {
            Refused::wrong("passkey_refused", "This passkey does not belong to your account.")
        }
        ProofError::Refused(_) => Refused::wrong(
            "passkey_refused",
            "The passkey was not used. Try again, or use your password and a recovery code.",
        ),
        ProofError::Throttled { until } => {
            let seconds = (until - me.now).num_seconds().max(1);
            Refused {
                status: StatusCode::TOO_MANY_REQUESTS,
                code: "throttled",
                message: format!("Too many attempts. Try again in {}.", wait(seconds)),
                retry_after: Some(seconds),
            }
        }
        ProofError::Busy => Refused {
            status: StatusCode::SERVICE_UNAVAILABLE,
            code: "busy",
            message:
                "Too many people are logging in at the moment. Your password was not checked, \
                and this does not count as a failed attempt. Try again."
                    .to_owned(),
            retry_after: Some(1),
        },
        ProofError::Failed(failure) => return Err(failure.into()),
    })
}
