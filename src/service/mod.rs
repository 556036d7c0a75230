//! What scimward does: one module per use case, each a few methods that read the clock once, decide
//! with `domain` and keep the result in `store`.
//!
//! No method here knows whether a browser, a machine or the command line asked. Each fails with
//! [`Failure`] when the database does; only further errors are documented.

pub mod activity;
pub mod admins;
mod authority;
pub mod backup;
pub mod certificate;
mod failure;
mod fair_semaphore;
mod hourly;
pub mod identity_provider;
pub mod keys;
pub mod mails;
pub mod monitoring;
mod old_token;
pub mod passkeys;
mod passwords;
pub mod proofs;
pub mod report;
pub mod requests;
mod resources;
pub mod sessions;
pub mod sync;
pub mod tokens;
pub mod upkeep;
pub mod usage;
pub mod validation;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::audit::{AuditLog, Line};
use crate::clock::SharedClock;
use crate::domain::admin::guessing::OwnWords;
use crate::domain::base62;
use crate::entropy::SharedEntropy;

pub use self::failure::{ChangeError, Failure};
pub use self::hourly::HourlyLimit;
pub use self::resources::Resources;

/// All use cases; cheap to clone, one per process.
#[derive(Clone)]
pub struct Services {
    /// What has happened.
    pub activity: activity::Activity,
    /// Generating, revoking and describing tokens.
    pub tokens: tokens::Tokens,
    /// API keys.
    pub keys: keys::Keys,
    /// Who may sign in.
    pub admins: admins::Admins,
    /// Signing in.
    pub logins: sessions::login::Logins,
    /// Recognising devices in which somebody has logged in before.
    pub devices: sessions::devices::Devices,
    /// Passkeys and recovery codes.
    pub passkeys: Arc<passkeys::Passkeys>,
    /// Proving again who is behind a session.
    pub proofs: Arc<proofs::Proofs>,
    /// Staying signed in.
    pub sessions: sessions::Sessions,
    /// Deciding about presented tokens.
    pub validation: validation::Validation,
    /// Which identity provider pages and mails speak of.
    pub identity_provider: identity_provider::IdentityProviders,
    /// How many requests arrive, and who sends them.
    pub requests: requests::Requests,
    /// What clients do: uses and refusals.
    pub usage: Arc<usage::Usage>,
    /// The certificate that is served.
    pub certificate: certificate::ServedCertificate,
    /// Mails.
    pub mails: mails::Mails,
    /// What monitoring shows.
    pub monitoring: monitoring::Monitoring,
    /// What the server does by itself.
    pub upkeep: upkeep::Upkeep,
    audit: AuditLog,
    clock: SharedClock,
    entropy: SharedEntropy,
}

/// What is configured about the use cases.
#[derive(Debug, Clone)]
pub struct ServiceSettings {
    /// About mails.
    pub mails: mails::MailSettings,
    /// How long activity is kept.
    pub activity_retention: TimeDelta,
    /// Whether some changes ask for a fresh proof of who makes them.
    pub confirm_identity: bool,
    /// Whether every Server Admin must have a passkey.
    pub require_passkey: bool,
}

impl Services {
    /// Wires the use cases together.
    pub fn new(resources: &Resources, settings: ServiceSettings) -> Self {
        let ServiceSettings { mails, activity_retention, require_passkey, .. } = settings;
        let usage = Arc::new(usage::Usage::new(resources.clone()));
        let validation = validation::Validation::new(resources.clone());
        let devices = sessions::devices::Devices::new(resources.clone());
        let outbox = mails::Outbox::new(&mails.extra, &mails.webhooks);
        let (with, known) = (resources.clone(), devices.clone());
        let logins = sessions::login::Logins::new(with, known, outbox.clone());
        let sessions = sessions::Sessions::new(resources.clone());
        let letterhead = &mails.letterhead;
        let own_words = OwnWords::of_service(&letterhead.product, letterhead.public_url.host());
        let alerts = mails::Alerts::new(&mails.extra, outbox.clone());
        let passkeys = passkeys::Passkeys::new(
            resources.clone(),
            alerts.clone(),
            require_passkey,
            &letterhead.public_url,
            &letterhead.product,
        );
        let passkeys = Arc::new(passkeys);
        let proofs = proofs::Proofs::new(resources.clone(), logins.clone(), Arc::clone(&passkeys));
        let keys = keys::Keys::new(resources.clone(), alerts.clone());
        let certificate = certificate::ServedCertificate::default();
        let mails =
            mails::Mails::new(resources.clone(), mails, certificate.clone(), outbox.clone());
        let (seen, cache) = (Arc::clone(&usage), validation.cache());
        let stored = (mails.clone(), sessions.clone(), keys.clone());
        Self {
            certificate,
            activity: activity::Activity::new(resources.clone()),
            tokens: tokens::Tokens::new(resources.clone(), seen, cache, outbox),
            keys,
            admins: admins::Admins::new(resources.clone(), alerts, own_words),
            logins: logins.clone(),
            proofs: Arc::new(proofs),
            devices,
            passkeys,
            monitoring: monitoring::Monitoring::new(validation.clone(), logins, stored),
            sessions,
            identity_provider: identity_provider::IdentityProviders::new(resources.clone()),
            requests: requests::Requests::new(resources.clone()),
            mails,
            upkeep: upkeep::Upkeep::new(resources.clone(), Arc::clone(&usage), activity_retention),
            validation,
            usage,
            audit: resources.audit.clone(),
            clock: Arc::clone(&resources.clock),
            entropy: Arc::clone(&resources.entropy),
        }
    }

    /// The present instant: for a page or a command that says how long ago something was.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Logs what was refused before any use case was asked.
    pub fn log(&self, line: Line) {
        self.audit.log(line, self.clock.now());
    }

    /// Logs that a page could not be answered.
    pub fn log_failure(&self, error: &str, reference: &str) {
        self.audit.log_failure(error, reference);
    }

    /// Ten letters and digits that nothing else has, in this process or another: what the request ids
    /// of a listener begin with. Not a secret.
    pub fn label(&self) -> String {
        base62::random::<10>(|bytes| self.entropy.fill(bytes))
    }

    /// A text that nobody can guess, such as a CSRF token.
    pub fn random_text(&self) -> String {
        base62::random::<22>(|bytes| self.entropy.fill(bytes))
    }
}
