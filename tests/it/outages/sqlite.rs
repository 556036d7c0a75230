//! An embedded database that is locked by another process, or overwritten.

use std::fs::Permissions;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc;

use scimward::store::settings;
use scimward::store::{DatabaseUrl, Lock, Store, StoreError, Transaction};

use super::*;
use crate::support::database::{Database, Engine};

/// Another process that holds the write lock of a database.
struct Locker {
    process: Child,
    input: Option<ChildStdin>,
}

impl Locker {
    fn lock(database: &Database) -> Self {
        let begin = "BEGIN EXCLUSIVE;\nSELECT 'locked';\n";
        Self::by("sqlite3", &["-batch", "scimward.db"], begin, database)
    }

    /// A program that says when it holds the lock, and goes on until its input ends.
    fn by(program: &str, arguments: &[&str], input_text: &str, database: &Database) -> Self {
        let mut process = Command::new(program)
            .args(arguments)
            .current_dir(database.folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{program}: {error}"));
        let mut input = process.stdin.take().expect("a pipe");
        input.write_all(input_text.as_bytes()).unwrap();
        let mut answer = String::new();
        let output = process.stdout.take().expect("a pipe");
        BufReader::new(output).read_line(&mut answer).unwrap();
        assert_eq!(answer.trim_end(), "locked");
        Self { process, input: Some(input) }
    }
}

impl Drop for Locker {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.process.wait();
    }
}

#[test]
fn behind_a_lock_sqlite_is_read_and_a_generation_waits() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::on(&database);
    let old = generate(&scimward);
    let server = scimward.serve();
    let browser = sign_in(&scimward, server.address);
    // The page is to know that the token is in use.
    ask(server.address, VALIDATE, &old).expect(200);
    let form = generation(&browser).header("Accept", "application/json");
    let form = form.header("Cookie", &browser.cookie_header());

    let lock = Locker::lock(&database);
    let (done, generated) = mpsc::channel();
    let address = server.address;
    let waiting = std::thread::spawn(move || done.send(form.send(address)).unwrap());
    for path in [VALIDATE, "/scim/v2/Users", "/forward-auth"].repeat(20) {
        ask(server.address, path, &old).expect(200);
    }
    browser.get(HOME).expect(200);
    Request::new("GET", "/readyz").send(server.address).expect(200);
    assert!(generated.try_recv().is_err(), "nothing is generated before the lock is gone");
    drop(lock);

    let answer = generated.recv().expect("an answer").expect(201);
    waiting.join().unwrap();
    let new = answer.json()["token"].as_str().expect("a token").to_owned();
    ask(server.address, VALIDATE, &new).expect(200);
    ask(server.address, VALIDATE, &old).expect(401);
    assert_eq!(server.stop().code, 0);
}

/// Another process that holds the locks of readers, as one does that recovers the log.
const KEEP_READERS_OUT: &str = "use Fcntl; open(F, '+<', 'scimward.db-shm') or die;
    my $all = pack('s s x4 q q i', F_WRLCK, 0, 120, 8, 0);
    fcntl(F, F_SETLKW, $all) or die; $| = 1; print qq(locked\\n); <STDIN>;";

#[test]
fn a_process_that_keeps_readers_out_of_sqlite_stops_nothing_else() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::on(&database);
    let token = generate(&scimward);
    let server = scimward.serve();
    // Every thread has read once.
    for _ in 0..50 {
        ask(server.address, VALIDATE, &token).expect(200);
    }

    let lock = Locker::by("perl", &["-e", KEEP_READERS_OUT], "", &database);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                assert_undecided(&ask(server.address, VALIDATE, &token));
                ask(server.address, "/healthz", &token).expect(200);
            });
        }
    });
    Request::new("GET", "/readyz").send(server.address).expect(503);
    drop(lock);

    let started = Instant::now();
    while ask(server.address, VALIDATE, &token).status != 200 {
        assert!(started.elapsed() < Duration::from_secs(20), "it does not come back");
    }
    assert_eq!(server.stop().code, 0);
}

