//! Kept tokens that end by themselves: real processes whose clock is moved, and that are killed.
//!
//! The clock stands still while something is asked, so the checker knows the second of each answer.
//! Where a process died before it stored a use, it knows the two seconds between which the end lies.

use std::cell::Cell;
use std::collections::HashMap;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Instant;

use chrono::DateTime;

use super::checker::{Change, History, Id, Row, Span, Validation};
use super::questions::{Dice, Endpoint};
use super::run::id_of;
use crate::support::database::{Database, Engine};
use crate::support::http::{Connection, Request, Response};
use crate::support::on_each_database;
use crate::support::process::{Scimward, ServerProcess};

on_each_database!(kept_tokens_end_to_the_second_whatever_dies);

/// 26 November 2026, noon.
const START: i64 = 1_795_694_400;
const ROUNDS: usize = 6;
/// What happens between two looks at the end, in each round.
const STEPS: usize = 4;
/// Questions until a use is found stored.
const LOOKS: usize = 5_000;

struct World<'a> {
    database: &'a Database,
    scimward: Scimward,
    servers: Vec<ServerProcess>,
    clock: Clock,
    begin: Instant,
    history: History,
    /// The tokens by their ids, and the current one.
    tokens: HashMap<Id, String>,
    current: Id,
    key: String,
    dice: Dice,
    posts: usize,
}

/// The time of all processes.
struct Clock {
    file: PathBuf,
    now: Cell<i64>,
}

impl Clock {
    fn set(&self, now: i64) {
        let text = DateTime::from_timestamp(now, 0).expect("an instant").format("%F %T");
        let new = self.file.with_extension("new");
        fs::write(&new, format!("{text}\n")).expect("the folder is ours");
        fs::rename(new, &self.file).expect("the folder is ours");
        self.now.set(now);
    }
}

/// The library that shows the time of a file to a process.
fn faketime() -> PathBuf {
    let folders = fs::read_dir("/usr/lib").expect("libraries").map(|entry| entry.unwrap().path());
    let mut found = folders.map(|folder| folder.join("faketime/libfaketimeMT.so.1"));
    found.find(|library| library.exists()).expect("libfaketime, of Debian's package of this name")
}

impl<'a> World<'a> {
    fn begin(database: &'a Database) -> Self {
        let clock = Clock { file: database.folder().join("clock"), now: Cell::new(START) };
        clock.set(START);
        let scimward = Scimward::on(database)
            .with("TZ", "UTC")
            .with("LD_PRELOAD", faketime().to_str().expect("a path"))
            .with("FAKETIME_TIMESTAMP_FILE", clock.file.to_str().expect("a path"))
            .with("FAKETIME_NO_CACHE", "1")
            .with("FAKETIME_DONT_FAKE_MONOTONIC", "1")
            .with("SCIMWARD_TRUSTED_PROXIES", "127.0.0.1")
            .with("SCIMWARD_INTROSPECTION_CLIENTS", "app:0123456789abcdef0123456789abcdef");
        let key = ["key", "add", "--name", "Run", "--scope", "replace", "--months", "12"];
        let key = printed(&scimward, &key);
        let instances = if database.engine() == Engine::Postgres { 2 } else { 1 };
        let servers = (0..instances).map(|_| scimward.serve()).collect();
        let mut world = Self {
            database,
            servers,
            clock,
            begin: Instant::now(),
            history: History::default(),
            tokens: HashMap::new(),
            current: Id::new(),
            key,
            dice: Dice::new(3),
            posts: 0,
            scimward,
        };
        let (first, span) = world.timed(|world| printed(&world.scimward, &["token", "generate"]));
        world.current = id_of(&first);
        let id = world.current.clone();
        world.tokens.insert(id.clone(), first);
        let change = Change::Generated { id, replaced: None, old: None, kept: None };
        world.history.changes.push((change, span));
        world
    }

    fn timed<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> (T, Span) {
        let begin = self.begin.elapsed();
        let result = work(self);
        (result, Span { begin, end: self.begin.elapsed(), at: self.clock.now.get() })
    }

    fn addresses(&self) -> Vec<SocketAddr> {
        self.servers.iter().map(|server| server.address).collect()
    }

    /// Presents tokens to every instance, all at the same time.
    fn present(&mut self, ids: &[&Id]) {
        let (begin, at) = (self.begin, self.clock.now.get());
        let mut questions = Vec::new();
        for address in self.addresses() {
            for id in ids {
                let endpoint = Endpoint::ALL[self.dice.below(4)];
                let question = endpoint.question(&self.tokens[*id], &mut self.dice);
                questions.push((address, (*id).clone(), endpoint, question));
            }
        }
        let answered = std::thread::scope(|scope| {
            let asking = questions.into_iter().map(|(address, id, endpoint, question)| {
                scope.spawn(move || {
                    let from = begin.elapsed();
                    let answer = Connection::open(address).and_then(|mut to| to.send(question));
                    let answer = answer.expect("the server answers");
                    let accepted = endpoint.decision(&answer).expect("the database answers");
                    let span = Span { begin: from, end: begin.elapsed(), at };
                    Validation { id, accepted, span }
                })
            });
            let asking: Vec<_> = asking.collect();
            asking.into_iter().map(|asked| asked.join().expect("asked")).collect::<Vec<_>>()
        });
        self.history.validations.extend(answered);
    }

    /// Notes what is stored of all tokens.
    fn look(&mut self) {
        let ask = "SELECT id || ' ' || COALESCE(first_used_at, 0) || ' ' || COALESCE(last_used_at, 0) \
                   FROM tokens";
        let (rows, span) = self.timed(|world| world.database.ask(ask));
        let rows = rows.iter().map(|row| {
            let mut words = row.split(' ');
            let id = words.next().expect("an id").to_owned();
            let mut time = || words.next().expect("a time").parse().ok().filter(|at| *at > 0);
            Row { id, first_used: time(), last_used: time(), span }
        });
        self.history.rows.extend(rows);
    }

