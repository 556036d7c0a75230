//! Who may read what scimward writes.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::{add_admin, done, generate};
use crate::support::database::{Database, Engine};
use crate::support::process::Scimward;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// All files and folders below a folder.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(below(&path));
        }
        found.push(path);
    }
    found
}

#[test]
fn only_the_owner_may_read_what_is_written_whatever_the_umask() {
    for umask in ["000", "022", "077", "777"] {
        let database = Database::fresh(Engine::Sqlite);
        let scimward = Scimward::bare(database.folder())
            .through_shell(&format!("umask {umask}; exec \"$0\" \"$@\""));
        let server = scimward.serve();
        add_admin(&scimward);
        generate(&scimward);
        done(scimward.run(&["mail", "test", "a@example.com"]));
        done(scimward.run(&["backup", "data/backup.db"]));

        let paths = below(database.folder());
        let names: Vec<_> = paths.iter().map(|path| path.file_name().unwrap().to_owned()).collect();
        for name in ["scimward.db", "scimward.db-wal", "scimward.db-shm", "scimward.db.lock"] {
            assert!(names.iter().any(|found| found == name), "{name}: {names:?}");
        }
        assert!(names.iter().any(|name| name.to_string_lossy().ends_with(".eml")), "{names:?}");
        assert_eq!(server.stop().code, 0);
        done(scimward.run(&["restore", "data/backup.db"]));
        for path in below(database.folder()) {
            let expected = if path.is_dir() { 0o700 } else { 0o600 };
            assert_eq!(mode(&path), expected, "umask {umask}: {}", path.display());
        }
    }
}

#[test]
fn a_database_that_others_may_read_is_closed_to_them() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::on(&database);
    generate(&scimward);
    let file = database.folder().join("scimward.db");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();

    done(scimward.run(&["token", "show"]));

    assert_eq!(mode(&file), 0o600);
}
