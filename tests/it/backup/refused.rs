//! Backups that are not made, and files that are not restored.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{done, generate};
use crate::support::database::{Database, Engine};
use crate::support::process::Scimward;

/// Runs SQL on a database in a folder; returns what it finds.
fn sqlite3(folder: &Path, file: &str, sql: &str) -> String {
    // A comment at the beginning would be taken for an option.
    let done =
        Command::new("sqlite3").args([file, &format!(";{sql}")]).current_dir(folder).output();
    let done = done.expect("sqlite3 is installed");
    assert!(done.status.success(), "{sql}");
    String::from_utf8(done.stdout).expect("UTF-8")
}

#[test]
fn a_backup_replaces_no_file_and_leaves_none_behind() {
    let database = Database::fresh(Engine::Sqlite);
    let folder = database.folder();
    let scimward = Scimward::on(&database);
    let missing = scimward.run(&["backup", "backup.db"]);
    assert!(missing.code == 1 && missing.stderr.contains("there is no database"), "{missing:?}");
    generate(&scimward);
    fs::write(folder.join("mine"), "precious").unwrap();
    std::os::unix::fs::symlink("elsewhere", folder.join("link")).unwrap();
    sqlite3(folder, "foreign.db", "CREATE TABLE something (a)");

    for file in ["mine", "link", "scimward.db", "."] {
        let ended = scimward.run(&["backup", file]);
        assert!(ended.code == 1 && ended.stderr.contains("exists already"), "{file}: {ended:?}");
    }
    let nowhere = scimward.run(&["backup", "no/such/folder.db"]);
    assert!(nowhere.code == 1 && nowhere.stderr.contains("cannot be written"), "{nowhere:?}");
    let foreign = Scimward::at("sqlite:foreign.db", folder).run(&["backup", "backup.db"]);
    assert!(
        foreign.code == 1 && foreign.stderr.contains("not a database of scimward"),
        "{foreign:?}"
    );

    assert_eq!(fs::read_to_string(folder.join("mine")).unwrap(), "precious");
    assert!(!folder.join("elsewhere").exists() && !folder.join("backup.db").exists());
}

#[test]
fn nothing_is_restored_while_the_database_is_in_use() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::on(&database);
    let first = generate(&scimward);
    done(scimward.run(&["backup", "backup.db"]));
    let verify = || scimward.run_with_input(&["token", "verify"], &first).code;
    let refused = || {
        let ended = scimward.run(&["restore", "backup.db"]);
        assert!(ended.code == 1 && ended.stderr.contains("in use"), "{ended:?}");
        assert!(ended.stderr.contains("nothing was changed"), "{ended:?}");
        assert_ne!(verify(), 0, "it was restored");
    };
    generate(&scimward);

    let server = scimward.serve();
    refused();
    assert_eq!(server.stop().code, 0);

    let killed = scimward.serve();
    refused();
    killed.signal("KILL");
    killed.wait();

    // What does not know of our lock is in its way all the same.
    let folder = database.folder();
    let locked = folder.join("scimward.db.lock");
    let mut other = Command::new("sqlite3")
        .args(["-batch", "scimward.db"])
        .current_dir(folder)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("sqlite3 is installed");
    let mut input = other.stdin.take().unwrap();
    std::io::Write::write_all(&mut input, b"BEGIN; SELECT count(*) FROM tokens;\n").unwrap();
    let mut answer = [0_u8; 1];
    std::io::Read::read_exact(other.stdout.as_mut().unwrap(), &mut answer).unwrap();
    refused();
    drop(input);
    other.wait().unwrap();

    assert!(locked.exists());
    done(scimward.run(&["restore", "backup.db"]));
    assert_eq!(verify(), 0);
}

