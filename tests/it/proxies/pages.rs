//! The recipes of `docs/proxies/pages`: everything that scimward serves goes through them.

use scimward::domain::activity::Kind;

use crate::support::actors::{PASSWORD, Visitor};
use crate::support::app::TestApp;
use crate::support::database::{Database, Engine};
use crate::support::http::Request;
use crate::support::proxy::{Program, Proxy, on_each_proxy};

on_each_proxy!(pages_and_answers_to_machines_go_through);

fn pages_and_answers_to_machines_go_through(program: Program) {
    let database = Database::fresh(Engine::Sqlite);
    let app = TestApp::with(&database, &[("SCIMWARD_TRUSTED_PROXIES", "127.0.0.1")]);
    let proxy = Proxy::in_front(program, database.folder(), app.address);
    app.add_admin("ada");
    Request::new("GET", "/login").send(proxy.address).expect(200);

    let fields = [("email", "ada@example.com"), ("password", PASSWORD)];
    let login = Visitor::new(proxy.address).form("/login", &fields);
    let login = login.header("X-Forwarded-For", "192.0.2.7").send(proxy.address).expect(303);

    let set = login.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
    let cookies: Vec<_> = set.filter_map(|(_, line)| line.split(';').next()).collect();
    let page = Request::new("GET", "/admin/authentication").header("Cookie", &cookies.join("; "));
    let page = page.send(proxy.address).expect(200);
    assert!(page.header("Content-Security-Policy").is_some(), "{page:?}");
    let mut events = app.activity().into_iter().map(|recorded| recorded.event);
    let login = events.find(|event| event.kind == Kind::LoggedIn).expect("a login");
    let address = login.source.address.expect("an address").to_string();
    assert_eq!(address, "127.0.0.1", "what the client says does not count");

    let token = app.generate(1);
    let bearer = format!("Bearer {}", token.plain.expose());
    let ask = Request::new("GET", "/v1/token/validate").header("Authorization", &bearer);
    ask.send(proxy.address).expect(200);
    Request::new("GET", "/readyz").send(proxy.address).expect(200);
}
