//! The API key behind a request. A session opens nothing here, and neither does the SCIM token.

use std::net::IpAddr;
use std::rc::Rc;

use actix_web::HttpRequest;
use actix_web::http::header::{AUTHORIZATION, HeaderValue};

use super::problem::Problem;
use crate::domain::keys::ApiKey;
use crate::domain::keys::refusal::KeyRefusal;
use crate::domain::keys::scope::Scope;
use crate::domain::keys::secret::{KeyId, PresentedKey};
use crate::domain::token::refusal::Refusal;
use crate::service::usage::RefusedKey;
use crate::web::api::authorization_header::{self, Credentials};
use crate::web::api::query::{self, ACCESS_TOKEN};
use crate::web::api::state::ApiState;
use crate::web::client::{agent, source};
use crate::web::connections;

/// The accepted key that `request` presents, if it may do what needs `scope`.
pub(super) async fn authenticate(
    api: &Rc<ApiState>,
    request: &HttpRequest,
    scope: Scope,
) -> Result<ApiKey, Problem> {
    let from = api.address(request);
    let presented = present(api, request, from).map_err(|reason| {
        // Clients that wait for the challenge ask without a key first.
        let is_guess = reason != Refusal::NoCredentials;
        refuse(api, request, (reason.code(), None, is_guess), problem(reason))
    })?;
    let keys = &api.services().keys;
    let key = keys.authenticate(&presented).await?.map_err(|reason| {
        let known = (reason != KeyRefusal::Unknown).then(|| presented.id());
        refuse(api, request, (reason.code(), known, true), Problem::InvalidKey)
    })?;
    connections::prove(request);
    let may = key.scope.allows(scope);
    api.services().usage.key_accepted(&key.id, from, agent(request), may);
    if may {
        return Ok(key);
    }
    Err(refuse(api, request, ("scope", Some(&key.id), false), Problem::MissingScope))
}

fn present(
    api: &Rc<ApiState>,
    request: &HttpRequest,
    from: IpAddr,
) -> Result<PresentedKey, Refusal> {
    let in_url = query::value(request.query_string(), ACCESS_TOKEN);
    if let Some(text) = &in_url {
        api.look_for_leak(request, text, from);
    }
    authorization_header::presented(Credentials {
        lines: request.headers().get_all(AUTHORIZATION).map(HeaderValue::as_bytes),
        has_query_token: in_url.is_some(),
        accept_bare_token: false,
    })
}

const fn problem(reason: Refusal) -> Problem {
    match reason {
        Refusal::NoCredentials
        | Refusal::TokenInUrl
        | Refusal::WrongScheme
        | Refusal::ColonAfterBearer => Problem::NoKey,
        Refusal::DuplicateHeader => Problem::ManyKeys,
        _ => Problem::InvalidKey,
    }
}

/// Records and logs the refusal; what to answer.
fn refuse(
    api: &ApiState,
    request: &HttpRequest,
    (reason, known, is_guess): (&'static str, Option<&KeyId>, bool),
    problem: Problem,
) -> Problem {
    let refused = RefusedKey { reason, known, is_guess };
    let by = source(request, api.address(request));
    api.services().usage.key_refused(refused, by).map_or(problem, Problem::Throttled)
}
