//! The demo: it shows months of data at once and touches nothing that is configured.

use std::fs;
use std::path::Path;

use scimward::demo::{ADA, PASSWORD};

use crate::support::actors::{ScimClient, Visitor};
use crate::support::database::{Database, Engine};
use crate::support::on_each_database;
use crate::support::process::Scimward;

on_each_database!(the_demo_shows_everything_and_touches_nothing);

/// A machine on which everything that the demo must not read is set, and wrong.
fn configured(database: &Database) -> Scimward {
    let folder = database.folder();
    fs::write(folder.join("scimward.toml"), "no_such_setting = true").unwrap();
    fs::create_dir(folder.join("tmp")).unwrap();
    let scimward = Scimward::on(database).with("TMPDIR", folder.join("tmp").to_str().unwrap());
    scimward.with("SCIMWARD_LISTEN", "192.0.2.1:1").with("SCIMWARD_NO_SUCH_SETTING", "x")
}

fn names_in(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn the_demo_shows_everything_and_touches_nothing(database: &Database) {
    let (demo, said) = configured(database).demo();

    assert!(said.contains(ADA.email) && said.contains(PASSWORD), "{said}");
    let token = said.split("Bearer ").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    assert!(ScimClient::new(demo.address, token).is_accepted());
    let visitor = Visitor::new(demo.address);
    let login = [("email", ADA.email), ("password", PASSWORD)];
    visitor.submit("/login", "/login", &login).expect(303);
    let page = visitor.get("/admin/authentication").expect(200);
    for shown in ["The SCIM token expires in 12 days", "Expires soon", &token[6..14]] {
        assert!(page.text().contains(shown), "{shown}: {}", page.text());
    }
    let people = visitor.get("/admin/server-admins").expect(200);
    for name in ["Ada Lovelace", "Grace Hopper", "Katherine Johnson"] {
        assert!(people.text().contains(name), "{name}");
    }
    let mails = visitor.get("/admin/notifications").expect(200);
    assert!(mails.text().contains("550 5.1.1 No such user here"), "{}", mails.text());
    let keys = visitor.get("/admin/api-keys").expect(200);
    for shown in ["Terraform", "Grafana", "Weekly report", "Revoked", "Expires soon"] {
        assert!(keys.text().contains(shown), "{shown}: {}", keys.text());
    }
    let activity = visitor.get("/admin/activity/export.csv").expect(200);
    for kind in ["token_expired", "requests_refused", "login_failed", "mail_sent", "mail_failed"] {
        assert!(activity.text().contains(kind), "{kind}: {}", activity.text());
    }

    let folder = database.folder();
    assert_eq!(names_in(folder), ["scimward.toml", "tmp"]);
    if database.engine() == Engine::Postgres {
        let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
        assert_eq!(database.ask(tables), ["0"]);
    }
    demo.signal("INT");
    let ended = demo.wait();
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(!ended.stderr.contains(&token[14..]), "{ended:?}");
    assert_eq!(names_in(folder), ["scimward.toml", "tmp"]);
    assert_eq!(names_in(&folder.join("tmp")), Vec::<String>::new());
}

#[test]
fn a_demo_that_is_ended_before_it_is_ready_leaves_nothing() {
    let database = Database::fresh(Engine::Sqlite);
    let tmp = database.folder().join("tmp");
    let child = configured(&database).spawn(&["demo", "--listen", "127.0.0.1:0"]);
    while names_in(&tmp).is_empty() {
        std::thread::yield_now();
    }

    let pid = child.id().to_string();
    assert!(
        std::process::Command::new("kill").args(["-s", "INT", &pid]).status().unwrap().success()
    );

    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{ended:?}");
    assert!(ended.stdout.is_empty(), "{ended:?}");
    assert_eq!(names_in(&tmp), Vec::<String>::new());
}

#[test]
fn the_demo_takes_no_address_of_a_network_and_no_configuration() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = configured(&database);
    for arguments in [
        ["--listen", "0.0.0.0:0"],
        ["--listen", "192.0.2.1:8080"],
        ["--listen", "8080"],
        ["--config", "scimward.toml"],
        ["--database-url", "sqlite:real.db"],
        ["--public-url", "https://scim.example.com"],
        ["--log", "trace"],
    ] {
        let ended = scimward.run(&[&["demo"], arguments.as_slice()].concat());

        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{arguments:?}: {ended:?}");
        assert!(ended.stderr.contains("--listen"), "{arguments:?}: {ended:?}");
    }
}
