//! The recipes of `docs/proxies` with the real nginx, Caddy and `HAProxy`, and the real scimward.

mod pages;

use std::net::TcpListener;
use std::time::{Duration, Instant};

use chrono::TimeDelta;

use crate::support::app::TestApp;
use crate::support::database::{Database, Engine};
use crate::support::http::{Request, Response};
use crate::support::proxy::{Program, Proxy, on_each_proxy, replaced};
use crate::support::upstream::Upstream;

on_each_proxy!(
    a_valid_token_passes_and_is_named_to_the_service,
    a_large_change_passes,
    nothing_passes_without_a_valid_token,
    an_expired_replaced_or_revoked_token_is_refused_at_once,
    an_identity_is_never_what_the_client_says,
    the_address_of_a_client_is_never_what_it_says,
    too_many_failures_do_not_keep_a_valid_token_out,
    nothing_passes_while_scimward_is_stopped,
    nothing_passes_while_scimward_does_not_answer,
);

/// Clients, a proxy, scimward and a service.
struct Chain {
    app: TestApp,
    proxy: Proxy,
    service: Upstream,
    database: Database,
}

impl Chain {
    fn with(program: Program, settings: &[(&str, &str)]) -> Self {
        let database = Database::fresh(Engine::Sqlite);
        let app = TestApp::with(&database, settings);
        let service = service();
        let proxy = Proxy::start(program, database.folder(), app.address, service.address);
        Self { app, proxy, service, database }
    }

    fn ask(&self, authorization: &str) -> Response {
        users().header("Authorization", authorization).send(self.proxy.address)
    }

    fn bearer(&self) -> (String, String) {
        let token = self.app.generate(1);
        (format!("Bearer {}", token.plain.expose()), token.token.id.as_str().to_owned())
    }

    /// Asserts that nobody has asked the service.
    #[track_caller]
    fn expect_idle_service(&self) {
        let received = self.service.received();
        assert!(received.is_empty(), "the service received {received:?}");
    }
}

