//! The contract with SCIM clients, reverse proxies and applications, over bare sockets.

use scimward::domain::token::refusal::Refusal;

use crate::support::app::TestApp;
use crate::support::database::{Database, Engine};
use crate::support::headers;
use crate::support::http::{Request, Response};

mod discovery;
mod freshness;
mod introspection;
mod outage;
mod parsing;
mod refusals;
mod tables;
mod wire;

const VALIDATE: &str = "/v1/token/validate";
const USERS: &str = "/scim/v2/Users";
const FORWARD_AUTH: &str = "/forward-auth";
const ENDPOINTS: [&str; 3] = [VALIDATE, USERS, FORWARD_AUTH];

const NO_TOKEN: &str = r#"Bearer realm="scim""#;
const INVALID_TOKEN: &str = r#"Bearer realm="scim", error="invalid_token", error_description="The access token is malformed, unknown, revoked or expired""#;
const INVALID_REQUEST: &str = r#"Bearer realm="scim", error="invalid_request", error_description="Send exactly one access token, in one Authorization header""#;

/// An application with one token, on the embedded database: what these tests prove does not depend
/// on the database.
struct Contract {
    app: TestApp,
    token: String,
    id: String,
    _database: Database,
}

impl Contract {
    fn start(settings: &[(&str, &str)]) -> Self {
        let database = Database::fresh(Engine::Sqlite);
        let app = TestApp::with(&database, settings);
        let generated = app.generate(6);
        let (token, id) = (generated.plain.expose().to_owned(), generated.token.id.to_string());
        Self { app, token, id, _database: database }
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }

    fn send(&self, request: &Request) -> Response {
        let response = request.send(self.app.address);
        headers::check(request, &response);
        response
    }

    /// Sends a request with these `Authorization` lines.
    fn ask(&self, method: &str, target: &str, authorization: &[&str]) -> Response {
        let request = Request::new(method, target);
        let add = |request: Request, line: &&str| request.header("Authorization", line);
        self.send(&authorization.iter().fold(request, add))
    }

    /// The reasons that the Server Admins see, with how often.
    fn reasons(&self) -> Vec<(Refusal, u64)> {
        self.app.upkeep();
        let groups = self.app.recent_refusals();
        let mut reasons: Vec<_> = groups.iter().map(|group| (group.reason, group.count)).collect();
        reasons.sort_unstable();
        reasons
    }
}

/// Asserts a SCIM error with this status and challenge.
#[track_caller]
fn assert_error(response: &Response, status: u16, challenge: Option<&str>) {
    assert_eq!(response.status, status, "{}", String::from_utf8_lossy(&response.body));
    assert_eq!(response.header("WWW-Authenticate"), challenge);
    assert_eq!(response.header("Content-Type"), Some("application/scim+json"));
    let body = response.json();
    assert_eq!(body["schemas"][0], "urn:ietf:params:scim:api:messages:2.0:Error");
    assert_eq!(body["status"], status.to_string());
    assert!(!body["detail"].as_str().unwrap().is_empty());
    assert!(response.body.len() < 1024, "a proxy may cut a longer body");
}
