//! The real application on a port of its own, with time and randomness in the test's hands.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use chrono::TimeDelta;
use scimward::clock::Clock;
use scimward::config::{self, Flags};
use scimward::domain::activity::Recorded;
use scimward::domain::admin::ServerAdmin;
use scimward::domain::admin::actor::Author;
use scimward::domain::admin::person::EmailAddress;
use scimward::domain::token::lifespan::Lifespan;
use scimward::hasher::HashCost;
use scimward::server::Server;
use scimward::server::app::{App, Platform};
use scimward::service::Services;
use scimward::service::admins::NewAdmin;
use scimward::service::tokens::{CurrentToken, Generate, Generated};
use scimward::store::people::admins;
use scimward::store::{self, Lock, Store, Transaction};
use scimward::web::Limits;
use tokio::sync::oneshot;

use super::actors::{Admin, PASSWORD, ScimClient, Visitor, no_password};
use super::database::Database;
use super::doubles::{ManualClock, SeededEntropy};

/// When every test begins, unless it moves the clock.
pub(crate) const START: &str = "2026-11-22T14:03:00Z";

/// The outside world of an instance of a test: other instances draw other randomness.
pub(crate) fn platform(clock: &ManualClock, instance: u64) -> Platform {
    Platform {
        clock: Arc::new(clock.clone()),
        entropy: Arc::new(SeededEntropy::new(instance)),
        hash_cost: HashCost { memory: 8, passes: 1 },
        patience: Duration::from_secs(15),
        ..Platform::command()
    }
}

/// A running application.
pub(crate) struct TestApp {
    app: App,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Where it serves metrics, if the settings say so.
    pub(crate) metrics_address: Option<SocketAddr>,
    /// Its time.
    pub(crate) clock: ManualClock,
    runtime: tokio::runtime::Runtime,
    running: Option<Running>,
}

struct Running {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<Result<(), String>>,
}

impl TestApp {
    /// Starts on `database` with the defaults.
    pub(crate) fn start(database: &Database) -> Self {
        Self::with(database, &[])
    }

    /// Starts with further settings, by their names in the environment.
    pub(crate) fn with(database: &Database, settings: &[(&str, &str)]) -> Self {
        Self::limited(database, settings, Limits::within(4096))
    }

    /// Starts with other limits of connections.
    pub(crate) fn limited(database: &Database, settings: &[(&str, &str)], limits: Limits) -> Self {
        Self::at(database, settings, ManualClock::at(START), 0, limits)
    }

    /// Starts another instance on the same database and by the same clock.
    pub(crate) fn second_instance(&self, database: &Database) -> Self {
        self.second_with(database, &[])
    }

    /// The same with further settings.
    pub(crate) fn second_with(&self, database: &Database, settings: &[(&str, &str)]) -> Self {
        Self::at(database, settings, self.clock.clone(), 1, self.app.limits)
    }

