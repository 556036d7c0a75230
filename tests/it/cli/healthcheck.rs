//! `scimward healthcheck`, as a container runs it beside the server.

use crate::support::database::{Database, Engine};
use crate::support::process::Scimward;

#[test]
fn a_health_check_tells_whether_the_server_runs() {
    let database = Database::fresh(Engine::Sqlite);
    let made = rcgen::generate_simple_self_signed(["scim.example.com".to_owned()]).unwrap();
    let write =
        |name: &str, text: &str| std::fs::write(database.folder().join(name), text).unwrap();
    write("cert.pem", &made.cert.pem());
    write("key.pem", &made.signing_key.serialize_pem());
    let plain = Scimward::on(&database);
    let tls = plain.clone().with("SCIMWARD_TLS_CERT", "cert.pem");
    let tls = tls.with("SCIMWARD_TLS_KEY", "key.pem");
    for scimward in [plain, tls] {
        let server = scimward.serve();
        let at = |host: &str| {
            let beside = scimward.clone().with("SCIMWARD_PUBLIC_URL", "https://scim.example.com");
            let beside = beside.with("SCIMWARD_ALLOW_PLAIN_HTTP", "true");
            beside.with("SCIMWARD_LISTEN", &format!("{host}:{}", server.address.port()))
        };
        for beside in [at("127.0.0.1"), at("0.0.0.0")] {
            for arguments in [&["healthcheck"][..], &["healthcheck", "--ready"]] {
                let ended = beside.run(arguments);
                assert_eq!((ended.code, &*ended.stdout, &*ended.stderr), (0, "", ""), "{ended:?}");
            }
        }
        let beside = at("127.0.0.1");
        assert_eq!(server.stop().code, 0);

        let ended = beside.run(&["healthcheck"]);
        assert_eq!(ended.code, 1, "{ended:?}");
        assert!(ended.stderr.contains("does not answer"), "{ended:?}");
    }
}

#[test]
fn a_health_check_of_a_server_that_is_not_ready_or_not_ours_fails() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::on(&database);
    let server = scimward.serve();
    let beside = scimward.with("SCIMWARD_LISTEN", &server.address.to_string());
    database.ask("ALTER TABLE tokens RENAME TO elsewhere");

    let alive = beside.run(&["healthcheck"]);
    let ready = beside.run(&["healthcheck", "--ready"]);
    let misconfigured = beside.clone().with("SCIMWARD_LOG", "loud").run(&["healthcheck"]);
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = silent.local_addr().unwrap().to_string();
    let silent = beside.with("SCIMWARD_LISTEN", &silent).run(&["healthcheck"]);

    assert_eq!(alive.code, 0, "{alive:?}");
    assert!(ready.code == 1 && ready.stderr.contains("answers with 503"), "{ready:?}");
    assert!(misconfigured.code == 1, "{misconfigured:?}");
    assert!(silent.code == 1 && silent.stderr.contains("does not answer"), "{silent:?}");
}
