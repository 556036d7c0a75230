//! The application without its server: no loop runs beside the test, so mails are sent only when the
//! test says so.

use chrono::{DateTime, TimeDelta, Utc};
use scimward::clock::Clock;
use scimward::domain::admin::ServerAdmin;
use scimward::domain::admin::actor::Author;
use scimward::domain::admin::person::EmailAddress;
use scimward::domain::token::Token;
use scimward::domain::token::lifespan::Lifespan;
use scimward::server::app::App;
use scimward::service::Services;
use scimward::service::mails::{MailOverview, SendReport};
use scimward::service::tokens::{CurrentToken, Generate};
use scimward::store::{self, Store};
use tokio::runtime::Runtime;

use super::actors::no_password;
use super::app::{START, platform, read_settings};
use super::database::Database;
use super::doubles::ManualClock;
use super::smtp::MailServer;

/// An application whose mails go to a mail server of the test.
pub(crate) struct MailApp {
    app: App,
    /// Its time.
    pub(crate) clock: ManualClock,
    runtime: Runtime,
}

impl MailApp {
    /// Starts with the defaults.
    pub(crate) fn start(database: &Database, server: &MailServer) -> Self {
        Self::with(database, server, &[])
    }

    /// Starts with further settings.
    pub(crate) fn with(
        database: &Database,
        server: &MailServer,
        settings: &[(&str, &str)],
    ) -> Self {
        Self::at(database, server, settings, ManualClock::at(START), 0)
    }

    /// Another instance on the same database and by the same clock.
    pub(crate) fn second_instance(&self, database: &Database, server: &MailServer) -> Self {
        self.second_with(database, server, &[])
    }

    /// The same with further settings.
    pub(crate) fn second_with(
        &self,
        database: &Database,
        server: &MailServer,
        settings: &[(&str, &str)],
    ) -> Self {
        Self::at(database, server, settings, self.clock.clone(), 1)
    }

    fn at(
        database: &Database,
        server: &MailServer,
        settings: &[(&str, &str)],
        clock: ManualClock,
        instance: u64,
    ) -> Self {
        let url = server.url();
        let settings = [&[("SCIMWARD_SMTP_URL", url.as_str())], settings].concat();
        let settings = read_settings(database, ([127, 0, 0, 1], 8080).into(), &settings);
        let outside = platform(&clock, instance);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let app = runtime.block_on(App::build(settings, outside)).expect("the application starts");
        Self { app, clock, runtime }
    }

    /// Its use cases.
    pub(crate) fn services(&self) -> &Services {
        &self.app.services
    }

    /// Its database.
    pub(crate) fn store(&self) -> &Store {
        &self.app.resources.store
    }

    /// Waits for a future.
    pub(crate) fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Adds an active Server Admin, `NAME@example.com`; no mail says so.
    pub(crate) fn add_admin(&self, name: &str) {
        let (name, email) = (name.parse().expect("a name"), address_of(name));
        let now = self.clock.now();
        let add = move |conn: &mut store::Transaction| {
            store::people::admins::insert(conn, &name, &email, &no_password(), now)
        };
        self.wait(self.store().write(store::Lock::Admins, add)).expect("the admin is added");
    }

    /// Deactivates a Server Admin; no mail says so.
    pub(crate) fn deactivate(&self, name: &str) {
        let id = self.admin(name).id;
        let done =
            move |conn: &mut store::Transaction| store::people::admins::set_active(conn, id, false);
        self.wait(self.store().write(store::Lock::Admins, done)).expect("the admin is deactivated");
    }

    /// The Server Admin `NAME@example.com`.
    pub(crate) fn admin(&self, name: &str) -> ServerAdmin {
        let found = self.wait(self.services().admins.by_email(address_of(name)));
        found.expect("the database answers").expect("the admin exists")
    }

    /// Generates a token at the command line.
    pub(crate) fn generate(&self, months: i64) -> Token {
        let wanted = Generate {
            lifespan: Lifespan::try_from(months).expect("1 to 6"),
            by: Author::CommandLine,
            current: CurrentToken::Revoke,
            form: None,
        };
        self.wait(self.services().tokens.generate(wanted)).expect("a token").token
    }

    /// Generates a token and sends the mails about it.
    pub(crate) fn generate_and_send(&self, months: i64) -> Token {
        let token = self.generate(months);
        self.send_due();
        token
    }

    /// Sends the mails that are due, as the server does every minute.
    pub(crate) fn send_due(&self) -> SendReport {
        let sent = self.services().mails.send_due(|| false);
        self.wait(sent).expect("the database answers")
    }

    /// Calls the webhooks, as the server does every minute.
    pub(crate) fn call_webhooks(&self) {
        for turn in self.services().mails.turns().into_iter().skip(1) {
            let called = self.services().mails.take_turn(&turn, || false);
            self.wait(called).expect("the database answers");
        }
    }

    /// The same, without waiting for a next try.
    pub(crate) fn send_now(&self) -> SendReport {
        let sent = self.services().mails.send_now();
        self.wait(sent).expect("the database answers")
    }

    /// How the mails stand.
    pub(crate) fn overview(&self) -> MailOverview {
        self.wait(self.services().mails.overview(None)).expect("the database answers")
    }

    /// Kind, status and recipient of each mail.
    pub(crate) fn statuses(&self) -> Vec<String> {
        let overview = self.overview();
        let statuses = overview.mails.iter().map(|mail| {
            let name = mail.address.split('@').next().unwrap_or_default();
            format!("{} {} {name}", mail.kind.as_str(), mail.status.as_str())
        });
        statuses.collect()
    }

    /// Moves the time.
    pub(crate) fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    /// Moves the time to an instant, in RFC 3339.
    pub(crate) fn set(&self, at: &str) {
        self.clock.set(at.parse::<DateTime<Utc>>().expect("an instant"));
    }
}

fn address_of(name: &str) -> EmailAddress {
    format!("{}@example.com", name.to_lowercase()).parse().expect("an address")
}
