//! `/v1/admin/token`: programs with an API key read the state of the token, or replace it.

mod authenticate;
mod problem;
mod replacement;

use std::rc::Rc;

use actix_web::body::BoxBody;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::http::{ConnectionType, Method, StatusCode};
use actix_web::web::{Bytes, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use self::authenticate::authenticate;
use self::problem::{METHODS, Problem};
use self::replacement::{Replacement, single_use_id};
use super::answer::{self, JSON, new_answer};
use super::state::ApiState;
use crate::domain::admin::actor::Author;
use crate::domain::calendar::rfc3339;
use crate::domain::keys::ApiKey;
use crate::domain::keys::scope::Scope;
use crate::domain::token::Token;
use crate::domain::token::secret::TokenId;
use crate::service::report;
use crate::service::tokens::{Expected, Form, Generate, GenerateError, Generated, RevokeError};
use crate::web::client::source;

/// Answers a program.
pub(crate) async fn answer(
    api: &Rc<ApiState>,
    request: &HttpRequest,
    payload: Payload,
) -> HttpResponse {
    let answered = match *request.method() {
        Method::GET | Method::HEAD => state(api, request).await,
        Method::POST => generate(api, request, payload).await,
        Method::DELETE => revoke(api, request).await,
        Method::OPTIONS => Ok(answer::options(METHODS)),
        _ => Err(Problem::WrongMethod),
    };
    answered.unwrap_or_else(|problem| problem.answer())
}

/// What the command `token show --json` prints.
async fn state(api: &Rc<ApiState>, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    authenticate(api, request, Scope::Read).await?;
    let services = api.services();
    let known = services.mails.banner_facts().await?;
    let body = match &known.history.newest {
        Some(token) => {
            let now = services.now();
            report::with_sync(report::both(token, known.history.old(now), now), &known.sync)
        }
        None => json!({ "status": "none", "sync": null }),
    };
    Ok(answer::ok(JSON, body.to_string()))
}

/// Generates a token: the only answer for machines that ever holds one.
async fn generate(
    api: &Rc<ApiState>,
    request: &HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let key = authenticate(api, request, Scope::Replace).await?;
    let single_use = single_use_id(api, request, &key)?;
    let Replacement { lifespan, current } = Replacement::read(request, payload).await?;
    let form = Some(Form { request: single_use, replaces: Expected::Any, knows_of_use: true });
    let wanted = Generate { lifespan, current, by: author(api, request, &key), form };
    match api.services().tokens.generate(wanted).await {
        Ok(generated) => Ok(created(&generated)),
        Err(GenerateError::RequestAlreadyUsed(id)) => Err(Problem::Repeated(id)),
        Err(GenerateError::NothingToKeep) => Err(Problem::NothingToKeep),
        Err(GenerateError::RateLimited) => Err(Problem::HourlyLimit),
        Err(GenerateError::Failed(failure)) => Err(failure.into()),
        // Nothing was expected, so nothing can be otherwise.
        Err(GenerateError::TokenChanged { .. } | GenerateError::UsedMeanwhile) => {
            Err(Problem::Unavailable)
        }
    }
}

fn created(generated: &Generated) -> HttpResponse {
    let Generated { plain, token, replaced, old, ended } = generated;
    let body = json!({
        "token": plain.expose(),
        "token_id": token.id.as_str(),
        "generated_at": rfc3339(token.generated_at),
        "expires_at": rfc3339(token.expires_at),
        "lifespan_months": token.lifespan.months(),
        "replaced": replaced.as_ref().map(TokenId::as_str),
        "kept": old.as_ref().map(|old| old.id.as_str()),
        "kept_until": old.as_ref().and_then(Token::latest_end).map(rfc3339),
        "old_revoked": ended.as_ref().map(TokenId::as_str),
    });
    let mut answer = new_answer(StatusCode::CREATED);
    answer.headers_mut().insert(CONTENT_TYPE, JSON);
    // The buffers of the connection hold the token until it ends.
    answer.head_mut().set_connection_type(ConnectionType::Close);
    answer.set_body(BoxBody::new(Bytes::from(body.to_string())))
}

/// Revokes the token without a replacement.
async fn revoke(api: &Rc<ApiState>, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let key = authenticate(api, request, Scope::Replace).await?;
    match api.services().tokens.revoke(None, author(api, request, &key)).await {
        Ok(_) => Ok(new_answer(StatusCode::NO_CONTENT)),
        Err(RevokeError::Failed(failure)) => Err(failure.into()),
        Err(RevokeError::NoToken | RevokeError::NoOldToken | RevokeError::TokenChanged) => {
            Err(Problem::NoToken)
        }
    }
}

/// The key as what asks for a change: whether it still may is decided where it is made.
fn author(api: &ApiState, request: &HttpRequest, key: &ApiKey) -> Author {
    Author::ApiKey { id: key.id.clone(), source: source(request, api.address(request)) }
}