#[test]
fn a_change_of_sqlite_that_waits_too_long_says_that_nothing_was_changed() {
    let database = Database::fresh(Engine::Sqlite);
    generate(&Scimward::on(&database));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let url: DatabaseUrl = database.url().parse().unwrap();
    let store = Store::new(url, Duration::from_millis(50)).unwrap();
    let change = || {
        let change = |conn: &mut Transaction| settings::get_or_insert(conn, "a key", "a value");
        runtime.block_on(store.write::<_, StoreError, _>(Lock::Tokens, change))
    };

    let lock = Locker::lock(&database);
    let failed = change().unwrap_err();
    drop(lock);

    let StoreError::Unavailable(cause) = &failed else { panic!("{failed:?}") };
    assert!(cause.contains("locked"), "{cause}");
    change().expect("it works again");
}

#[test]
fn a_sqlite_file_that_cannot_be_written_is_said_at_once() {
    let database = Database::fresh(Engine::Sqlite);
    let made = Command::new("sqlite3")
        .args(["scimward.db", "CREATE TABLE something (a)"])
        .current_dir(database.folder())
        .status()
        .expect("sqlite3 is installed");
    assert!(made.success());
    let file = database.folder().join("scimward.db");
    std::fs::set_permissions(&file, Permissions::from_mode(0o400)).unwrap();
    // To root the mode means nothing, unless it has no capabilities.
    let without = "setpriv --bounding-set=-all \"$0\" \"$@\"";
    let line = format!("test $(id -u) -ne 0 || exec {without}; exec \"$0\" \"$@\"");
    let scimward = Scimward::on(&database).through_shell(&line);

    let started = Instant::now();
    let ended = scimward.run(&["token", "show"]);

    // Another instance that makes the file would be waited for half a minute.
    assert!(started.elapsed() < Duration::from_secs(15), "{:?}", started.elapsed());
    assert_eq!(ended.code, 1, "{ended:?}");
    for part in ["readonly", "SCIMWARD_DATABASE_URL", "who may write there"] {
        assert!(ended.stderr.contains(part), "{}", ended.stderr);
    }
}

#[test]
fn rubbish_in_place_of_sqlite_is_said_and_stops_nothing() {
    let database = Database::fresh(Engine::Sqlite);
    let scimward = Scimward::on(&database);
    let token = generate(&scimward);
    let server = scimward.serve();
    let browser = sign_in(&scimward, server.address);
    let form = generation(&browser).header("Accept", "application/json");
    ask(server.address, VALIDATE, &token).expect(200);
    let file = |name: &str| database.folder().join(name);
    for name in ["scimward.db", "scimward.db-wal"] {
        let length = std::fs::metadata(file(name)).unwrap().len();
        let rubbish = b"rubbish ".repeat(usize::try_from(length / 8).unwrap());
        std::fs::write(file(name), rubbish).unwrap();
    }

    for _ in 0..40 {
        let status = ask(server.address, VALIDATE, &token).status;
        // What a connection has read before it may still hold.
        assert!(matches!(status, 200 | 503), "{status}");
    }
    for path in [HOME, "/admin/activity", "/admin/server-admins", "/login"] {
        let answer = browser.get(path);
        assert!(matches!(answer.status, 200 | 303 | 500 | 503), "{path}: {answer:?}");
    }
    browser.send(form).expect(503);
    Request::new("GET", "/healthz").send(server.address).expect(200);
    let ended = scimward.run(&["token", "show"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    for part in ["file is not a database", "SCIMWARD_DATABASE_URL"] {
        assert!(ended.stderr.contains(part), "{}", ended.stderr);
    }

    let stopped = server.stop();
    assert!(!stopped.stderr.contains("panicked"), "{}", stopped.stderr);
    assert_eq!(stopped.code, 0);
}
