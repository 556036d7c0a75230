//! Wrong secrets of introspection clients: counted by client and source, so that guessing the secret
//! of one client from one source slows down neither other clients nor other sources.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use crate::domain::network::throttle::Throttle;

/// Counts wrong secrets. There is one throttle for each configured client, and one for all ids that
/// belong to none.
#[derive(Default)]
pub(super) struct Guesses(Mutex<HashMap<Option<String>, Throttle>>);

impl Guesses {
    /// The seconds until a secret of `client` from this source is looked at again.
    pub(super) fn wait(
        &self,
        client: Option<&str>,
        from: IpAddr,
        now: DateTime<Utc>,
    ) -> Option<u32> {
        self.all().get_mut(&client.map(ToOwned::to_owned))?.wait(from, now)
    }

    /// Counts a wrong secret.
    pub(super) fn fail(&self, client: Option<&str>, from: IpAddr, now: DateTime<Utc>) {
        self.all().entry(client.map(ToOwned::to_owned)).or_default().fail(from, now);
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Option<String>, Throttle>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
