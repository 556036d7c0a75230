//! Signing in: the same time and the same answer for unknown addresses, and growing delays.

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;

use crate::domain::activity::{Actor, Event, Kind};
use crate::domain::admin::{EmailAddress, ServerAdmin};
use crate::domain::source::Source;
use crate::service::{Failure, World, delay};
use crate::store::{self, Conn, Lock, StoreError};

/// Failures are forgotten this long after the last one.
const MEMORY: TimeDelta = TimeDelta::days(1);

/// Checks who signs in.
#[derive(Clone)]
pub struct Logins {
    world: World,
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
    /// The server failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl From<StoreError> for LoginError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl Logins {
    /// Works on `world`.
    pub const fn new(world: World) -> Self {
        Self { world }
    }

    /// The Server Admin with this address and password.
    ///
    /// # Errors
    /// [`LoginError`].
    pub async fn log_in(
        &self,
        email: &str,
        password: SecretString,
        source: Source,
    ) -> Result<ServerAdmin, LoginError> {
        let now = self.world.clock.now();
        let email = email.parse::<EmailAddress>().ok();
        let subjects = subjects(email.as_ref(), &source);
        let found = self.look_up(email.clone(), subjects.clone(), now).await?;
        let right = match &found {
            Some(admin) => {
                let hash = admin.password_hash.clone();
                self.world.password_hasher.verify(password, hash).await
            }
            None => self.world.password_hasher.verify_nothing(password).await,
        }
        .map_err(Failure::from)?;
        let admin = found.filter(|admin| right && admin.active);
        let outcome = admin.clone();
        self.world
            .store
            .write(Lock::Admins, move |conn| {
                record(conn, outcome.as_ref(), email.as_ref(), &subjects, source, now)
            })
            .await
            .map_err(|error: StoreError| LoginError::from(error))?;
        admin.ok_or(LoginError::WrongCredentials)
    }

    async fn look_up(
        &self,
        email: Option<EmailAddress>,
        subjects: Vec<String>,
        now: DateTime<Utc>,
    ) -> Result<Option<ServerAdmin>, LoginError> {
        let (until, admin) = self
            .world
            .store
            .read(move |conn| {
                let mut until = now;
                for subject in &subjects {
                    if let Some(failures) = store::logins::of(conn, subject)? {
                        until = until.max(delay::next_try(failures.count, failures.last_at));
                    }
                }
                let admin = match &email {
                    Some(email) => store::admins::by_email(conn, email)?,
                    None => None,
                };
                Ok((until, admin))
            })
            .await?;
        if until > now { Err(LoginError::Throttled { until }) } else { Ok(admin) }
    }
}

/// What failures are counted for: the account, whether it exists or not, and the source.
fn subjects(email: Option<&EmailAddress>, source: &Source) -> Vec<String> {
    let account =
        email.map(|email| format!("account:{}", blake3::hash(email.key().as_bytes()).to_hex()));
    let source = source.address_text().map(|address| format!("source:{address}"));
    account.into_iter().chain(source).collect()
}

fn record(
    conn: &mut Conn,
    admin: Option<&ServerAdmin>,
    email: Option<&EmailAddress>,
    subjects: &[String],
    source: Source,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let event = if let Some(admin) = admin {
        for subject in subjects {
            store::logins::clear(conn, subject)?;
        }
        store::admins::set_last_login(conn, admin.id, now)?;
        Event::new(now, Kind::LoggedIn, admin.actor(), source)
    } else {
        for subject in subjects {
            store::logins::add(conn, subject, now)?;
        }
        store::logins::purge(conn, now - MEMORY)?;
        let email = email.map_or("an unreadable address", EmailAddress::as_str);
        Event::new(now, Kind::LoginFailed, Actor::System, source).about(email)
    };
    store::activity::record(conn, &event)
}
