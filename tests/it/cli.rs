//! The command line: exit codes, what goes where, and secrets that stay out of sight.

mod healthcheck;
mod switching;
mod verifying;

use crate::support::actors::{PASSWORD, ScimClient, Visitor};
use crate::support::database::{Database, Engine};
use crate::support::http::Request;
use crate::support::on_each_database;
use crate::support::process::{Ended, Scimward, ServerProcess};

on_each_database!(
    a_token_goes_through_its_life,
    fifty_generations_at_once_leave_one_valid_token,
    server_admins_are_managed_without_a_browser,
    the_first_start_prints_a_link_and_a_later_one_does_not,
);

/// Generates a token and returns it.
fn generate(scimward: &Scimward) -> String {
    let ended = scimward.run(&["token", "generate"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    ended.stdout.trim_end().to_owned()
}

fn verify(scimward: &Scimward, token: &str) -> Ended {
    scimward.run_with_input(&["token", "verify"], &format!("{token}\n"))
}

fn a_token_goes_through_its_life(database: &Database) {
    let scimward = Scimward::on(database);
    assert_eq!(scimward.run(&["token", "expiry"]).code, 1);
    assert_eq!(scimward.run(&["token", "revoke"]).code, 1);
    assert!(scimward.run(&["token", "show"]).stdout.contains("no SCIM token"));

    let generated = scimward.run(&["token", "generate", "--months", "1"]);
    let token = generated.stdout.strip_suffix('\n').expect("one line");
    assert_eq!((token.len(), token.contains(char::is_whitespace)), (63, false));
    assert!(!generated.stderr.contains(token), "{}", generated.stderr);
    let valid = verify(&scimward, token);
    assert!(valid.stdout.starts_with("valid: ") && valid.code == 0, "{valid:?}");

    let expiry = scimward.run(&["token", "expiry"]).stdout;
    assert!(expiry.trim_end().parse::<chrono::DateTime<chrono::Utc>>().is_ok(), "{expiry}");
    assert!(expiry.ends_with("Z\n") && expiry.len() == 21, "{expiry:?}");
    let shown = scimward.run(&["token", "show"]).stdout;
    assert!(shown.contains("active") && shown.contains(&token[6..14]), "{shown}");
    assert!(shown.contains("cannot be shown") && !shown.contains(token), "{shown}");

    let newer = generate(&scimward);
    let old = verify(&scimward, token);
    assert!(old.stdout.starts_with("replaced: ") && old.code == 1, "{old:?}");
    assert!(old.stdout.contains(&newer[6..14]), "{old:?}");
    assert_eq!(scimward.run(&["token", "revoke"]).code, 0);
    assert!(verify(&scimward, &newer).stdout.starts_with("revoked: "));
    assert_eq!(scimward.run(&["token", "expiry"]).code, 1);
}

fn fifty_generations_at_once_leave_one_valid_token(database: &Database) {
    let scimward = Scimward::on(database);
    scimward.run(&["token", "show"]);

    let running: Vec<_> = (0..50).map(|_| scimward.spawn(&["token", "generate"])).collect();
    let ended: Vec<_> =
        running.into_iter().map(|child| child.wait_with_output().unwrap()).collect();

    let failed: Vec<_> = ended.iter().filter(|output| !output.status.success()).collect();
    assert!(failed.is_empty(), "{failed:?}");
    let tokens = ended.iter().map(|output| String::from_utf8_lossy(&output.stdout));
    let valid = tokens.filter(|token| verify(&scimward, token.trim_end()).code == 0).count();
    assert_eq!(valid, 1);
}

#[test]
fn a_revocation_that_postgres_cuts_off_at_its_end_is_not_called_undone() {
    let database = Database::fresh(Engine::Postgres);
    let scimward = Scimward::on(&database);
    generate(&scimward);
    drop(database.hold(
        "CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql
         AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
         CREATE CONSTRAINT TRIGGER cut AFTER UPDATE ON tokens DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION cut()",
    ));

    let ended = scimward.run(&["token", "revoke"]);

    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("it is not certain"), "{ended:?}");
}

fn server_admins_are_managed_without_a_browser(database: &Database) {
    let scimward = Scimward::on(database);
    let add = |email: &str| {
        let arguments = ["admin", "add", "--email", email, "--name", "Ada", "--password-stdin"];
        scimward.run_with_input(&arguments, &format!("{PASSWORD}\n"))
    };
    assert_eq!(add("ada@example.com").code, 0);
    assert_eq!(add("ADA@example.com").code, 1);
    let last = scimward.run(&["admin", "deactivate", "ada@example.com"]);
    assert!(last.code == 1 && last.stderr.contains("last active"), "{last:?}");
    assert_eq!(add("grace@example.com").code, 0);
    assert_eq!(scimward.run(&["admin", "deactivate", "Grace@example.com"]).code, 0);

    let listed = scimward.run(&["admin", "list", "--json"]).stdout;
    let listed: serde_json::Value = serde_json::from_str(&listed).expect("JSON");
    let active: Vec<_> = listed.as_array().unwrap().iter().map(|a| a["active"].clone()).collect();
    assert_eq!(active.len(), 2);
    assert!(active.contains(&true.into()) && active.contains(&false.into()), "{listed}");

    assert_eq!(scimward.run(&["admin", "reactivate", "grace@example.com"]).code, 0);
    let password = ["admin", "password", "grace@example.com", "--password-stdin"];
    let weak = scimward.run_with_input(&password, "too short\n");
    assert!(weak.code == 1 && weak.stderr.contains("at least 15 characters"), "{weak:?}");
    assert_eq!(scimward.run_with_input(&password, "other words for a gate\n").code, 0);
    let nobody = scimward.run(&["admin", "reactivate", "nobody@example.com"]);
    assert!(nobody.code == 1 && nobody.stderr.contains("no such Server Admin"), "{nobody:?}");
}

fn the_first_start_prints_a_link_and_a_later_one_does_not(database: &Database) {
    let scimward = Scimward::on(database);

    let first = scimward.serve().stop();
    let admin = ["admin", "add", "--email", "a@example.com", "--name", "A", "--password-stdin"];
    assert_eq!(scimward.run_with_input(&admin, PASSWORD).code, 0);
    let later = scimward.serve().stop();

    assert_eq!((first.code, later.code), (0, 0));
    let (_, code) = first.stdout.split_once("/setup?code=").expect("a link");
    let code = code.split_whitespace().next().unwrap();
    assert!(!first.stderr.contains(code), "{}", first.stderr);
    assert_eq!(later.stdout, "");
}

#[test]
fn bad_usage_is_explained_and_exits_with_2() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::on(&database);
    for (arguments, cause) in [
        (&["token", "generate", "--months", "7"][..], "1 to 6"),
        (&["token", "generate", "--months", "0"], "1 to 6"),
        (&["token", "generate", "--months", "abc"], "1 to 6"),
        (&["token", "generate", "--months=-1"], "1 to 6"),
        (&["token", "verify", "scimw_x"], "unexpected argument"),
        (&["admin", "add", "--email", "nowhere", "--name", "A"], "e-mail address"),
        (&["admin", "add", "--name", "A"], "--email"),
        (&["tokens"], "unrecognized"),
        (&["--listen"], "--listen"),
    ] {
        let ended = scimward.run(arguments);

        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{arguments:?}: {ended:?}");
        assert!(ended.stderr.contains(cause), "{arguments:?}: {}", ended.stderr);
    }
    assert!(!database.folder().join("scimward.db").exists(), "nothing was changed");
}

