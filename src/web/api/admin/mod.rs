//! `/v1/admin/token`: programs with an API key read the state of the token, or replace it.

mod authenticate;
mod problem;

use std::rc::Rc;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use self::authenticate::authenticate;
use self::problem::{METHODS, Problem};
use super::answer::{self, JSON};
use super::state::ApiState;
use crate::domain::keys::scope::Scope;
use crate::service::report;

/// Answers a program.
pub(crate) async fn answer(api: &Rc<ApiState>, request: &HttpRequest) -> HttpResponse {
    let answered = match *request.method() {
        Method::GET | Method::HEAD => state(api, request).await,
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
