//! Starting at once on nothing, and on a database that a newer version has changed.

use std::process::Command;

use super::*;
use crate::support::database::{Database, Engine};
use crate::support::on_each_database;
use crate::support::process::ServerProcess;

on_each_database!(
    servers_that_start_at_once_on_nothing_all_serve,
    the_schema_of_a_newer_version_is_refused,
);

fn servers_that_start_at_once_on_nothing_all_serve(database: &Database) {
    let scimward = Scimward::on(database);
    match database.engine() {
        Engine::Sqlite => assert!(!database.folder().join("scimward.db").exists()),
        Engine::Postgres => execute(
            database,
            "DO $$ BEGIN ASSERT NOT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public'); \
             END $$",
        ),
    }

    let servers: Vec<ServerProcess> = std::thread::scope(|scope| {
        let starting: Vec<_> = (0..8).map(|_| scope.spawn(|| scimward.serve())).collect();
        starting.into_iter().map(|thread| thread.join().expect("it serves")).collect()
    });

    let token = generate(&scimward);
    for server in &servers {
        ask(server.address, VALIDATE, &token).expect(200);
    }
    // They agree about what the first one has made.
    let browser = sign_in(&scimward, servers[0].address);
    let cookie = browser.cookie_header();
    for server in &servers {
        let page = Request::new("GET", HOME).header("Cookie", &cookie).send(server.address);
        page.expect(200);
    }
    for server in servers {
        assert_eq!(server.stop().code, 0);
    }
}

fn the_schema_of_a_newer_version_is_refused(database: &Database) {
    let scimward = Scimward::on(database).with("SCIMWARD_LISTEN", "127.0.0.1:0");
    let token = generate(&scimward);
    execute(database, "INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')");

    for arguments in [&["serve"][..], &["token", "show"], &["token", "generate"]] {
        let ended = scimward.run(arguments);

        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{arguments:?}: {ended:?}");
        for part in ["newer scimward", "migration 99990101000000", "run that version", "backup"] {
            assert!(ended.stderr.contains(part), "{arguments:?}: {}", ended.stderr);
        }
    }
    execute(database, "DELETE FROM __diesel_schema_migrations WHERE version = '99990101000000'");
    assert_eq!(newest(&scimward), token[6..14], "nothing was changed");
}

/// Runs a statement beside scimward.
fn execute(database: &Database, statement: &str) {
    if database.engine() == Engine::Postgres {
        drop(database.hold(statement));
        return;
    }
    let done = Command::new("sqlite3")
        .args(["scimward.db", statement])
        .current_dir(database.folder())
        .status()
        .expect("sqlite3 is installed");
    assert!(done.success());
}

#[test]
fn postgres_in_which_not_every_name_can_be_written_is_refused() {
    for encoding in ["LATIN1", "EUC_JP", "SQL_ASCII"] {
        let database = Database::encoded(encoding);
        let scimward = Scimward::on(&database).with("SCIMWARD_LISTEN", "127.0.0.1:0");
        for arguments in [&["serve"][..], &["token", "generate"]] {
            let ended = scimward.run(arguments);

            assert_eq!((ended.code, ended.stdout.as_str()), (1, ""), "{encoding}: {ended:?}");
            for part in [encoding, "createdb --encoding=UTF8"] {
                assert!(ended.stderr.contains(part), "{encoding}: {}", ended.stderr);
            }
        }
        let tables = database.ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'");
        assert_eq!(tables, ["0"], "{encoding}: something was made");
    }
}
