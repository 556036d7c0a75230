//! Signing in: the same time and the same answer for unknown addresses, and growing delays.

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;

use super::{begin, delay};
use crate::domain::activity::{Event, Kind};
use crate::domain::admin::ServerAdmin;
use crate::domain::admin::actor::Actor;
use crate::domain::admin::code::{Digest, SessionId};
use crate::domain::admin::person::EmailAddress;
use crate::domain::network::source::Source;
use crate::service::{Failure, Resources};
use crate::store::{self, Conn, Lock, StoreError};

/// Failed logins are forgotten this long after the last one.
pub const LOGIN_FAILURES_KEPT: TimeDelta = TimeDelta::days(1);

/// Checks who signs in.
#[derive(Clone)]
pub struct Logins {
    resources: Resources,
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
    /// Works on `resources`.
    pub const fn new(resources: Resources) -> Self {
        Self { resources }
    }

    /// Signs in the Server Admin with this address and password, and returns the id of the session.
    pub async fn log_in(
        &self,
        email: &str,
        password: SecretString,
        source: Source,
    ) -> Result<SessionId, LoginError> {
        let now = self.resources.clock.now();
        let attempt = LoginAttempt::new(email, source);
        let found = self.start(attempt.clone(), now).await?;
        let right = match &found {
            Some(admin) => {
                let hash = admin.password_hash.clone();
                self.resources.password_hasher.verify(password, hash).await
            }
            None => self.resources.password_hasher.verify_stand_in(password).await,
        }
        .map_err(Failure::from)?;
        let admin = found.filter(|admin| right && admin.active);
        let id = self.resources.session_id();
        let digest = id.digest();
        let signed_in = self.resources.store.write(Lock::Admins, move |conn| {
            finish(conn, admin.as_ref(), &digest, &attempt, now).map_err(LoginError::from)
        });
        if signed_in.await? { Ok(id) } else { Err(LoginError::WrongCredentials) }
    }

    /// Counts the attempt as a failure before the password is looked at, so that guessing in
    /// parallel gains nothing; a success takes it back.
    async fn start(
        &self,
        attempt: LoginAttempt,
        now: DateTime<Utc>,
    ) -> Result<Option<ServerAdmin>, LoginError> {
        self.resources
            .store
            .write(Lock::Admins, move |conn| {
                let mut until = now;
                for (subject, free) in &attempt.subjects {
                    if let Some(failures) = store::people::login_failures::of(conn, subject)? {
                        let (count, last) = (failures.count, failures.last_at);
                        let throttled = delay::throttled_until(count, *free, last, now);
                        until = until.max(throttled.unwrap_or(now));
                    }
                }
                if until > now {
                    return Err(LoginError::Throttled { until });
                }
                for (subject, _) in &attempt.subjects {
                    store::people::login_failures::add(conn, subject, now)?;
                }
                match &attempt.email {
                    Some(email) => Ok(store::people::admins::by_email(conn, email)?),
                    None => Ok(None),
                }
            })
            .await
    }
}

/// Who tries to sign in, and what failures are counted for: the account, whether it exists or not,
/// and the source, each with the number of failures that cost nothing.
#[derive(Debug, Clone)]
struct LoginAttempt {
    email: Option<EmailAddress>,
    source: Source,
    subjects: Vec<(String, u64)>,
}

impl LoginAttempt {
    fn new(email: &str, source: Source) -> Self {
        let email = email.parse::<EmailAddress>().ok();
        let account = email.as_ref().map(|email| (account(email), delay::FREE_FOR_ACCOUNT));
        let from = source.address_text();
        let from = from.map(|address| (format!("source:{address}"), delay::FREE_FOR_SOURCE));
        Self { email, source, subjects: account.into_iter().chain(from).collect() }
    }
}

/// What failed logins with this address are counted for.
pub(crate) fn account(email: &EmailAddress) -> String {
    format!("account:{}", blake3::hash(email.key().as_bytes()).to_hex())
}

/// Begins the session of an admin whose password was right, unless it was changed or they were
/// deactivated meanwhile; records how it went and says whether they are signed in.
fn finish(
    conn: &mut Conn,
    admin: Option<&ServerAdmin>,
    digest: &Digest,
    attempt: &LoginAttempt,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let source = attempt.source.clone();
    let admin = match admin {
        Some(admin) if begin(conn, digest, admin, &source, now)? => Some(admin),
        _ => None,
    };
    let event = if let Some(admin) = admin {
        for (subject, _) in &attempt.subjects {
            store::people::login_failures::clear(conn, subject)?;
        }
        store::people::admins::set_last_login(conn, admin.id, now)?;
        Event::new(now, Kind::LoggedIn, admin.actor(), source)
    } else {
        let email = attempt.email.as_ref().map_or("an unreadable address", EmailAddress::as_str);
        Event::new(now, Kind::LoginFailed, Actor::System, source).about(email)
    };
    store::activity::record(conn, &event)?;
    Ok(admin.is_some())
}