#[test]
fn a_wrong_setting_is_named_and_nothing_is_changed() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::on(&database);
    let file = database.folder().join("a file");
    std::fs::write(&file, "").unwrap();
    let inside_a_file = format!("sqlite:{}/data/x.db", file.display());
    for (name, value, cause) in [
        ("SCIMWARD_DATABASE_URL", "postgers://localhost/x", "scheme"),
        ("SCIMWARD_DATABASE_URL", "data/x.db", "scheme"),
        ("SCIMWARD_DATABASE_URL", &inside_a_file, "a file"),
        ("SCIMWARD_LISTEN", "8080", "an address and a port"),
        ("SCIMWARD_LISTEN", "0.0.0.0:0", "SCIMWARD_ALLOW_PLAIN_HTTP"),
        ("SCIMWARD_LISTEN", "192.0.2.1:25999", "SCIMWARD_ALLOW_PLAIN_HTTP"),
        ("SCIMWARD_LISTENS", "127.0.0.1:0", "SCIMWARD_LISTENS is not a setting"),
        ("SCIMWARD_TIMEZONE", "Mars/Olympus", "time zone"),
        ("SCIMWARD_TLS_CERT", "cert.pem", "SCIMWARD_TLS_KEY"),
        ("SCIMWARD_LOG", "loud", "SCIMWARD_LOG"),
    ] {
        let ended = scimward.clone().with(name, value).run(&["serve"]);

        assert!(matches!(ended.code, 1 | 2), "{name}={value}: {ended:?}");
        assert!(ended.stderr.contains(cause), "{name}={value}: {}", ended.stderr);
        assert_eq!(ended.stdout, "", "{name}={value}");
    }
    assert_eq!(std::fs::read_dir(database.folder()).unwrap().count(), 1, "nothing was changed");
}

#[test]
fn a_port_in_use_is_named() {
    let database = Database::fresh(Engine::Sqlite);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();

    let ended = Scimward::on(&database).with("SCIMWARD_LISTEN", &address).run(&["serve"]);

    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{ended:?}");
    assert!(ended.stderr.contains(&address), "{}", ended.stderr);
}

