//! Logging in with a passkey alone.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};

use super::{AnswerFields, asked, refused};
use crate::domain::network::source::Source;
use crate::service::passkeys::PasskeyError;
use crate::web::Shared;
use crate::web::error::PageError;
use crate::web::now::Now;
use crate::web::pages::login;
use crate::web::pages::paths::{go_to, path_after};
use crate::web::session;

/// `POST /login/passkey/begin`.
pub(crate) async fn begin(shared: web::Data<Shared>) -> Result<HttpResponse, PageError> {
    match shared.services.passkeys.ask_for_login().await {
        Ok(challenge) => Ok(asked(&challenge)),
        Err(PasskeyError::Failed(failure)) => Err(failure.into()),
        Err(_) => Err(PageError::NotFound),
    }
}

/// `POST /login/passkey`.
pub(crate) async fn log_in(
    shared: web::Data<Shared>,
    request: HttpRequest,
    now: web::ReqData<Now>,
    source: web::ReqData<Source>,
    form: web::Form<AnswerFields>,
) -> Result<HttpResponse, actix_web::Error> {
    let AnswerFields { signed, answer, next } = form.into_inner();
    let logged_in = shared.services.passkeys.log_in(&signed, &answer, source.into_inner());
    match logged_in.await {
        Ok(id) => {
            session::begin(&request, id, shared.services.random_text())?;
            Ok(go_to(path_after(&next)))
        }
        Err(error) => {
            let error = refused::login(error, now.0)?;
            let answer = HttpResponse::build(StatusCode::UNPROCESSABLE_ENTITY);
            Ok(login::refused(answer, &shared, now.0, error, &next, String::new()))
        }
    }
}
