//! `POST /oauth2/introspect`: applications ask whether a token is valid (RFC 7662).
//!
//! An application authenticates with credentials of its own, never with the token that it asks
//! about, so that nobody can try tokens out here (section 2.1).

use std::rc::Rc;

use actix_web::http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::answer::{self, JSON, ScimError};
use super::body::{self, BodyError};
use super::query;
use super::state::ApiState;
use crate::domain::introspection_client::IntrospectionClients;
use crate::domain::token::refusal::Refusal;
use crate::domain::token::secret::{PREFIX, PresentedToken, TokenId};
use crate::service::usage::RefusedRequest;
use crate::service::validation::{Decision, ValidToken};
use crate::web::client::source;
use crate::web::connections;

const METHODS: &str = "POST, OPTIONS";
const FORM: &str = "application/x-www-form-urlencoded";
/// The longest body, in bytes.
const LONGEST_BODY: usize = 8 * 1024;
const CHALLENGE: HeaderValue =
    HeaderValue::from_static(r#"Basic realm="introspection", charset="UTF-8""#);
/// The answer for every token that is not valid, whatever the reason (section 2.2).
const INACTIVE: &str = r#"{"active":false}"#;

/// Answers an application.
pub(crate) async fn answer(
    api: &Rc<ApiState>,
    request: &HttpRequest,
    payload: Payload,
) -> HttpResponse {
    let clients = &api.site().introspection_clients;
    if clients.is_empty() {
        return answer::error(ScimError::NotFound);
    }
    match *request.method() {
        Method::POST => {}
        Method::OPTIONS => return answer::options(METHODS),
        _ => return answer::wrong_method(METHODS),
    }
    if let Some(refusal) = refuse_caller(api, clients, request) {
        return refusal;
    }
    connections::prove(request);
    if !body::is_of_type(request, FORM) {
        return answer::error(ScimError::WrongMediaType);
    }
    let body = match body::read(payload, LONGEST_BODY).await {
        Ok(body) => body,
        Err(BodyError::TooLarge) => return answer::error(ScimError::BodyTooLarge),
        Err(BodyError::Broken) => return invalid_request(),
    };
    match token(request.query_string(), &body) {
        Ok(token) => introspect(api, request, &token).await,
        Err(FormError::TwoCredentials) => {
            let by = source(request, api.address(request));
            let reason = Refusal::UnknownApplication;
            let refused = RefusedRequest { reason, known: None, looks_like_ours: false };
            api.services().usage.refused(refused, by);
            challenge()
        }
        Err(FormError::NotOneToken) => invalid_request(),
    }
}

async fn introspect(api: &Rc<ApiState>, request: &HttpRequest, token: &str) -> HttpResponse {
    let from = api.address(request);
    let refused = |reason, known: Option<&TokenId>| {
        let looks_like_ours = token.starts_with(PREFIX);
        let refused = RefusedRequest { reason, known, looks_like_ours };
        api.services().usage.refused(refused, source(request, from));
        answer::ok(JSON, INACTIVE)
    };
    let Ok(presented) = PresentedToken::parse(token) else {
        return refused(Refusal::BadChecksum, None);
    };
    match api.decide(&presented, from).await {
        Ok(Decision::Valid(token)) => {
            api.record_use(request, from, &token);
            answer::ok(JSON, describe(api, &token))
        }
        Ok(Decision::Refused { reason, known }) => refused(reason, known.as_ref()),
        Err(error) => answer::error(error),
    }
}

/// Instants are seconds since 1970; `jti` is the public id (section 2.2).
fn describe(api: &ApiState, token: &ValidToken) -> String {
    let base = &api.site().public_url;
    format!(
        r#"{{"active":true,"scope":"scim","client_id":"scim","token_type":"Bearer","exp":{},"iat":{},"iss":"{base}","aud":"{base}/scim/v2","jti":"{}"}}"#,
        token.expires_at.timestamp(),
        token.issued_at.timestamp(),
        token.id,
    )
}

/// Refuses callers that are not exactly one client. A source that has sent too many wrong secrets of a
/// client waits, and what it sends meanwhile is not compared: it does not even learn of a right one.
fn refuse_caller(
    api: &ApiState,
    clients: &IntrospectionClients,
    request: &HttpRequest,
) -> Option<HttpResponse> {
    if !request.headers().contains_key(AUTHORIZATION) {
        // Some clients wait for the challenge first.
        return Some(challenge());
    }
    // Clients escape id and secret as in a form (RFC 6749 section 2.3.1), or not at all.
    let presented = credentials(request);
    let presented =
        presented.map(|(id, secret)| [(unescaped(&id), unescaped(&secret)), (id, secret)]);
    let mut ids = presented.iter().flatten().map(|(id, _)| id);
    let client = ids.find_map(|id| clients.known_id(id));
    let from = api.address(request);
    let usage = &api.services().usage;
    if let Some(seconds) = usage.must_wait(client, from, || source(request, from)) {
        return Some(answer::error(ScimError::Throttled(seconds)));
    }
    if presented.iter().flatten().any(|(id, secret)| clients.recognise(id, secret)) {
        return None;
    }
    usage.wrong_secret(client, source(request, from));
    Some(challenge())
}

/// Id and secret, if the request carries exactly one pair.
fn credentials(request: &HttpRequest) -> Option<(String, String)> {
    let mut lines = request.headers().get_all(AUTHORIZATION);
    let (Some(line), None) = (lines.next(), lines.next()) else { return None };
    basic(line.as_bytes())
}

/// Id and secret of HTTP Basic (RFC 7617).
fn basic(line: &[u8]) -> Option<(String, String)> {
    let (scheme, encoded) = std::str::from_utf8(line).ok()?.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(encoded.trim_start()).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

fn unescaped(text: &str) -> String {
    percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

#[derive(Debug, PartialEq, Eq)]
enum FormError {
    /// The body holds credentials besides those in the header (RFC 6749 section 2.3).
    TwoCredentials,
    /// No token, several, or one in the URL, which is written to logs (RFC 7662 section 4).
    NotOneToken,
}

fn token(query: &str, body: &[u8]) -> Result<String, FormError> {
    let mut tokens = Vec::new();
    for (name, value) in form_urlencoded::parse(body) {
        match &*name {
            "client_secret" | "client_assertion" => return Err(FormError::TwoCredentials),
            "token" => tokens.push(value),
            _ => {}
        }
    }
    match (&*tokens, query::value(query, "token")) {
        ([token], None) => Ok(token.to_string()),
        _ => Err(FormError::NotOneToken),
    }
}

fn challenge() -> HttpResponse {
    let mut answer = error(StatusCode::UNAUTHORIZED, r#"{"error":"invalid_client"}"#);
    answer.headers_mut().insert(WWW_AUTHENTICATE, CHALLENGE);
    answer
}

fn invalid_request() -> HttpResponse {
    error(StatusCode::BAD_REQUEST, r#"{"error":"invalid_request"}"#)
}

fn error(status: StatusCode, body: &'static str) -> HttpResponse {
    let mut answer = answer::ok(JSON, body);
    *answer.status_mut() = status;
    answer
}

/// Any bytes as the credentials of an application, and as what it sends.
#[cfg(any(test, fuzzing))]
pub(super) fn fuzz(data: &[u8]) {
    if let Some((id, secret)) = basic(data) {
        let encoded = STANDARD.encode(format!("{id}:{secret}"));
        assert!(!id.contains(':') && data.trim_ascii().ends_with(encoded.as_bytes()), "{encoded}");
        let _ = (unescaped(&id), unescaped(&secret));
    }
    let named = form_urlencoded::parse(data).filter(|(name, _)| name == "token").count();
    assert!(token("", data).is_err() || named == 1, "{}", data.escape_ascii());
    assert_ne!(token("token=abc", data).map(|_| ()), Ok(()), "a token in the URL");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_one_token_stands_in_the_body() {
        for (query, body, expected) in [
            ("", "token=abc", Ok("abc")),
            ("x=y", "token_type_hint=access_token&token=a%2Bb", Ok("a+b")),
            ("", "token=", Ok("")),
            ("", "token", Ok("")),
            ("", "", Err(FormError::NotOneToken)),
            ("", "tokens=abc", Err(FormError::NotOneToken)),
            ("", "token=abc&token=abc", Err(FormError::NotOneToken)),
            ("token=abc", "", Err(FormError::NotOneToken)),
            ("token=abc", "token=abc", Err(FormError::NotOneToken)),
            ("", "token=abc&client_secret=s", Err(FormError::TwoCredentials)),
        ] {
            let found = token(query, body.as_bytes());
            assert_eq!(found, expected.map(ToOwned::to_owned), "{query} {body}");
        }
    }

    #[test]
    fn basic_credentials_are_read_or_there_are_none() {
        for (line, expected) in [
            ("Basic YTpi", Some(("a", "b"))),
            ("basic   YTpiOmM=", Some(("a", "b:c"))),
            ("Basic YQ==", None),
            ("Basic ???", None),
            ("Basic", None),
            ("Bearer YTpi", None),
            ("", None),
        ] {
            let found = basic(line.as_bytes());
            let found = found.as_ref().map(|(id, secret)| (id.as_str(), secret.as_str()));
            assert_eq!(found, expected, "{line}");
        }
    }
}
