//! What happens while the database fails, seen from outside, and that it works again afterwards.

mod late;
mod load;
mod postgres;
mod sqlite;
mod start;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::support::actors::{PASSWORD, Visitor};
use crate::support::cluster::SECRET;
use crate::support::headers;
use crate::support::http::{Request, Response};
use crate::support::page;
use crate::support::process::{Ended, Scimward};

const VALIDATE: &str = "/v1/token/validate";
const HOME: &str = "/admin/authentication";
const GENERATE: &str = "/admin/authentication/scim-token";

/// Two seconds are promised; as much again is for a busy machine.
const IN_TIME: Duration = Duration::from_secs(4);

/// Generates a token on the command line.
fn generate(scimward: &Scimward) -> String {
    let ended = scimward.run(&["token", "generate"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    ended.stdout.trim_end().to_owned()
}

/// The id of the newest token.
fn newest(scimward: &Scimward) -> String {
    let shown = scimward.run(&["token", "show", "--json"]);
    let shown: serde_json::Value = serde_json::from_str(&shown.stdout).expect("JSON");
    shown["token_id"].as_str().expect("a token").to_owned()
}

/// Adds a Server Admin on the command line and signs in.
fn sign_in(scimward: &Scimward, address: SocketAddr) -> Visitor {
    let add = ["admin", "add", "--email", "a@example.com", "--name", "A", "--password-stdin"];
    let added = scimward.run_with_input(&add, PASSWORD);
    assert_eq!(added.code, 0, "{added:?}");
    let browser = Visitor::new(address);
    browser.submit("/login", "/login", &CREDENTIALS).expect(303);
    browser
}

const CREDENTIALS: [(&str, &str); 2] = [("email", "a@example.com"), ("password", PASSWORD)];

/// The form on the Authentication page as it stands there now, ready to be sent.
fn generation(browser: &Visitor) -> Request {
    let opened = browser.get(HOME).expect(200);
    let hidden = page::hidden_fields(opened.text(), GENERATE);
    let mut fields: Vec<_> = hidden.iter().map(|(n, value)| (n.as_str(), value.as_str())).collect();
    fields.extend([("months", "3"), ("confirmed", "true")]);
    browser.form(GENERATE, &fields)
}

/// Asks with a token.
fn ask(address: SocketAddr, path: &str, token: &str) -> Response {
    let request = Request::new("GET", path).header("Authorization", &format!("Bearer {token}"));
    let asked = Instant::now();
    let response = request.send(address);
    assert!(asked.elapsed() < IN_TIME, "{path} took {:?}", asked.elapsed());
    headers::check(&request, &response);
    response
}

/// Asserts that nothing was decided, and that the client is told when to come back.
fn assert_undecided(response: &Response) {
    assert_eq!(response.status, 503, "{response:?}");
    let seconds: u32 = response.header("Retry-After").expect("seconds").parse().expect("a number");
    assert!(seconds > 0);
    let error = response.json();
    assert_eq!(error["status"], "503");
    assert_eq!(error["schemas"][0], "urn:ietf:params:scim:api:messages:2.0:Error");
}

/// Asserts that pages say that they are not available, in time and without details.
fn assert_pages_wait(browser: &Visitor, form: &Request, address: SocketAddr) {
    let script = form.clone().header("Accept", "application/json");
    let login = browser.form("/login", &CREDENTIALS);
    let stranger = Visitor::new(address);
    let pages: [(&Visitor, Request); 6] = [
        // Changes something before it reads, over a connection that has been idle.
        (&stranger, login),
        (&stranger, Request::new("GET", "/login")),
        (browser, Request::new("GET", HOME)),
        (browser, Request::new("GET", "/admin/activity")),
        (browser, form.clone()),
        (browser, script),
    ];
    for (visitor, request) in pages {
        let target = request.target().to_owned();
        let asked = Instant::now();
        let answer = visitor.send(request).expect(503);
        assert!(asked.elapsed() < IN_TIME, "{target} took {:?}", asked.elapsed());
        let seconds = answer.header("Retry-After").expect("seconds");
        assert!(seconds.parse::<u32>().is_ok(), "{target}: {seconds}");
        assert!(!answer.text().contains(SECRET), "{target}");
        if answer.header("Content-Type") == Some("application/json") {
            assert_eq!(answer.json()["generated"], false);
        } else {
            for part in ["Not available at the moment", "Nothing was changed.", "Try again"] {
                assert!(answer.text().contains(part), "{target}: {}", answer.text());
            }
        }
    }
}

/// Asserts that a server ended well, saw failures, and told nobody the password of the database.
fn assert_discreet(ended: &Ended) {
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.stderr.contains("the database"), "the failures are logged: {}", ended.stderr);
    for text in [&ended.stdout, &ended.stderr] {
        assert!(!text.contains(SECRET) && !text.contains("panicked"), "{text}");
    }
}
