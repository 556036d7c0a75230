//! Passkeys and recovery codes: adding, removing, and logging in with them.
//!
//! Somebody with a passkey neither logs in with the password alone nor proves with it who they are.
//! Every change holds [`Lock::Admins`], as everything does that begins or ends sessions.

mod challenges;
mod changes;
pub(super) mod codes;
mod enrolment;
mod errors;
mod login;
mod proof;
mod second_step;

use chrono::{DateTime, Utc};
use serde_json::Value;

pub(super) use self::challenges::end_all;
pub use self::enrolment::Enrolled;
pub use self::errors::PasskeyError;
pub use self::second_step::SECOND_STEP_LIFETIME;
use super::authority::Authorized;
use super::mails::Alerts;
use super::{Failure, Resources};
use crate::domain::activity::Kind;
use crate::domain::admin::actor::Author;
use crate::domain::admin::passkey::Passkey;
use crate::domain::admin::person::AdminId;
use crate::domain::admin::recovery::{CODES, RecoveryCode};
use crate::domain::network::public_url::PublicUrl;
use crate::domain::token::secret::PhcString;
use crate::store::people::recovery_codes::StoredCode;
use crate::store::people::{passkeys, recovery_codes};
use crate::store::{Lock, Transaction};
use crate::webauthn::RelyingParty;

/// Keeps passkeys and recovery codes.
#[derive(Clone)]
pub struct Passkeys {
    resources: Resources,
    alerts: Alerts,
    /// Whether every Server Admin must have one.
    required: bool,
    /// Nothing where passkeys are not possible.
    party: Option<RelyingParty>,
}

/// What the script of a page needs to ask for a passkey.
#[derive(Debug)]
pub struct Challenge {
    /// What the browser is asked.
    pub options: Value,
    /// Comes back with the answer.
    pub signed: String,
}

/// What is known about the recovery codes of a Server Admin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodesLeft {
    /// How many were not used.
    pub left: usize,
    /// When they were made.
    pub made_at: DateTime<Utc>,
    /// When one was used last.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// Whether passkeys are possible under this address.
pub fn are_possible(url: &PublicUrl) -> bool {
    party(url, "scimward").is_some()
}

fn party(url: &PublicUrl, product: &str) -> Option<RelyingParty> {
    RelyingParty::of(url, product, challenges::LIFETIME.to_std().unwrap_or_default())
}

impl Passkeys {
    /// Works on `resources` for pages under `url`, and tells everybody of changes by `alerts`.
    pub(crate) fn new(
        resources: Resources,
        alerts: Alerts,
        required: bool,
        url: &PublicUrl,
        product: &str,
    ) -> Self {
        Self { resources, alerts, required, party: party(url, product) }
    }

    /// Whether browsers know passkeys under the address of the pages.
    pub const fn are_possible(&self) -> bool {
        self.party.is_some()
    }

    /// Whether every Server Admin must have one.
    pub const fn are_required(&self) -> bool {
        self.required
    }

    /// The passkeys of a Server Admin, the oldest first.
    pub async fn of_admin(&self, admin: AdminId) -> Result<Vec<Passkey>, Failure> {
        Ok(self.resources.store.read(move |conn| passkeys::of_admin(conn, admin)).await?)
    }

    /// The Server Admins who have any.
    pub async fn holders(&self) -> Result<Vec<AdminId>, Failure> {
        Ok(self.resources.store.read(passkeys::holders).await?)
    }

    /// Whether a Server Admin has to add a passkey before anything else.
    pub async fn is_missing(&self, admin: AdminId) -> Result<bool, Failure> {
        if !self.required {
            return Ok(false);
        }
        Ok(!self.resources.store.read(move |conn| passkeys::any_of(conn, admin)).await?)
    }

    /// The recovery codes of a Server Admin, if there are any.
    pub async fn codes_of(&self, admin: AdminId) -> Result<Option<CodesLeft>, Failure> {
        let codes = self.resources.store.read(move |conn| recovery_codes::of_admin(conn, admin));
        let codes = codes.await?;
        Ok(codes.first().map(|first| CodesLeft {
            left: codes.iter().filter(|code| is_unused(code)).count(),
            made_at: first.created_at,
            last_used_at: codes.iter().filter_map(|code| code.used_at).max(),
        }))
    }

    fn party(&self) -> Result<&RelyingParty, PasskeyError> {
        self.party.as_ref().ok_or(PasskeyError::NotPossible)
    }

    /// Draws recovery codes and hashes them, slowly: a stolen database is not to give them away.
    async fn draw_codes(&self) -> Result<(Vec<RecoveryCode>, Vec<PhcString>), PasskeyError> {
        let (mut codes, mut hashes) = (Vec::new(), Vec::new());
        for _ in 0..CODES {
            let code = RecoveryCode::generate(|bytes| self.resources.entropy.fill(bytes));
            hashes.push(self.resources.password_hasher.hash(code.secret().clone()).await?);
            codes.push(code);
        }
        Ok((codes, hashes))
    }

    async fn write_as<T, F>(&self, by: Author, kind: Kind, change: F) -> Result<T, PasskeyError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Transaction, &Authorized) -> Result<T, PasskeyError> + Send + 'static,
    {
        let changed = self.resources.write_as(by, Lock::Admins, kind, change).await?;
        self.alerts.wake();
        Ok(changed)
    }
}

const fn is_unused(code: &StoredCode) -> bool {
    code.used_at.is_none()
}
