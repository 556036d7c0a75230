//! Checking recovery codes. Guessing one is slowed down as guessing a password is, wherever it is
//! asked for.

use chrono::{DateTime, Utc};
use secrecy::SecretString;

use super::{PasskeyError, Passkeys, is_unused};
use crate::domain::activity::{Event, Kind};
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::recovery::RecoveryCode;
use crate::domain::network::source::Source;
use crate::service::sessions::failures::{Counted, Counters};
use crate::service::sessions::login;
use crate::store::people::recovery_codes;
use crate::store::people::recovery_codes::StoredCode;
use crate::store::{StoreError, Transaction};

/// An attempt that was counted as a failure before it is looked at.
pub(crate) struct CountedCode {
    left: Vec<StoredCode>,
    counted: Counted,
}

/// A code that is right, and was not used up yet.
#[derive(Clone, Copy)]
pub(crate) struct RightCode(i64);

/// Counts an attempt at the codes of `admin`; fails if too many before it have failed.
pub(crate) fn count_attempt(
    conn: &mut Transaction,
    admin: &ServerAdmin,
    now: DateTime<Utc>,
) -> Result<CountedCode, PasskeyError> {
    let counters = Counters::of_codes(admin.id);
    if let Some(until) = counters.throttled_until(conn, now)? {
        return Err(PasskeyError::Throttled { until });
    }
    let counted = counters.count(conn, now)?;
    let mut left = recovery_codes::of_admin(conn, admin.id)?;
    left.retain(is_unused);
    Ok(CountedCode { left, counted })
}

impl Passkeys {
    /// The code that was typed, if it is one of those that are left.
    pub(crate) async fn find_code(
        &self,
        typed: &SecretString,
        attempt: CountedCode,
    ) -> Result<RightCode, PasskeyError> {
        let CountedCode { left, counted } = attempt;
        match self.find(typed, left).await {
            Ok(Some(id)) => Ok(RightCode(id)),
            Ok(None) => Err(PasskeyError::WrongCode),
            Err(error) => {
                self.resources.take_back(counted).await;
                Err(error)
            }
        }
    }

    async fn find(
        &self,
        typed: &SecretString,
        codes: Vec<StoredCode>,
    ) -> Result<Option<i64>, PasskeyError> {
        let Some(code) = RecoveryCode::presented(typed) else { return Ok(None) };
        for StoredCode { id, hash, .. } in codes {
            if self.resources.password_hasher.verify(code.secret().clone(), hash).await? {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// Uses a code of `admin` up and tells them, in the transaction of the caller.
    pub(crate) fn use_code(
        &self,
        conn: &mut Transaction,
        RightCode(id): RightCode,
        admin: &ServerAdmin,
        source: &Source,
        now: DateTime<Utc>,
    ) -> Result<(), PasskeyError> {
        if !recovery_codes::consume(conn, id, now)? {
            return Err(PasskeyError::WrongCode);
        }
        Counters::of_codes(admin.id).clear(conn)?;
        Ok(self.tell_of_code(conn, admin, source, now)?)
    }

    fn tell_of_code(
        &self,
        conn: &mut Transaction,
        admin: &ServerAdmin,
        source: &Source,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let left = recovery_codes::of_admin(conn, admin.id)?;
        let left = left.iter().filter(|code| is_unused(code)).count();
        let event = login::event(Kind::RecoveryCodeUsed, admin, source, now);
        let event: Event = event.about(admin.email.as_str()).with_detail(format!("{left} left"));
        self.alerts.record(conn, &event, None)
    }

    /// Sends the mails that were put into the queue.
    pub(crate) fn wake_mails(&self) {
        self.alerts.wake();
    }
}
