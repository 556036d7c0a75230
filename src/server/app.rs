//! The composition root: settings and platform become services.

use std::num::NonZero;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::open_files;
use crate::audit::AuditLog;
use crate::clock::{SharedClock, SystemClock};
use crate::config::Settings;
use crate::entropy::{OsEntropy, SharedEntropy};
use crate::hasher::{HashCost, Hasher};
use crate::service::{Resources, Services};
use crate::store::{MigrateError, Store};
use crate::web::Limits;

/// So many hashes may wait for a thread; further callers are asked to come back.
const WAITING_TOKENS: usize = 64;
const WAITING_PASSWORDS: usize = 64;

/// Everything that tests replace; nothing else differs between tests and production.
pub struct Platform {
    /// The time.
    pub clock: SharedClock,
    /// Randomness.
    pub entropy: SharedEntropy,
    /// How much work a hash is.
    pub hash_cost: HashCost,
    /// How long a change waits while others commit theirs.
    pub patience: Duration,
    /// What clients may take up; how long a connection is kept is a setting.
    pub limits: Limits,
}

impl Platform {
    /// The real resources of a server: a browser gives up after 20 seconds.
    pub fn server() -> Self {
        Self {
            patience: Duration::from_secs(15),
            limits: Limits::within(open_files::raise()),
            ..Self::command()
        }
    }

    /// The real resources of a command: all of many that start at once are to succeed.
    pub fn command() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(OsEntropy),
            hash_cost: HashCost::PRODUCTION,
            patience: Duration::from_mins(2),
            limits: Limits::within(0),
        }
    }
}

/// A configured application.
#[derive(Clone)]
pub struct App {
    /// Its settings.
    pub settings: Arc<Settings>,
    /// Its use cases.
    pub services: Services,
    /// What the use cases work with.
    pub resources: Resources,
    /// What clients may take up.
    pub limits: Limits,
}

impl App {
    /// Wires the services, opens the database and brings its schema up to date.
    pub async fn build(settings: Settings, platform: Platform) -> Result<Self, String> {
        let app = Self::wire(settings, platform)?;
        app.resources.store.migrate().await.map_err(|error| app.database_fails(&error))?;
        Ok(app)
    }

    /// A sentence about the database that fails like this.
    pub(super) fn database_fails(&self, error: &MigrateError) -> String {
        format!(
            "the database {} cannot be used: {error}; check SCIMWARD_DATABASE_URL and who may \
             write there",
            self.settings.database
        )
    }

    /// Wires the services. A database server is not reached, and nothing works before its schema is
    /// up to date.
    pub fn wire(settings: Settings, platform: Platform) -> Result<Self, String> {
        let store = Store::new(settings.database.clone(), platform.patience)?;
        let hasher = |threads, waiting| {
            Hasher::start(platform.hash_cost, threads, waiting, Arc::clone(&platform.entropy))
        };
        let resources = Resources {
            store,
            // Half of the cores: a flood of forged tokens leaves the others to real clients.
            token_hasher: hasher((cores() / 2).max(1), WAITING_TOKENS)?,
            password_hasher: hasher(1, WAITING_PASSWORDS)?,
            audit: AuditLog::default(),
            confirm_identity: settings.services.confirm_identity,
            clock: platform.clock,
            entropy: platform.entropy,
        };
        let services = Services::new(&resources, settings.services.clone());
        let limits = Limits { keep_alive: settings.keep_alive, ..platform.limits };
        Ok(Self { settings: Arc::new(settings), services, resources, limits })
    }
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}