    /// Waits until a use of this instant is stored.
    fn find_stored(&mut self, id: &Id) {
        let now = self.clock.now.get();
        let found = (0..LOOKS).any(|_| {
            self.look();
            let last = self.history.rows.iter().rfind(|row| row.id == *id);
            last.is_some_and(|row| row.last_used == Some(now))
        });
        assert!(found, "the use of {id} is not stored");
    }

    fn advance(&mut self, to: i64) {
        let now = self.clock.now.get();
        assert!(to >= now, "{to} {now}");
        self.clock.set(to);
    }

    /// Kills an instance, or stops it cleanly, and starts it again.
    fn restart(&mut self, is_killed: bool) {
        let which = self.dice.below(self.servers.len());
        let server = self.servers.swap_remove(which);
        if is_killed {
            drop(server);
        } else {
            let ended = server.stop();
            assert_eq!(ended.code, 0, "{}", ended.stderr);
            self.look();
        }
        let started = self.scimward.serve();
        self.servers.push(started);
    }
}

fn printed(scimward: &Scimward, arguments: &[&str]) -> String {
    let output = scimward.spawn(arguments).wait_with_output().expect("the command ends");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8").trim_end().to_owned()
}

impl World<'_> {
    /// Three programs replace the token at the same time, and keep the one that is in use.
    fn replace(&mut self) -> (Id, Id) {
        let kept = self.current.clone();
        self.posts += 1;
        let (begin, at, posts, key) = (self.begin, self.clock.now.get(), self.posts, &self.key);
        let addresses = self.addresses();
        let answers: Vec<(Response, Span)> = std::thread::scope(|scope| {
            // Two of them are the same request.
            let asking = ["same", "same", "other"].into_iter().enumerate().map(|(number, name)| {
                let address = addresses[number % addresses.len()];
                let request = Request::new("POST", "/v1/admin/token")
                    .header("Authorization", &format!("Bearer {key}"))
                    .header("Idempotency-Key", &format!("{name}-{posts}"))
                    .body("application/json", r#"{"months": 6, "keep_current": true}"#);
                scope.spawn(move || {
                    let from = begin.elapsed();
                    let answer = request.send(address);
                    (answer, Span { begin: from, end: begin.elapsed(), at })
                })
            });
            let asking: Vec<_> = asking.collect();
            asking.into_iter().map(|asked| asked.join().expect("asked")).collect()
        });
        let mut created = 0;
        for (answer, span) in answers {
            if answer.status == 409 {
                continue;
            }
            let json = answer.expect(201).json();
            let name = |field: &str| json[field].as_str().map(str::to_owned);
            let (id, token) = (name("token_id").unwrap(), name("token").unwrap());
            let (replaced, old, kept) = (name("replaced"), name("old_revoked"), name("kept"));
            self.tokens.insert(id.clone(), token);
            self.history.changes.push((Change::Generated { id, replaced, old, kept }, span));
            created += 1;
        }
        assert_eq!(created, 2, "one for each Idempotency-Key");
        let newest = self.database.ask("SELECT id FROM tokens ORDER BY position DESC LIMIT 1");
        self.current.clone_from(&newest[0]);
        (kept, self.current.clone())
    }

    /// A token is kept and ends. In every third round nobody enters the new one.
    fn round(&mut self, number: usize) {
        let is_entered = number % 3 != 2;
        let current = self.current.clone();
        self.present(&[&current]);
        self.find_stored(&current);
        let (old, new) = self.replace();
        for step in 0..STEPS {
            let minutes = [1, 7, 29, 47][self.dice.below(4)];
            let ends = self.ends(&old);
            let last = ends.0 - 1;
            let later = (self.clock.now.get() + 60 * minutes).min(last);
            // Shortly before its end, a use is stored at once.
            self.advance(if step % 2 == 1 { last } else { later });
            let both: &[&Id] = if is_entered { &[&old, &new] } else { &[&old] };
            self.present(both);
            match self.dice.below(4) {
                0 => self.restart(true),
                1 => self.restart(false),
                _ if step % 2 == 1 && is_entered => self.find_stored(&old),
                _ => self.look(),
            }
        }
        self.restart(false);
        let (earliest, latest) = self.ends(&old);
        self.advance(earliest - 1);
        self.present(&[&old]);
        if is_entered {
            self.find_stored(&old);
        }
        let (_, latest) = if is_entered { self.ends(&old) } else { (earliest, latest) };
        self.advance(latest);
        self.present(&[&old, &new]);
        self.restart(true);
        self.present(&[&old, &new]);
    }

    /// The earliest and the latest end by what is known now.
    fn ends(&self, old: &Id) -> (i64, i64) {
        let (begin, next) = (self.begin.elapsed(), self.clock.now.get() + 1);
        let next = Span { begin, end: begin, at: next };
        let ends = self.history.ends(old, next).expect("it is kept");
        (ends.earliest, ends.latest)
    }
}

fn kept_tokens_end_to_the_second_whatever_dies(database: &Database) {
    let mut world = World::begin(database);
    for number in 0..ROUNDS {
        world.round(number);
    }

    let proof = world.history.check().unwrap_or_else(|violations| {
        panic!("{} answers are impossible, such as {:#?}", violations.len(), violations[0])
    });

    assert!(proof.last_seconds >= ROUNDS, "{proof:?}");
    assert!(proof.ended[0] >= ROUNDS / 3 && proof.ended[1] >= ROUNDS / 3, "{proof:?}");
    for server in world.servers {
        assert_eq!(server.stop().code, 0);
    }
}
