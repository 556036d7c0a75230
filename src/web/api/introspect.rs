//! `POST /oauth2/introspect`: applications ask whether a token is valid (RFC 7662).
//!
//! An application shows a credential of its own, never the token it asks about, so that nobody can
//! try tokens out here (section 2.1).

use std::rc::Rc;

use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse, rt};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt;

use super::Api;
use super::answer::{JSON, Problem};
use super::authenticate::Undecided;
use super::query;
use crate::domain::introspection_client::Applications;
use crate::domain::token::refusal::Refusal;
use crate::domain::token::secret::{PresentedToken, TokenId};
use crate::service::validation::{ValidToken, Verdict};
use crate::web::client::agent;

const METHODS: &str = "POST, OPTIONS";
const FORM: &str = "application/x-www-form-urlencoded";
/// The longest body, in bytes.
const LONGEST_BODY: usize = 8 * 1024;
/// How long a body may take to arrive.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);
const CHALLENGE: HeaderValue =
    HeaderValue::from_static(r#"Basic realm="introspection", charset="UTF-8""#);
/// The answer for every token that is not valid, whatever the reason (section 2.2).
const INACTIVE: &str = r#"{"active":false}"#;

/// Answers an application.
pub(crate) async fn answer(
    machine: &Rc<Api>,
    request: &HttpRequest,
    payload: Payload,
) -> HttpResponse {
    let applications = &machine.site().introspection_clients;
    if applications.is_empty() {
        return machine.answers.problem(Problem::NotFound);
    }
    match *request.method() {
        Method::POST => {}
        Method::OPTIONS => return machine.answers.options(METHODS),
        _ => return machine.answers.wrong_method(METHODS),
    }
    if !is_known(applications, request) {
        return refuse_caller(machine, request);
    }
    if !is_form(request) {
        return machine.answers.problem(Problem::WrongMediaType);
    }
    let body = match read(payload).await {
        Ok(body) => body,
        Err(Unreadable::TooLarge) => return machine.answers.problem(Problem::BodyTooLarge),
        Err(Unreadable::Broken) => return invalid_request(machine),
    };
    match token(request.query_string(), &body) {
        Ok(token) => introspect(machine, request, &token).await,
        Err(Misuse::TwoCredentials) => refuse_caller(machine, request),
        Err(Misuse::NotOneToken) => invalid_request(machine),
    }
}

async fn introspect(machine: &Rc<Api>, request: &HttpRequest, token: &str) -> HttpResponse {
    let from = machine.address(request);
    let refused = |reason, known: Option<&TokenId>| {
        machine.shared.services.usage.refused(reason, known, from, agent(request));
        machine.answers.ok(JSON, INACTIVE)
    };
    let Ok(presented) = PresentedToken::parse(token) else {
        return refused(Refusal::BadChecksum, None);
    };
    match machine.decide(&presented, from).await {
        Ok(Verdict::Valid(token)) => {
            machine.record_use(request, from, &token);
            machine.answers.ok(JSON, describe(machine, &token))
        }
        Ok(Verdict::Refused { reason, known }) => refused(reason, known.as_ref()),
        Err(Undecided) => machine.answers.problem(Problem::Unavailable),
    }
}

/// Instants are seconds since 1970; `jti` is the public id (section 2.2).
fn describe(machine: &Api, token: &ValidToken) -> String {
    let base = &machine.site().public_url;
    format!(
        r#"{{"active":true,"scope":"scim","client_id":"scim","token_type":"Bearer","exp":{},"iat":{},"iss":"{base}","aud":"{base}/scim/v2","jti":"{}"}}"#,
        token.expires_at.timestamp(),
        token.issued_at.timestamp(),
        token.id,
    )
}

/// Whether the request carries exactly one credential, and an application's.
fn is_known(applications: &Applications, request: &HttpRequest) -> bool {
    let mut lines = request.headers().get_all(AUTHORIZATION);
    let (Some(line), None) = (lines.next(), lines.next()) else { return false };
    let Some((id, secret)) = basic(line.as_bytes()) else { return false };
    // Clients escape id and secret as in a form (RFC 6749 section 2.3.1), or do not.
    applications.recognise(&id, &secret)
        || applications.recognise(&unescaped(&id), &unescaped(&secret))
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

fn is_form(request: &HttpRequest) -> bool {
    let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = media_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(FORM)
}

enum Unreadable {
    TooLarge,
    Broken,
}

async fn read(mut payload: Payload) -> Result<Vec<u8>, Unreadable> {
    let whole = async {
        let mut body = Vec::new();
        while let Some(part) = payload.next().await {
            let part = part.map_err(|_broken| Unreadable::Broken)?;
            if body.len() + part.len() > LONGEST_BODY {
                return Err(Unreadable::TooLarge);
            }
            body.extend_from_slice(&part);
        }
        Ok(body)
    };
    rt::time::timeout(PATIENCE, whole).await.unwrap_or(Err(Unreadable::Broken))
}

#[derive(Debug, PartialEq, Eq)]
enum Misuse {
    /// The body holds a credential beside the one in the header (RFC 6749 section 2.3).
    TwoCredentials,
    /// No token, several, or one in the URL, which is written to logs (RFC 7662 section 4).
    NotOneToken,
}

fn token(query: &str, body: &[u8]) -> Result<String, Misuse> {
    let mut tokens = Vec::new();
    for (name, value) in form_urlencoded::parse(body) {
        match &*name {
            "client_secret" | "client_assertion" => return Err(Misuse::TwoCredentials),
            "token" => tokens.push(value),
            _ => {}
        }
    }
    match (&*tokens, query::value(query, "token")) {
        ([token], None) => Ok(token.to_string()),
        _ => Err(Misuse::NotOneToken),
    }
}

/// Only a wrong credential is a failure: some clients wait for the challenge first.
fn refuse_caller(machine: &Api, request: &HttpRequest) -> HttpResponse {
    if request.headers().contains_key(AUTHORIZATION) {
        let (from, agent) = (machine.address(request), agent(request));
        let refusals = &machine.shared.services.refusals;
        if let Some(seconds) = refusals.refuse(Refusal::UnknownApplication, None, from, agent) {
            return machine.answers.throttled(seconds);
        }
    }
    let mut answer = error(machine, StatusCode::UNAUTHORIZED, r#"{"error":"invalid_client"}"#);
    answer.headers_mut().insert(WWW_AUTHENTICATE, CHALLENGE);
    answer
}

fn invalid_request(machine: &Api) -> HttpResponse {
    error(machine, StatusCode::BAD_REQUEST, r#"{"error":"invalid_request"}"#)
}

fn error(machine: &Api, status: StatusCode, body: &'static str) -> HttpResponse {
    let mut answer = machine.answers.ok(JSON, body);
    *answer.status_mut() = status;
    answer
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
            ("", "", Err(Misuse::NotOneToken)),
            ("", "tokens=abc", Err(Misuse::NotOneToken)),
            ("", "token=abc&token=abc", Err(Misuse::NotOneToken)),
            ("token=abc", "", Err(Misuse::NotOneToken)),
            ("token=abc", "token=abc", Err(Misuse::NotOneToken)),
            ("", "token=abc&client_secret=s", Err(Misuse::TwoCredentials)),
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
