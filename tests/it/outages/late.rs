//! A database server that is not ready when scimward starts.

use std::path::Path;

use super::*;
use crate::support::cluster::Cluster;
use crate::support::process::ServerProcess;

/// What the log says once requests are answered without a database.
const WAITING: &str = "answering with 503 until the database is ready";

#[test]
fn a_server_that_is_not_running_yet_is_waited_for() {
    is_waited_for(&Cluster::start(), Cluster::stop, Cluster::start_again, "onnect");
}

#[test]
fn a_server_that_does_not_answer_yet_is_waited_for() {
    is_waited_for(&Cluster::start(), Cluster::freeze, Cluster::thaw, "did not answer in time");
}

/// Until it is promoted it says what a server says that is starting up: "not accepting connections".
#[test]
fn a_server_that_accepts_nobody_yet_is_waited_for() {
    let standby = |data: &Path| {
        std::fs::write(data.join("standby.signal"), "").unwrap();
        "-c hot_standby=off"
    };
    is_waited_for(
        &Cluster::prepared(standby),
        |_| (),
        Cluster::promote,
        "not accepting connections",
    );
}

fn is_waited_for(cluster: &Cluster, leave: fn(&Cluster), come: fn(&Cluster), cause: &str) {
    leave(cluster);
    let scimward = Scimward::at(&cluster.url(), cluster.folder());

    let server = scimward.serve_until(WAITING);
    Request::new("GET", "/healthz").send(server.address).expect(200);
    Request::new("HEAD", "/healthz").send(server.address).expect(200);
    Request::new("GET", "/readyz").send(server.address).expect(503);
    let token = format!("scimw_{}", "x".repeat(57));
    for path in [VALIDATE, "/scim/v2/Users", "/scim/v2/Schemas", "/forward-auth/x", "/scim/v2/no"] {
        assert_undecided(&ask(server.address, path, &token));
    }
    assert_undecided(&Request::new("POST", "/oauth2/introspect").send(server.address));
    let stranger = Visitor::new(server.address);
    for path in ["/", "/login", HOME, "/setup?code=x", "/no/such/page"] {
        let page = stranger.get(path).expect(503);
        assert!(page.header("Retry-After").is_some(), "{path}: {page:?}");
        assert!(page.text().contains("waiting for its database"), "{path}: {}", page.text());
        assert!(page.header("Content-Security-Policy").is_some(), "{path}: {page:?}");
    }
    let page = stranger.get("/login");
    let (_, style) = page.text().split_once("href=\"/static/").expect("a style sheet");
    let style = format!("/static/{}", style.split('"').next().unwrap());
    stranger.get(&style).expect(200);
    let refused = scimward.run(&["token", "show"]);
    assert_eq!(refused.code, 1, "a command says so at once: {refused:?}");

    come(cluster);
    wait_until_ready(&server);
    let token = generate(&scimward);
    ask(server.address, VALIDATE, &token).expect(200);
    sign_in(&scimward, server.address).get(HOME).expect(200);
    let ended = server.stop();
    assert_discreet(&ended);
    for part in ["waiting for the database", cause, "/setup?code="] {
        let said = format!("{}{}", ended.stderr, ended.stdout);
        assert!(said.contains(part), "{part}: {said}");
    }
}

/// Within a minute; it tries every second.
fn wait_until_ready(server: &ServerProcess) {
    let started = Instant::now();
    while Request::new("GET", "/readyz").send(server.address).status != 200 {
        assert!(started.elapsed() < Duration::from_mins(1), "it does not begin");
        std::thread::yield_now();
    }
}

#[test]
fn a_database_that_never_comes_is_said_in_one_sentence_after_a_while() {
    let with_passwords = |data: &Path| {
        std::fs::write(data.join("pg_hba.conf"), "host all all 127.0.0.1/32 scram-sha-256")
            .unwrap();
        ""
    };
    let (cluster, guarded) = (Cluster::start(), Cluster::prepared(with_passwords));
    let absent = cluster.url().replace("/postgres", "/absent");
    let gone = Cluster::start();
    gone.stop();
    for (url, cause) in [
        (absent, "database \"absent\" does not exist"),
        (guarded.url(), "password authentication failed"),
        (gone.url(), "onnect"),
    ] {
        for wait in [0, 2] {
            let scimward = Scimward::at(&url, cluster.folder())
                .with("SCIMWARD_LISTEN", "127.0.0.1:0")
                .with("SCIMWARD_DATABASE_WAIT", &wait.to_string());

            let started = Instant::now();
            let ended = scimward.run(&["serve"]);

            let took = started.elapsed().as_secs();
            assert!((wait..wait + 20).contains(&took), "{url}: {took} s");
            assert_eq!((ended.code, &*ended.stdout), (1, ""), "{url}: {ended:?}");
            let last = ended.stderr.lines().last().unwrap();
            for part in [cause, "cannot be used", "SCIMWARD_DATABASE_URL"] {
                assert!(last.contains(part), "{url}: {last}");
            }
            assert_eq!(ended.stderr.contains("waiting for the database"), wait > 0, "{ended:?}");
            assert!(!ended.stderr.contains(SECRET), "{ended:?}");
        }
    }
}

#[test]
fn a_server_that_waits_is_stopped_at_once() {
    let cluster = Cluster::start();
    cluster.freeze();
    let server = Scimward::at(&cluster.url(), cluster.folder()).serve_until(WAITING);

    let started = Instant::now();
    let ended = server.stop();

    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    assert_eq!(ended.code, 0, "{ended:?}");
}