    fn at(
        database: &Database,
        settings: &[(&str, &str)],
        clock: ManualClock,
        instance: u64,
        limits: Limits,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().unwrap();
        let settings = read_settings(database, address, settings);
        let outside = Platform { limits, ..platform(&clock, instance) };
        let (stop, stopped) = oneshot::channel();
        let (ready, started) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let app = App::build(settings, outside).await?;
                let server = Box::pin(Server::prepare(app.clone(), listener)).await?;
                ready.send((app, server.metrics_address())).expect("the test waits");
                let stopped = async { drop(stopped.await) };
                Box::pin(server.run(stopped)).await
            })
        });
        let Ok((app, metrics_address)) = started.recv() else {
            panic!("the application does not start: {:?}", thread.join());
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self {
            app,
            address,
            metrics_address,
            clock,
            runtime,
            running: Some(Running { stop, thread }),
        }
    }

    /// Its use cases.
    pub(crate) fn services(&self) -> &Services {
        &self.app.services
    }

    /// Its database.
    pub(crate) fn store(&self) -> &Store {
        &self.app.resources.store
    }

    /// Waits for a future, for example a use case.
    pub(crate) fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Moves the time.
    pub(crate) fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    /// Generates a token as the command line does, without a limit.
    pub(crate) fn generate(&self, months: i64) -> Generated {
        let wanted = Generate {
            lifespan: Lifespan::try_from(months).expect("1 to 6"),
            by: Author::CommandLine,
            current: CurrentToken::Revoke,
            form: None,
        };
        self.wait(self.services().tokens.generate(wanted)).expect("a token")
    }

    /// Revokes the token as the command line does.
    pub(crate) fn revoke(&self) {
        let revoked = self.services().tokens.revoke(None, Author::CommandLine);
        self.wait(revoked).expect("a token to revoke");
    }

    /// Somebody who is not signed in.
    pub(crate) fn visitor(&self) -> Visitor {
        Visitor::new(self.address)
    }

    /// A Server Admin of this name who has just signed in.
    pub(crate) fn admin(&self, name: &str) -> Admin {
        Admin::signed_in(self, name)
    }

    /// Adds a Server Admin of this name, unless there is one.
    pub(crate) fn add_admin(&self, name: &str) -> ServerAdmin {
        let email: EmailAddress = format!("{}@example.com", name.to_lowercase()).parse().unwrap();
        let admins = &self.services().admins;
        if let Some(admin) = self.wait(admins.by_email(email.clone())).unwrap() {
            return admin;
        }
        let new = NewAdmin { name: name.parse().unwrap(), email, password: PASSWORD.into() };
        self.wait(admins.add(new, Author::CommandLine)).expect("an admin")
    }

    /// Adds a Server Admin of this name who cannot log in; no mail says so.
    pub(crate) fn add_silently(&self, name: &str) {
        let email: EmailAddress = format!("{}@example.com", name.to_lowercase()).parse().unwrap();
        let (name, now) = (name.parse().unwrap(), self.clock.now());
        let add =
            move |conn: &mut Transaction| admins::insert(conn, &name, &email, &no_password(), now);
        self.wait(self.store().write(Lock::Admins, add)).expect("an admin");
    }

    /// An identity provider with this token.
    pub(crate) fn scim(&self, token: &str) -> ScimClient {
        ScimClient::new(self.address, token)
    }

    /// Does what the server does every minute.
    pub(crate) fn upkeep(&self) {
        self.wait(self.services().upkeep.run_once()).expect("upkeep succeeds");
    }

    /// The newest entries of the activity list.
    pub(crate) fn activity(&self) -> Vec<Recorded> {
        let page =
            self.app.resources.store.read(|conn| store::activity::page(conn, None, &[], 200));
        self.wait(page).expect("the activity")
    }

    /// The mails that were written to files, oldest first.
    pub(crate) fn mails(&self) -> Vec<String> {
        let directory = self.app.settings.services.mails.mailer.directory();
        let folder = directory.and_then(|directory| std::fs::read_dir(directory).ok());
        let Some(folder) = folder else { return Vec::new() };
        let mut files: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
    }

    /// Stops as on SIGTERM and waits until everything has ended.
    pub(crate) fn stop(&mut self) -> Result<(), String> {
        let Some(Running { stop, thread }) = self.running.take() else { return Ok(()) };
        let _ = stop.send(());
        thread.join().expect("the server does not panic")
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let stopped = self.stop();
        if !std::thread::panicking() {
            stopped.expect("the server stops cleanly");
        }
    }
}

/// The settings of a test: its own database, address and folder for mails.
pub(crate) fn read_settings(
    database: &Database,
    address: SocketAddr,
    settings: &[(&str, &str)],
) -> config::Settings {
    let mail = database.folder().join("mail").display().to_string();
    let listen = address.to_string();
    let own = [
        ("SCIMWARD_DATABASE_URL", database.url()),
        ("SCIMWARD_LISTEN", &listen),
        ("SCIMWARD_MAIL_DIR", &mail),
        ("SCIMWARD_MAIL_FROM", "scimward@localhost"),
    ];
    let environment = own.iter().chain(settings);
    let environment = environment.map(|(name, value)| ((*name).into(), (*value).into()));
    config::load_from(&Flags::default(), environment).0.expect("the settings are right")
}
