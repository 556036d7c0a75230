//! Signing in: the same time and the same answer for unknown addresses, growing delays, and fair
//! turns.
//!
//! Checking a password is expensive, so only a few logins are looked at at a time, and sources take
//! turns. A login that does not get its turn is counted nowhere: the password may have been right.

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use tokio::task::spawn;

use super::attempt::LoginAttempt;
use super::devices::Devices;
use super::failures::{Counted, Counters};
use super::turns::{Asking, Turns};
use super::{begin_session, failed, is_unchanged};
use crate::audit::Line;
use crate::domain::activity::{Attempt, Event, Kind};
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::code::{Digest, SecretCode, SessionId};
use crate::domain::admin::device::DeviceMark;
use crate::domain::admin::passkey::Proof;
use crate::domain::admin::person::EmailAddress;
use crate::domain::network::UNKNOWN;
use crate::domain::network::source::Source;
use crate::hasher::{HashError, HashFigures};
use crate::service::failure::change_errors;
use crate::service::fair_semaphore::Permit;
use crate::service::mails::{Outbox, record_login};
use crate::service::passwords::Verdict;
use crate::service::{Failure, Resources};
use crate::store::people::{admins, passkeys, second_steps};
use crate::store::{Conn, Lock, StoreError, Transaction};

/// Failed logins are forgotten this long after the last one.
pub const LOGIN_FAILURES_KEPT: TimeDelta = TimeDelta::days(1);

/// Checks who signs in.
#[derive(Clone)]
pub struct Logins {
    resources: Resources,
    devices: Devices,
    outbox: Outbox,
    turns: Turns,
}

/// What a right password opens.
#[derive(Debug)]
pub enum LoggedIn {
    /// A session, with this id.
    Session(SessionId),
    /// The second step, for the one who brings this code: a passkey is asked for.
    SecondStep(SecretCode),
}

/// Why somebody was not signed in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Address or password is wrong, or the admin is not active: nobody learns which.
    #[error("the e-mail address or the password is not correct")]
    WrongCredentials,
    /// Too many failures for this account or from this source.
    #[error("too many attempts")]
    Throttled {
        /// The first instant at which another attempt is looked at.
        until: DateTime<Utc>,
    },
    /// Too many others sign in at the moment: the password was not looked at.
    #[error("too many others are signing in")]
    Busy,
    /// The server failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

change_errors!(LoginError);

impl From<HashError> for LoginError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::Busy,
            failed @ HashError::Failed(_) => Self::Failed(failed.into()),
        }
    }
}

/// An attempt that was counted and is to be looked at.
pub(crate) struct Started {
    found: Option<ServerAdmin>,
    pub(crate) counters: Counters,
    pub(crate) counted: Counted,
}

impl Logins {
    /// Works on `resources`; mails about logins wait in `outbox`.
    pub(crate) fn new(resources: Resources, devices: Devices, outbox: Outbox) -> Self {
        let turns = Turns::new(resources.password_hasher.threads());
        Self { resources, devices, outbox, turns }
    }

    /// Signs in the Server Admin with this address and password, or lets them go on to the second
    /// step if they have a passkey. `device` is the mark that the browser has kept of an earlier
    /// login.
    pub async fn log_in(
        &self,
        email: &str,
        password: SecretString,
        source: Source,
        device: Option<DeviceMark>,
    ) -> Result<LoggedIn, LoginError> {
        let attempt = self.attempt(email.parse().ok(), source, device).await?;
        let turn = self.turn(&attempt).await.inspect_err(|error| self.log(&attempt, error))?;
        let logins = self.clone();
        // A task of its own: what was counted is recorded or taken back even if the client is gone,
        // and until then nobody else has the turn.
        let checked = spawn(async move {
            let checked = logins.check(attempt.clone(), password).await;
            drop(turn);
            checked.inspect_err(|error| logins.log(&attempt, error))
        });
        checked.await.unwrap_or(Err(HashError::Failed("a login has ended early").into()))
    }

    /// An attempt as failed ones are counted.
    pub(crate) async fn attempt(
        &self,
        email: Option<EmailAddress>,
        source: Source,
        device: Option<DeviceMark>,
    ) -> Result<LoginAttempt, Failure> {
        Ok(LoginAttempt { email, source, device, key: self.devices.key().await? })
    }

    /// Logs an attempt that was refused.
    fn log(&self, attempt: &LoginAttempt, error: &LoginError) {
        let source = attempt.source.clone();
        let line = match error {
            LoginError::WrongCredentials => Line::of_kind(Kind::LoginFailed, source),
            LoginError::Throttled { .. } => Line::of_attempt(Attempt::LoginThrottled, source),
            LoginError::Busy | LoginError::Failed(_) => return,
        };
        let email = failed::shown(attempt.email.as_ref()).to_owned();
        self.resources.audit.log(line.about(email), self.resources.clock.now());
    }

    /// How the hashing of passwords fares: who waits for a turn has not reached the hasher.
    pub fn hashing(&self) -> HashFigures {
        let hasher = self.resources.password_hasher.figures();
        HashFigures { waiting: hasher.waiting + self.turns.waiting(), ..hasher }
    }

    /// Waits for the turn of an attempt that may be looked at.
    pub(crate) async fn turn(&self, attempt: &LoginAttempt) -> Result<Permit, LoginError> {
        let now = self.resources.clock.now();
        let asked = attempt.clone();
        let look = move |conn: &mut Conn| {
            let (_, device) = asked.find(conn)?;
            let counters = asked.counters(device.as_ref());
            let has_failed = Counters::of_source(&asked.source).has_failures(conn)?;
            let asking = Asking {
                source: asked.source.address.unwrap_or(UNKNOWN),
                from_known_device: device.is_some(),
                has_failed,
            };
            Ok((counters.throttled_until(conn, now)?, asking))
        };
        let (throttled, asking) = self.resources.store.read(look).await?;
        if let Some(until) = throttled {
            return Err(LoginError::Throttled { until });
        }
        self.turns.take(asking).await.ok_or_else(|| {
            self.resources.password_hasher.note_turned_away();
            LoginError::Busy
        })
    }

