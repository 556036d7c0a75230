//! From a request to the valid token that it presents, or to the error that refuses it.
//!
//! The decision comes first and throttling after it, so that a valid token is never delayed by what
//! others behind the same address do.

use std::net::IpAddr;
use std::rc::Rc;

use actix_web::HttpRequest;
use actix_web::http::header::{AUTHORIZATION, HeaderValue};

use super::answer::ScimError;
use super::authorization_header::{self, Credentials};
use super::query::{self, ACCESS_TOKEN};
use super::state::ApiState;
use crate::domain::token::refusal::Refusal;
use crate::domain::token::secret::{PREFIX, PresentedToken, TokenId};
use crate::service::usage::RefusedRequest;
use crate::service::validation::{Decision, ValidToken};
use crate::web::client::source;

/// Which endpoint is asked: each refuses in its own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// SCIM resources and the validation endpoint.
    Resource,
    /// A proxy asks on behalf of a request whose query belongs to the application behind it, and
    /// turns any status but 401 and 403 into a failure of its own.
    ForwardAuth,
    /// Documents that are public; a token is checked if there is one.
    Discovery,
}

impl Endpoint {
    const fn error(self, reason: Refusal) -> ScimError {
        match (reason, self) {
            (Refusal::NoCredentials | Refusal::TokenInUrl, _)
            | (
                Refusal::WrongScheme | Refusal::ColonAfterBearer,
                Self::Resource | Self::ForwardAuth,
            ) => ScimError::NoToken,
            (Refusal::DuplicateHeader, Self::Resource | Self::Discovery) => ScimError::ManyTokens,
            (Refusal::WrongNetwork, _) => ScimError::WrongNetwork,
            _ => ScimError::InvalidToken,
        }
    }
}

/// The valid token that `request` presents, or the error to answer with.
pub(crate) async fn authenticate(
    api: &Rc<ApiState>,
    request: &HttpRequest,
    endpoint: Endpoint,
) -> Result<ValidToken, ScimError> {
    let from = api.address(request);
    let refuse = |reason, known: Option<&TokenId>| {
        let looks_like_ours = known.is_some() || looks_like_ours(request, endpoint);
        let refused = RefusedRequest { reason, known, looks_like_ours };
        let wait = api.services().usage.refused_or_throttled(refused, source(request, from));
        Err(wait.map_or_else(|| endpoint.error(reason), ScimError::Throttled))
    };
    let presented = match present(api, request, endpoint, from) {
        Ok(presented) => presented,
        Err(reason) => return refuse(reason, None),
    };
    match api.decide(&presented, from).await? {
        Decision::Valid(token) if !is_allowed(api, from) => {
            refuse(Refusal::WrongNetwork, Some(&token.id))
        }
        Decision::Valid(token) => {
            api.record_use(request, from, &token);
            Ok(token)
        }
        Decision::Refused { reason, known } => refuse(reason, known.as_ref()),
    }
}

fn present(
    api: &Rc<ApiState>,
    request: &HttpRequest,
    endpoint: Endpoint,
    from: IpAddr,
) -> Result<PresentedToken, Refusal> {
    let in_url = match endpoint {
        Endpoint::ForwardAuth => None,
        Endpoint::Resource | Endpoint::Discovery => {
            query::value(request.query_string(), ACCESS_TOKEN)
        }
    };
    if let Some(text) = &in_url {
        api.look_for_leak(request, text, from);
    }
    authorization_header::presented(Credentials {
        lines: request.headers().get_all(AUTHORIZATION).map(HeaderValue::as_bytes),
        has_query_token: in_url.is_some(),
        accept_bare_token: api.site().accept_bare_token,
    })
}

/// Whether a request that is refused carries something that begins like one of our tokens.
fn looks_like_ours(request: &HttpRequest, endpoint: Endpoint) -> bool {
    let begins = |text: &[u8]| text.starts_with(PREFIX.as_bytes());
    let is_before_word = |byte: &u8| !byte.is_ascii_alphanumeric() && *byte != b'_';
    let lines = || request.headers().get_all(AUTHORIZATION).map(HeaderValue::as_bytes);
    let in_url = match endpoint {
        Endpoint::ForwardAuth => None,
        Endpoint::Resource | Endpoint::Discovery => {
            query::value(request.query_string(), ACCESS_TOKEN)
        }
    };
    lines().flat_map(|line| line.split(is_before_word)).any(begins)
        || in_url.is_some_and(|text| begins(text.as_bytes()))
}

/// Whether tokens are accepted from this address.
fn is_allowed(api: &ApiState, from: IpAddr) -> bool {
    api.site().client_networks.as_ref().is_none_or(|networks| networks.contains(from))
}
