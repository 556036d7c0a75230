//! Two instances under load: clients that validate and change the token at the same time, and the
//! record of what they were answered.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex};
use std::thread::{Scope, ScopedJoinHandle};
use std::time::Instant;

use super::changes::Writer;
use super::checker::{Change, History, Id, Span, Validation};
use super::questions::{Dice, Endpoint};
use crate::support::http::Connection;
use crate::support::process::{Scimward, ServerProcess};

/// Clients of each instance that only validate.
const VALIDATORS: u64 = 4;

/// Two instances on one database.
pub(super) struct Instances {
    pub(super) scimward: Scimward,
    servers: [ServerProcess; 2],
}

impl Instances {
    /// Starts both on the database that `scimward` names.
    pub(super) fn start(scimward: Scimward) -> Self {
        let scimward = scimward
            .with("SCIMWARD_TRUSTED_PROXIES", "127.0.0.1")
            .with("SCIMWARD_INTROSPECTION_CLIENTS", "app:0123456789abcdef0123456789abcdef");
        let serve = || {
            stand_back();
            scimward.serve()
        };
        let servers = std::thread::scope(|scope| {
            [(); 2].map(|()| scope.spawn(serve).join().expect("the server starts"))
        });
        Self { scimward, servers }
    }

    /// Where they listen.
    pub(super) fn addresses(&self) -> [SocketAddr; 2] {
        self.servers.each_ref().map(|server| server.address)
    }

    /// Stops both cleanly.
    pub(super) fn stop(self) {
        for server in self.servers {
            let ended = server.stop();
            assert_eq!(ended.code, 0, "{}", ended.stderr);
        }
    }
}

/// A run that is being recorded.
pub(super) struct Run<'a> {
    pub(super) instances: &'a Instances,
    begin: Instant,
    record: Mutex<Record>,
    recorded: Condvar,
    is_over: AtomicBool,
}

#[derive(Default)]
struct Record {
    history: History,
    /// In the order of their acknowledgement.
    tokens: Vec<String>,
    /// Questions about which nothing could be decided.
    undecided: usize,
}

/// What a run left.
pub(super) struct Recorded {
    pub(super) history: History,
    pub(super) undecided: usize,
}

impl<'a> Run<'a> {
    /// Lets clients work until every writer is done, and `meanwhile` with them.
    pub(super) fn record(
        instances: &'a Instances,
        writers: Vec<Writer>,
        meanwhile: impl FnOnce(&Self) + Send,
    ) -> Recorded {
        let run = Self {
            instances,
            begin: Instant::now(),
            record: Mutex::default(),
            recorded: Condvar::new(),
            is_over: AtomicBool::new(false),
        };
        std::thread::scope(|scope| {
            for client in 0..2 * VALIDATORS {
                let run = &run;
                scope.spawn(move || run.validate(client));
            }
            let mut working: Vec<_> =
                writers.into_iter().map(|writer| run.work(scope, |run| writer.work(run))).collect();
            working.push(run.work(scope, meanwhile));
            let ended: Vec<_> = working.into_iter().map(ScopedJoinHandle::join).collect();
            run.end();
            for result in ended {
                result.expect("the client does its work");
            }
        });
        let Record { history, undecided, .. } = run.record.into_inner().unwrap();
        Recorded { history, undecided }
    }

    /// A failure of one client ends the run for all.
    fn work<'scope, 'run: 'scope>(
        &'run self,
        scope: &'scope Scope<'scope, 'run>,
        work: impl FnOnce(&Self) + Send + 'scope,
    ) -> ScopedJoinHandle<'scope, ()> {
        scope.spawn(move || {
            stand_back();
            let _end = EndOnPanic(self);
            work(self);
        })
    }

    fn end(&self) {
        self.is_over.store(true, Ordering::SeqCst);
        self.recorded.notify_all();
    }

    /// Whether the clients stop.
    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }

    /// Does something and says when.
    pub(super) fn timed<T>(&self, work: impl FnOnce() -> T) -> (T, Span) {
        let begin = self.begin.elapsed();
        let result = work();
        (result, Span { begin, end: self.begin.elapsed(), at: 0 })
    }

    /// Notes a change and, if it made one, the token.
    pub(super) fn note(&self, change: Change, span: Span, token: Option<&str>) {
        let mut record = self.record.lock().unwrap();
        record.history.changes.push((change, span));
        record.tokens.extend(token.map(str::to_owned));
        self.recorded.notify_all();
    }

    /// Waits until so many tokens were generated.
    pub(super) fn wait_for_tokens(&self, count: usize) {
        let record = self.record.lock().unwrap();
        let is_early = |record: &mut Record| record.tokens.len() < count && !self.is_over();
        drop(self.recorded.wait_while(record, is_early).unwrap());
    }

    /// The token with this id, if its answer has arrived.
    pub(super) fn token(&self, id: &Id) -> Option<String> {
        let record = self.record.lock().unwrap();
        record.tokens.iter().find(|token| id_of(token) == *id).cloned()
    }

    /// Presents a token to each instance over each endpoint, on new connections.
    pub(super) fn present_everywhere(&self, token: &str, dice: &mut Dice) {
        for address in self.instances.addresses() {
            let mut connection = Connection::open(address).ok();
            for endpoint in Endpoint::ALL {
                self.ask(&mut connection, address, endpoint, token, dice);
            }
        }
    }

    /// Presents tokens until the run is over.
    fn validate(&self, client: u64) {
        stand_back();
        let mut dice = Dice::new(client);
        let address = self.instances.addresses()[usize::from(client >= VALIDATORS)];
        let mut connection = None;
        self.wait_for_tokens(1);
        while !self.is_over() {
            let endpoint = Endpoint::ALL[dice.below(4)];
            let token = dice.token(&self.record.lock().unwrap().tokens);
            self.ask(&mut connection, address, endpoint, &token, &mut dice);
        }
    }

    /// Presents a token once and notes the answer.
    fn ask(
        &self,
        connection: &mut Option<Connection>,
        address: SocketAddr,
        endpoint: Endpoint,
        token: &str,
        dice: &mut Dice,
    ) {
        let question = endpoint.question(token, dice);
        let (answer, span) = self.timed(|| {
            if connection.is_none() {
                *connection = Some(Connection::open(address)?);
            }
            connection.as_mut().expect("it was opened").send(question)
        });
        let mut record = self.record.lock().unwrap();
        let decision = answer.as_ref().ok().and_then(|answer| endpoint.decision(answer));
        match decision {
            Some(accepted) => {
                let validation = Validation { id: id_of(token), accepted, span };
                record.history.validations.push(validation);
            }
            None => record.undecided += 1,
        }
        if answer.is_err() {
            *connection = None;
        }
    }
}

/// The load leaves the processors to other tests: on Linux this concerns the thread and whatever it
/// starts.
fn stand_back() {
    let _ = rustix::process::nice(19);
}

struct EndOnPanic<'a, 'b>(&'a Run<'b>);

impl Drop for EndOnPanic<'_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.end();
        }
    }
}

/// The public part of a token.
pub(super) fn id_of(token: &str) -> Id {
    token[6..14].to_owned()
}
