//! Counting failed attempts, and how long the next one has to wait.
//!
//! An attempt is counted as a failure before the password is looked at, so that guessing in parallel
//! gains nothing. A right password clears the counts; one that could not be checked is taken back.

use chrono::{DateTime, Utc};

use super::delay::throttled_until;
use crate::domain::admin::device::DeviceDigest;
use crate::domain::admin::person::{AdminId, EmailAddress};
use crate::domain::network::source::{Source, address_text};
use crate::domain::network::source_network;
use crate::service::Resources;
use crate::store::people::login_failures::{self, Failures};
use crate::store::{Conn, Lock, StoreError, Transaction};

/// Failures of one account that cost nothing: people mistype.
const FREE_FOR_ACCOUNT: u64 = 5;
/// Failures from one source that cost nothing: a whole office may share an address.
const FREE_FOR_SOURCE: u64 = 20;

/// What the failures of an attempt are counted for.
#[derive(Debug, Clone)]
pub(crate) struct Counters(Vec<Counter>);

#[derive(Debug, Clone)]
struct Counter {
    subject: String,
    /// So many failures cost nothing.
    free: u64,
}

/// An attempt that was counted.
#[derive(Debug)]
pub(crate) struct Counted {
    at: DateTime<Utc>,
    before: Vec<(String, Option<Failures>)>,
}

impl Counters {
    /// Those of a login: the account, whether it exists or not, and the source.
    pub(super) fn of_login(email: Option<&EmailAddress>, source: &Source) -> Self {
        let account = email.map(|email| Counter::new(account(email), FREE_FOR_ACCOUNT));
        Self(account.into_iter().chain(Self::of_source(source).0).collect())
    }

    /// That of a login from a known device.
    pub(super) fn of_device(device: &DeviceDigest) -> Self {
        Self(vec![Counter::new(format!("device:{}", device.as_str()), FREE_FOR_ACCOUNT)])
    }

    /// That of the source of a login.
    pub(super) fn of_source(source: &Source) -> Self {
        let network = source.address.map(source_network);
        let subject = network.map(|network| format!("source:{}", address_text(network)));
        Self(subject.map(|subject| Counter::new(subject, FREE_FOR_SOURCE)).into_iter().collect())
    }

    /// That of changing one's own password.
    pub(crate) fn of_change(admin: AdminId) -> Self {
        Self(vec![Counter::new(format!("password:{}", admin.0), FREE_FOR_ACCOUNT)])
    }

    /// That of the recovery codes of somebody whose password is known.
    pub(crate) fn of_codes(admin: AdminId) -> Self {
        Self(vec![Counter::new(format!("codes:{}", admin.0), FREE_FOR_ACCOUNT)])
    }

    /// All that are kept about an account.
    pub(crate) fn of_account(admin: AdminId, email: &EmailAddress) -> Self {
        let Self(mut all) = Self::of_change(admin);
        all.push(Counter::new(account(email), FREE_FOR_ACCOUNT));
        Self(all)
    }

    /// The first instant at which another attempt is looked at, if that is not now.
    pub(crate) fn throttled_until(
        &self,
        conn: &mut Conn,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        let mut latest = None;
        for Counter { subject, free } in &self.0 {
            if let Some(Failures { count, last_at }) = login_failures::of(conn, subject)? {
                latest = latest.max(throttled_until(count, *free, last_at, now));
            }
        }
        Ok(latest)
    }

    /// Whether there are failures that are not forgotten.
    pub(super) fn has_failures(&self, conn: &mut Conn) -> Result<bool, StoreError> {
        for Counter { subject, .. } in &self.0 {
            if login_failures::of(conn, subject)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Counts an attempt as a failure.
    pub(crate) fn count(&self, conn: &mut Conn, now: DateTime<Utc>) -> Result<Counted, StoreError> {
        let mut before = Vec::new();
        for Counter { subject, .. } in &self.0 {
            before.push((subject.clone(), login_failures::of(conn, subject)?));
            login_failures::add(conn, subject, now)?;
        }
        Ok(Counted { at: now, before })
    }

    /// Forgets all failures.
    pub(crate) fn clear(&self, conn: &mut Conn) -> Result<(), StoreError> {
        self.0.iter().try_for_each(|counter| login_failures::clear(conn, &counter.subject))
    }
}

impl Counted {
    /// Undoes the count: whether the password was right could not be told.
    pub(crate) fn take_back(self, conn: &mut Conn) -> Result<(), StoreError> {
        let at = self.at;
        self.before
            .iter()
            .try_for_each(|(subject, before)| login_failures::take_back(conn, subject, at, *before))
    }
}

impl Resources {
    /// Takes the count of an attempt back of which it is not known whether it was right.
    pub(crate) async fn take_back(&self, counted: Counted) {
        let taken_back = |conn: &mut Transaction| counted.take_back(conn);
        let taken_back: Result<(), StoreError> = self.store.write(Lock::Admins, taken_back).await;
        if let Err(error) = taken_back {
            tracing::warn!(%error, "an attempt that could not be checked counts as failed");
        }
    }
}

impl Counter {
    const fn new(subject: String, free: u64) -> Self {
        Self { subject, free }
    }
}

/// What failed logins with this address are counted for.
fn account(email: &EmailAddress) -> String {
    format!("account:{}", blake3::hash(email.key().as_bytes()).to_hex())
}
