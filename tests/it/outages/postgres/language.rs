//! A PostgreSQL server that speaks another language than English.

use std::process::Command;

use diesel::prelude::*;
use scimward::store::{Store, StoreError};

use super::*;
use crate::support::cluster::Cluster;

/// A server that speaks German, and a scimward that uses it.
fn german() -> (Cluster, Scimward) {
    let cluster = Cluster::prepared(|data| {
        // Where the server looks for languages.
        let folder = data.with_file_name("de_DE.UTF-8");
        let mut localedef = Command::new("localedef");
        let made = localedef.args(["-i", "de_DE", "-f", "UTF-8"]).arg(folder).status();
        assert!(made.expect("localedef").success(), "is the package locales installed?");
        "-c lc_messages=de_DE.UTF-8"
    });
    let scimward = Scimward::at(&cluster.url(), cluster.folder());
    (cluster, scimward)
}

#[test]
fn failures_are_told_apart_in_any_language() {
    let (cluster, scimward) = german();
    generate(&scimward);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let store = Store::new(cluster.url().parse().unwrap(), Duration::from_secs(1)).unwrap();
    let fail = |sql: &'static str| {
        let run = move |conn: &mut _| Ok(diesel::sql_query(sql).execute(conn)?);
        runtime.block_on(store.read(run)).unwrap_err()
    };
    let kind = |error: &StoreError| match error {
        StoreError::Unavailable(_) => "unavailable",
        StoreError::Conflict(_) => "conflict",
        StoreError::Incomplete(_) => "incomplete",
        StoreError::OutcomeUnknown(_) | StoreError::Corrupt(_) => "other",
    };
    for (sql, expected, words) in [
        ("SELECT 1 FROM nothing", "incomplete", "Relation »nothing« existiert nicht"),
        ("SELECT nothing FROM tokens", "incomplete", "Spalte »nothing« existiert nicht"),
        ("INSERT INTO tokens (nothing) VALUES (1)", "incomplete", "existiert nicht"),
        ("SELECT pg_sleep(5)", "unavailable", "Zeitüberschreitung"),
        ("INSERT INTO settings VALUES ('a', ''), ('a', '')", "conflict", "Schlüsselwert"),
        (
            "DO $$ BEGIN RAISE EXCEPTION 'relation \"a\" does not exist'; END $$",
            "unavailable",
            "does not exist",
        ),
    ] {
        let error = fail(sql);

        assert_eq!(kind(&error), expected, "{sql}: {error}");
        assert!(error.to_string().contains(words), "{sql}: {error}");
    }
}

#[test]
fn a_missing_table_is_named_in_the_log_in_any_language() {
    let (cluster, scimward) = german();
    let token = generate(&scimward);
    let server = scimward.serve();
    ask(server.address, VALIDATE, &token).expect(200);

    cluster.ask("postgres", "ALTER TABLE tokens RENAME TO broken");
    assert_undecided(&ask(server.address, VALIDATE, &token));
    cluster.ask("postgres", "ALTER TABLE broken RENAME TO tokens");
    ask(server.address, VALIDATE, &token).expect(200);

    let ended = server.stop();
    assert_discreet(&ended);
    for part in ["a table or column is missing", "Relation »tokens« existiert nicht"] {
        assert!(ended.stderr.contains(part), "{}", ended.stderr);
    }
}