fn service() -> Upstream {
    Upstream::answering("Content-Type: application/scim+json\r\n", r#"{"totalResults":0}"#)
}

fn users() -> Request {
    Request::new("GET", "/scim/v2/Users?filter=userName+eq+%22a%22")
}

fn a_valid_token_passes_and_is_named_to_the_service(program: Program) {
    let chain = Chain::with(program, &[]);
    let (bearer, id) = chain.bearer();

    // A query that scimward would not read: it never gets to see it.
    let target = r#"/scim/v2/Users?filter=userName+eq+"ada""#;
    let request = Request::new("POST", target).header("Authorization", &bearer);
    let request = request.body("application/scim+json", r#"{"userName":"ada"}"#);
    let answer = request.send(chain.proxy.address).expect(200);

    assert_eq!(answer.text(), r#"{"totalResults":0}"#);
    let [received] = &chain.service.received()[..] else { panic!("one request") };
    assert!(received.line.starts_with(&format!("POST {target} HTTP/1.")), "{received:?}");
    assert_eq!(received.body, r#"{"userName":"ada"}"#);
    assert_eq!(received.values("X-Scim-Token-Id"), [id]);
    assert_eq!(received.values("X-Scim-Token-Expires"), ["2026-12-22T14:03:00Z"]);
    assert_eq!(received.values("Authorization"), [""; 0]);
}

/// A group with tens of thousands of members is changed in one request.
fn a_large_change_passes(program: Program) {
    let chain = Chain::with(program, &[]);
    let (bearer, _) = chain.bearer();
    let change = format!(r#"{{"members":"{}"}}"#, "m".repeat(3 << 20));
    let request = Request::new("PATCH", "/scim/v2/Groups/1").header("Authorization", &bearer);

    let request = request.body("application/scim+json", change.as_str());
    request.send(chain.proxy.address).expect(200);

    let [received] = &chain.service.received()[..] else { panic!("one request") };
    assert!(received.body == change, "{} bytes of {}", received.body.len(), change.len());
}

fn nothing_passes_without_a_valid_token(program: Program) {
    let chain = Chain::with(program, &[]);
    let (bearer, _) = chain.bearer();
    let with = |value: &str| users().header("Authorization", value);
    let twice = with(&bearer).header("Authorization", &bearer);
    let wrong = "Bearer scimw_0123456789";
    let cases = [users(), with(wrong), with("Basic YTpi"), with("Bearer"), with(&bearer[7..])];
    for request in cases {
        let answer = request.send(chain.proxy.address).expect(401);

        let challenge = answer.header("WWW-Authenticate").expect("a challenge");
        assert!(challenge.starts_with(r#"Bearer realm="scim""#), "{challenge}");
        assert_eq!(answer.header("Content-Type"), Some("application/scim+json"));
        assert_eq!(answer.header("Cache-Control"), Some("no-store"));
        assert_eq!(answer.json()["status"], "401");
    }
    // nginx does not even ask about two lines.
    let refused = if program == Program::Nginx { 400 } else { 401 };
    twice.send(chain.proxy.address).expect(refused);
    chain.expect_idle_service();
}

fn an_expired_replaced_or_revoked_token_is_refused_at_once(program: Program) {
    let chain = Chain::with(program, &[]);
    let (first, _) = chain.bearer();
    chain.ask(&first).expect(200);
    let (second, _) = chain.bearer();
    chain.ask(&first).expect(401);
    chain.ask(&second).expect(200);
    chain.app.advance(TimeDelta::days(40));
    chain.ask(&second).expect(401);
    let (third, _) = chain.bearer();
    chain.ask(&third).expect(200);
    chain.app.revoke();
    chain.ask(&third).expect(401);

    assert_eq!(chain.service.received().len(), 3);
}

fn an_identity_is_never_what_the_client_says(program: Program) {
    let chain = Chain::with(program, &[]);
    let (bearer, id) = chain.bearer();
    let spoofed = |request: Request| {
        ["X-Scim-Token-Id", "x-scim-token-id", "X_Scim_Token_Id", "X-Scim_Token-Id"]
            .iter()
            .chain(&["X.Scim.Token.Id", "X-Scim-Token-Expires", "X!Scim!Token!Expires"])
            .fold(request, |request, name| request.header(name, "SPOOFED"))
    };
    spoofed(users()).send(chain.proxy.address).expect(401);
    chain.expect_idle_service();

    let request = spoofed(users().header("Authorization", &bearer));
    request.send(chain.proxy.address).expect(200);
    // What `Connection` names is dropped on the way by those who go by the book.
    let request = users().header("Authorization", &bearer);
    let request = request.header("Connection", "close, X-Scim-Token-Id, X-Scim-Token-Expires");
    request.send(chain.proxy.address).expect(200);

    let received = chain.service.received();
    assert_eq!(received.len(), 2);
    for received in received {
        assert_eq!(received.values("X-Scim-Token-Id"), [&id]);
        assert_eq!(received.values("X-Scim-Token-Expires"), ["2026-12-22T14:03:00Z"]);
        let connection = received.values("Connection").join(",").to_ascii_lowercase();
        assert!(!connection.contains("scim"), "{received:?}");
    }
}

fn the_address_of_a_client_is_never_what_it_says(program: Program) {
    let settings =
        [("SCIMWARD_TRUSTED_PROXIES", "127.0.0.1"), ("SCIMWARD_CLIENT_NETWORKS", "192.0.2.0/24")];
    let chain = Chain::with(program, &settings);
    let (bearer, _) = chain.bearer();

    let request = users().header("Authorization", &bearer);
    let request = request.header("X-Forwarded-For", "192.0.2.7");
    let answer = request.send(chain.proxy.address).expect(403);

    assert_eq!(answer.json()["status"], "403");
    assert_eq!(answer.header("Content-Type"), Some("application/scim+json"));
    chain.expect_idle_service();
}

fn too_many_failures_do_not_keep_a_valid_token_out(program: Program) {
    let chain = Chain::with(program, &[]);
    let (bearer, _) = chain.bearer();
    let refused =
        |status| (0..2000).map(|_| chain.ask("Bearer wrong")).find(|a| a.status == status);

    // nginx cannot pass 429 on and tells the client of an error that passes.
    let answer = refused(if program == Program::Nginx { 503 } else { 429 }).expect("a limit");

    let wait = answer.header("Retry-After").expect("when to come back");
    wait.parse::<u32>().expect("whole seconds");
    chain.expect_idle_service();
    chain.ask(&bearer).expect(200);
}

fn nothing_passes_while_scimward_is_stopped(program: Program) {
    let mut chain = Chain::with(program, &[]);
    let (bearer, _) = chain.bearer();
    chain.ask(&bearer).expect(200);
    chain.service.received();
    chain.app.stop().expect("a clean end");

    expect_unavailable(&chain.ask(&bearer));
    chain.expect_idle_service();
}

fn nothing_passes_while_scimward_does_not_answer(program: Program) {
    let database = Database::fresh(Engine::Sqlite);
    // Connections are accepted by the system, and nobody ever reads them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let service = service();
    let address = silent.local_addr().unwrap();
    let proxy = Proxy::start(program, database.folder(), address, service.address);

    let begin = Instant::now();
    expect_unavailable(&users().header("Authorization", "Bearer x").send(proxy.address));
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    assert!(service.received().is_empty());
}

#[track_caller]
fn expect_unavailable(answer: &Response) {
    assert_eq!(answer.status, 503, "{answer:?}");
    assert_eq!(answer.header("Retry-After"), Some("30"));
    assert_eq!(answer.header("Content-Type"), Some("application/scim+json"));
    assert_eq!(answer.json()["status"], "503");
}

/// Somebody switches a cache on for everything, decisions included.
#[expect(clippy::needless_pass_by_value, reason = "the shape that a change of a recipe has")]
fn with_a_cache(recipe: String) -> String {
    let cache = "proxy_cache decisions; proxy_cache_valid any 10m;";
    replaced(&recipe, "proxy_cache off;", cache)
}

#[test]
fn an_accidental_cache_in_nginx_never_decides() {
    let chain = Chain::with(Program::Nginx, &[]);
    let (bearer, _) = chain.bearer();
    let (scimward, service) = (chain.app.address, chain.service.address);
    let folder = chain.database.folder().join("cached");
    let proxy = Proxy::changed(Program::Nginx, &folder, scimward, service, with_a_cache);
    let ask = |bearer: &str| users().header("Authorization", bearer).send(proxy.address);

    ask(&bearer).expect(200);
    ask("Bearer wrong").expect(401);
    users().send(proxy.address).expect(401);
    chain.app.revoke();
    ask(&bearer).expect(401);

    assert_eq!(chain.service.received().len(), 1);
}

/// The test above means something: the same cache lets everybody in after a careless answer.
#[test]
fn a_cache_in_nginx_does_decide_when_an_answer_allows_it() {
    let database = Database::fresh(Engine::Sqlite);
    let careless = Upstream::answering("X-Scim-Token-Id: careless\r\n", "");
    let (folder, service) = (database.folder(), service());
    let (decides, serves) = (careless.address, service.address);
    let proxy = Proxy::changed(Program::Nginx, folder, decides, serves, with_a_cache);

    users().header("Authorization", "Bearer x").send(proxy.address).expect(200);
    users().send(proxy.address).expect(200);

    assert_eq!(careless.received().len(), 1);
    assert_eq!(service.received().len(), 2);
}