    /// Looks at an attempt whose turn it is.
    async fn check(
        &self,
        attempt: LoginAttempt,
        password: SecretString,
    ) -> Result<LoggedIn, LoginError> {
        // The turn may have come late.
        let now = self.resources.clock.now();
        let Started { found, counters, counted } = self.start(attempt.clone(), now).await?;
        let checked = self.finish(found, password, attempt, counters, now).await;
        if matches!(checked, Err(LoginError::Busy | LoginError::Failed(_))) {
            self.resources.take_back(counted).await;
        }
        checked
    }

    /// Counts the attempt as a failure and finds who it is.
    pub(crate) async fn start(
        &self,
        attempt: LoginAttempt,
        now: DateTime<Utc>,
    ) -> Result<Started, LoginError> {
        let start = move |conn: &mut Transaction| {
            let (found, device) = attempt.find(conn)?;
            let counters = attempt.counters(device.as_ref());
            if let Some(until) = counters.throttled_until(conn, now)? {
                return Err(LoginError::Throttled { until });
            }
            let counted = counters.count(conn, now)?;
            Ok(Started { found, counters, counted })
        };
        self.resources.store.write(Lock::Admins, start).await
    }

    /// Checks the password, and records how it went.
    async fn finish(
        &self,
        found: Option<ServerAdmin>,
        password: SecretString,
        attempt: LoginAttempt,
        counters: Counters,
        now: DateTime<Utc>,
    ) -> Result<LoggedIn, LoginError> {
        let stored = found.as_ref().map(|admin| &admin.password.hash);
        let verdict = self.resources.verify_password(&password, stored).await?;
        let renewed = match verdict {
            Verdict::RightButOutdated => self.resources.renewed(&password).await,
            Verdict::Right | Verdict::Wrong => None,
        };
        let admin = found.filter(|admin| verdict != Verdict::Wrong && admin.active);
        let (session, step) = (self.resources.session_id(), self.resources.secret_code());
        let digests = (session.digest(), step.digest());
        let from = attempt.source.address.unwrap_or(UNKNOWN);
        let opened = self.resources.store.write(Lock::Admins, move |conn: &mut Transaction| {
            let opened = finish(conn, admin.as_ref(), &digests, &attempt, &counters, now)?;
            if let (Some(_), Some(admin), Some(hash)) = (&opened, &admin, &renewed) {
                admins::renew_hash(conn, admin.id, &admin.password.hash, hash)?;
            }
            Ok::<_, LoginError>(opened)
        });
        let Some(Finished { opened, is_told }) = opened.await? else {
            return Err(LoginError::WrongCredentials);
        };
        if is_told {
            self.outbox.wake();
        }
        self.turns.remember(from);
        Ok(match opened {
            Opened::Session => LoggedIn::Session(session),
            Opened::SecondStep => LoggedIn::SecondStep(step),
        })
    }
}

/// How a login with a right password went.
struct Finished {
    opened: Opened,
    /// Whether a mail about it waits.
    is_told: bool,
}

/// What a right password has opened.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opened {
    /// A session.
    Session,
    /// The second step.
    SecondStep,
}

/// Begins the session of an admin whose password was right, or its second step, unless it was changed
/// or they were deactivated meanwhile; records how it went.
fn finish(
    conn: &mut Transaction,
    admin: Option<&ServerAdmin>,
    digests: &(Digest, Digest),
    attempt: &LoginAttempt,
    counters: &Counters,
    now: DateTime<Utc>,
) -> Result<Option<Finished>, StoreError> {
    let LoginAttempt { email, source, .. } = attempt;
    let admin = match admin {
        Some(admin) if is_unchanged(conn, admin)? => admin,
        _ => {
            failed::record(conn, email.as_ref(), source, now)?;
            return Ok(None);
        }
    };
    counters.clear(conn)?;
    let opened = open(conn, admin, digests, source, now)?;
    let is_told = opened == Opened::Session && record(conn, admin, source, Proof::Password, now)?;
    Ok(Some(Finished { opened, is_told }))
}

/// Begins the session of an admin whose password was right in this transaction, or the second step if
/// they have a passkey. The digests are those of a session and of a step.
pub(crate) fn open(
    conn: &mut Transaction,
    admin: &ServerAdmin,
    (session, step): &(Digest, Digest),
    source: &Source,
    now: DateTime<Utc>,
) -> Result<Opened, StoreError> {
    if passkeys::any_of(conn, admin.id)? {
        second_steps::insert(conn, step, admin, now)?;
        return Ok(Opened::SecondStep);
    }
    begin_session(conn, session, admin, source, Proof::Password, now)?;
    Ok(Opened::Session)
}

/// Records that an admin has logged in; says whether a mail about it waits.
pub(crate) fn record(
    conn: &mut Transaction,
    admin: &ServerAdmin,
    source: &Source,
    proof: Proof,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    admins::set_last_login(conn, admin.id, now)?;
    let event = event(Kind::LoggedIn, admin, source, now);
    let event = match proof {
        Proof::Password => event,
        proof => event.with_detail(proof.words()),
    };
    record_login(conn, &event, admin)
}

/// An entry about the login of an admin.
pub(crate) fn event(kind: Kind, admin: &ServerAdmin, source: &Source, now: DateTime<Utc>) -> Event {
    Event::new(now, kind, admin.actor(), source.clone())
}