#[test]
fn what_is_no_backup_is_not_restored() {
    let database = Database::fresh(Engine::Sqlite);
    let folder = database.folder();
    let scimward = Scimward::on(&database);
    let token = generate(&scimward);
    done(scimward.run(&["backup", "whole.db"]));
    let whole = fs::read(folder.join("whole.db")).unwrap();
    fs::write(folder.join("empty.db"), "").unwrap();
    fs::write(folder.join("text.db"), "-- a dump in SQL\n".repeat(500)).unwrap();
    fs::write(folder.join("cut.db"), &whole[..whole.len() / 2]).unwrap();
    let mut spoilt = whole;
    let index = "SELECT rootpage FROM sqlite_schema WHERE name = 'activity_by_kind'";
    let page: usize = sqlite3(folder, "whole.db", index).trim().parse().unwrap();
    spoilt[(page - 1) * 4096..page * 4096].fill(0xa5);
    fs::write(folder.join("spoilt.db"), spoilt).unwrap();
    sqlite3(folder, "foreign.db", "CREATE TABLE something (a)");
    fs::copy(folder.join("whole.db"), folder.join("newer.db")).unwrap();
    sqlite3(
        folder,
        "newer.db",
        "INSERT INTO __diesel_schema_migrations (version) VALUES ('30000101000000')",
    );

    for (file, cause) in [
        ("missing.db", "No such file"),
        (".", "directory"),
        ("empty.db", "not a database of scimward"),
        ("text.db", "not a database"),
        ("cut.db", "malformed"),
        ("spoilt.db", "damaged"),
        ("foreign.db", "not a database of scimward"),
        ("newer.db", "a newer scimward"),
        ("scimward.db", "the database itself"),
    ] {
        let ended = scimward.run(&["restore", file]);

        assert_eq!((ended.code, &*ended.stdout), (1, ""), "{file}: {ended:?}");
        assert!(ended.stderr.contains("nothing was changed"), "{file}: {ended:?}");
        assert!(ended.stderr.contains(cause), "{file}: {ended:?}");
        assert_eq!(scimward.run_with_input(&["token", "verify"], &token).code, 0, "{file}");
    }
    let left = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = left.filter(|name| name.to_string_lossy().contains("restor")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_backup_of_an_older_version_is_brought_up_to_date() {
    let database = Database::fresh(Engine::Sqlite);
    let folder = database.folder();
    let first = include_str!("../../../migrations/sqlite/2026-11-22-000001_first/up.sql");
    sqlite3(folder, "old.db", first);
    sqlite3(
        folder,
        "old.db",
        "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, run_on \
         TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP); \
         INSERT INTO __diesel_schema_migrations (version) VALUES ('20261122000001')",
    );
    let scimward = Scimward::on(&database);

    let said = done(scimward.run(&["restore", "old.db"]));

    assert!(said.contains("There was no database before."), "{said}");
    generate(&scimward);
    assert_eq!(scimward.serve().stop().code, 0);
}

#[test]
fn a_damaged_database_is_kept_as_it_is() {
    let database = Database::fresh(Engine::Sqlite);
    let folder = database.folder();
    let scimward = Scimward::on(&database);
    let token = generate(&scimward);
    done(scimward.run(&["backup", "backup.db"]));
    let rubbish = "not a database at all, and longer than a header of one is. ".repeat(200);
    fs::write(folder.join("scimward.db"), &rubbish).unwrap();
    fs::write(folder.join("scimward.db-wal"), "the log of a database").unwrap();

    let said = done(scimward.run(&["restore", "backup.db"]));

    let (_, name) = said.split_once("is kept as ").expect("a name");
    let kept = name.lines().next().unwrap().trim_end_matches('.');
    assert_eq!(fs::read_to_string(kept).unwrap(), rubbish);
    assert!(!folder.join("scimward.db-wal").exists(), "it belongs to the other database");
    assert_eq!(scimward.run_with_input(&["token", "verify"], &token).code, 0);
}

#[test]
fn postgres_is_left_to_its_own_tools() {
    let database = Database::fresh(Engine::Postgres);
    let scimward = Scimward::on(&database);
    for command in ["backup", "restore"] {
        let ended = scimward.run(&[command, "backup.db"]);

        assert_eq!((ended.code, &*ended.stdout), (1, ""), "{ended:?}");
        for word in ["pg_dump", "docs/backup.md"] {
            assert!(ended.stderr.contains(word), "{ended:?}");
        }
    }
    assert!(!database.folder().join("backup.db").exists());
}