#[test]
fn no_secret_reaches_the_log_at_any_level() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::on(&database)
        .with("SCIMWARD_LOG", "trace")
        .with("SCIMWARD_INTROSPECTION_CLIENTS", "app:0123456789abcdef0123456789abcdef");
    let first = scimward.serve().stop();
    let (_, link) = first.stdout.split_once("code=").expect("a link");

    let generated = scimward.run(&["token", "generate"]);
    let token = generated.stdout.trim_end();
    let verified = verify(&scimward, token);
    let arguments = ["admin", "add", "--email", "a@example.com", "--name", "A", "--password-stdin"];
    let added = scimward.run_with_input(&arguments, PASSWORD);
    let server = scimward.serve();
    present_everywhere(&server, token);
    let browser = Visitor::new(server.address);
    let credentials = [("email", "a@example.com"), ("password", PASSWORD)];
    browser.submit("/login", "/login", &credentials).expect(303);
    let cookie = browser.cookie_header();
    let stopped = server.stop();

    let logs = [&first.stderr, &generated.stderr, &verified.stderr, &added.stderr, &stopped.stderr];
    assert!(logs.iter().any(|log| log.contains("DEBUG")), "the log is on: {logs:?}");
    let (_, cookie) = cookie.split_once('=').expect("a session");
    let files = files_of(&database);
    for secret in [token, &token[14..57], PASSWORD, link.trim(), &cookie[..20], "0123456789abcdef"]
    {
        assert!(logs.iter().all(|log| !log.contains(secret)), "{secret}: {logs:?}");
        let found = |file: &Vec<u8>| file.windows(secret.len()).any(|w| w == secret.as_bytes());
        assert!(!files.iter().any(found), "a file of the database holds {secret}");
    }
    assert!(logs.iter().all(|log| !log.contains("$argon2id$")), "{logs:?}");
}

/// Sends the token in every place where clients have been seen to put one.
fn present_everywhere(server: &ServerProcess, token: &str) {
    ScimClient::new(server.address, token).get("/v1/token/validate").expect(200);
    ScimClient::new(server.address, token).get("/scim/v2/Users").expect(200);
    ScimClient::new(server.address, token).get("/forward-auth").expect(200);
    ScimClient::new(server.address, &token[1..]).get("/forward-auth").expect(401);
    let in_url = format!("/v1/token/validate?access_token={token}");
    Request::new("GET", &in_url).send(server.address).expect(401);
    Request::new("GET", &format!("/nowhere/{token}")).send(server.address).expect(404);
    Request::new("POST", "/oauth2/introspect")
        .header("Authorization", "Basic YXBwOjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVm")
        .form(&[("token", token)])
        .send(server.address)
        .expect(200);
}

/// What the database has on the disk, write-ahead log included.
fn files_of(database: &Database) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(database.folder()).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_file()).map(|path| std::fs::read(path).unwrap()).collect()
}

#[test]
fn a_list_that_would_do_nothing_stops_the_start() {
    let database = Database::fresh(Engine::Sqlite);
    for name in ["CLIENT_NETWORKS", "TRUSTED_PROXIES", "INTROSPECTION_CLIENTS", "MAIL_TO_EXTRA"] {
        let name = format!("SCIMWARD_{name}");
        let ended = Scimward::on(&database).with(&name, ", ,").run(&["serve"]);

        assert_eq!(ended.code, 2, "{ended:?}");
        assert!(ended.stderr.contains(&format!("{name} (environment): the list is empty")));
    }
    let short = "app:0123456789abcdef0123456789abcde";
    let ended =
        Scimward::on(&database).with("SCIMWARD_INTROSPECTION_CLIENTS", short).run(&["serve"]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.stderr.contains("fewer than 32 characters"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("0123456789abcde"), "{}", ended.stderr);
}

#[test]
fn the_configuration_is_shown_with_secrets_masked() {
    let database = Database::fresh(Engine::Sqlite);
    let secret = database.folder().join("smtp");
    std::fs::write(&secret, "smtp://user:hunter2secret@mail.example\n").unwrap();
    let scimward = Scimward::on(&database)
        .with("SCIMWARD_SMTP_URL_FILE", &secret.display().to_string())
        .with("SCIMWARD_MAIL_FROM", "scim@example.com")
        .with("SCIMWARD_INTROSPECTION_CLIENTS", "app:0123456789abcdef0123456789abcdef-secret");

    let right = scimward.run(&["config", "check"]);
    let wrong = scimward.clone().with("SCIMWARD_NOTIFY_AT", "noon").run(&["config", "check"]);
    let json = scimward.run(&["config", "check", "--json"]);

    assert_eq!((right.code, wrong.code, json.code), (0, 1, 0), "{right:?} {wrong:?}");
    assert!(wrong.stderr.contains("SCIMWARD_NOTIFY_AT"), "{}", wrong.stderr);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(json["problems"].as_array().unwrap().len(), 0);
    for ended in [&right, &wrong] {
        let all = format!("{}{}", ended.stdout, ended.stderr);
        assert!(!all.contains("hunter2") && !all.contains("cdef-secret"), "{all}");
    }
}
