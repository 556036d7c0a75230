//! While the database does not answer, no token is accepted and none is called invalid.

use std::time::{Duration, Instant};

use super::*;

const LOCK: &str = "BEGIN; LOCK TABLE tokens IN ACCESS EXCLUSIVE MODE";

#[test]
fn a_locked_postgres_database_is_answered_as_unavailable_in_time() {
    let database = Database::fresh(Engine::Postgres);
    let app = TestApp::with(
        &database,
        &[("SCIMWARD_INTROSPECTION_CLIENTS", "two:the other secret of 32 characters")],
    );
    let token = app.generate(6).plain.expose().to_owned();
    let ask = |path: &str| {
        let request = Request::new("GET", path).header("Authorization", &format!("Bearer {token}"));
        let started = Instant::now();
        let response = request.send(app.address);
        assert!(started.elapsed() < Duration::from_secs(2), "{path}: {:?}", started.elapsed());
        headers::check(&request, &response);
        response
    };
    ask(VALIDATE).expect(200);

    let lock = database.hold(LOCK);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for path in [VALIDATE, USERS, FORWARD_AUTH, "/scim/v2/Schemas"] {
                    let response = ask(path);
                    assert_error(&response, 503, None);
                    assert_eq!(response.header("Retry-After"), Some("30"));
                }
            });
        }
    });
    let question = Request::new("POST", "/oauth2/introspect")
        .form(&[("token", &token)])
        .header("Authorization", "Basic dHdvOnRoZSBvdGhlciBzZWNyZXQgb2YgMzIgY2hhcmFjdGVycw==");
    assert_eq!(question.send(app.address).status, 503);
    Request::new("GET", "/scim/v2/Schemas").send(app.address).expect(200);
    // What needs no database is decided without it.
    Request::new("GET", VALIDATE).send(app.address).expect(401);
    drop(lock);

    let recovered = (0..50).any(|_| {
        let request = Request::new("GET", VALIDATE);
        request.header("Authorization", &format!("Bearer {token}")).send(app.address).status == 200
    });
    assert!(recovered, "it works again when the lock is gone");
}
