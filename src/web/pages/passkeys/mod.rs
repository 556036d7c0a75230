//! Passkeys and recovery codes: on the account page, at the login and as its second step.

pub(super) mod account;
pub(super) mod card;
pub(super) mod codes;
pub(super) mod enrolment;
pub(super) mod login;
mod refused;
pub(super) mod second_step;

use actix_web::HttpResponse;
use serde::Deserialize;
use serde_json::json;

use crate::service::passkeys::Challenge;

/// What the script sends: the challenge and the answer of the browser.
#[derive(Deserialize)]
pub(crate) struct AnswerFields {
    #[serde(default)]
    signed: String,
    #[serde(default)]
    answer: String,
    #[serde(default)]
    next: String,
}

/// What the script of a page asks the browser, and what it sends back with the answer.
pub(super) fn asked(challenge: &Challenge) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "options": challenge.options, "signed": challenge.signed }))
}
