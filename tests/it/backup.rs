//! Copying the embedded database while the server runs, and restoring the copy.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::actors::ScimClient;
use crate::support::database::{Database, Engine};
use crate::support::process::Scimward;

/// Runs the command of the manual.
fn back_up(folder: &Path, copy: &str) {
    let done = Command::new("sqlite3")
        .args(["scimward.db", &format!("VACUUM INTO '{copy}'")])
        .current_dir(folder)
        .status()
        .expect("sqlite3 is installed");
    assert!(done.success());
}

#[test]
fn a_copy_of_the_running_database_is_whole_and_can_be_restored() {
    let database = Database::fresh(Engine::Sqlite);
    let folder = database.folder();
    let scimward = Scimward::on(&database);
    let server = scimward.serve();
    let generate = || scimward.run(&["token", "generate"]).stdout.trim_end().to_owned();
    let kept = generate();
    assert!(ScimClient::new(server.address, &kept).is_accepted());

    back_up(folder, "backup.db");
    let later = generate();
    assert!(ScimClient::new(server.address, &later).is_accepted());
    assert_eq!(server.stop().code, 0);
    for file in ["scimward.db-wal", "scimward.db-shm"] {
        let _ = std::fs::remove_file(folder.join(file));
    }
    std::fs::copy(folder.join("backup.db"), folder.join("scimward.db")).unwrap();
    let server = scimward.serve();

    assert!(ScimClient::new(server.address, &kept).is_accepted());
    assert!(!ScimClient::new(server.address, &later).is_accepted());
    assert_eq!(server.stop().code, 0);
}

#[test]
fn copies_made_while_tokens_are_generated_hold_one_valid_token_each() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::on(&database);
    scimward.run(&["token", "generate"]);
    let server = scimward.serve();
    let copied = AtomicBool::new(false);

    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !copied.load(Ordering::SeqCst) {
                assert_eq!(scimward.run(&["token", "generate"]).code, 0);
            }
        });
        for number in 0..5 {
            back_up(database.folder(), &format!("copy{number}.db"));
        }
        copied.store(true, Ordering::SeqCst);
    });

    assert_eq!(server.stop().code, 0);
    for number in 0..5 {
        let copy = format!("sqlite:{}/copy{number}.db", database.folder().display());
        let shown = scimward.clone().with("SCIMWARD_DATABASE_URL", &copy);
        let shown = shown.run(&["token", "show"]);
        assert!(shown.code == 0 && shown.stdout.contains("active"), "{shown:?}");
    }
}
