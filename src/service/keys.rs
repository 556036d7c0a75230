//! API keys: making, listing and revoking them, and deciding about those that are presented.

use super::authority::Authorized;
use super::failure::change_errors;
use super::mails::Alerts;
use super::{Failure, HourlyLimit, Resources, hourly};
use crate::domain::activity::Kind;
use crate::domain::admin::actor::Author;
use crate::domain::admin::code::SecretCode;
use crate::domain::keys::refusal::{KeyRefusal, decide};
use crate::domain::keys::scope::Scope;
use crate::domain::keys::secret::{KeyDigest, KeyId, PlainKey, PresentedKey};
use crate::domain::keys::validity::Validity;
use crate::domain::keys::{ApiKey, KeyName, KeyStatus, UnknownKey};
use crate::store::{self, Conn, Lock, Transaction};

/// Keys that one Server Admin may make on the page in an hour: a key may be worth a mail to everybody.
const HOURLY_LIMIT: usize = 20;
/// Keys that may be listed, those that have ended in the last 30 days among them.
const MOST_KEYS: usize = 200;

/// Makes, lists, revokes and recognises API keys.
#[derive(Clone)]
pub struct Keys {
    resources: Resources,
    alerts: Alerts,
}

/// A key that is to be made.
#[derive(Debug)]
pub struct NewKey {
    /// Its name.
    pub name: KeyName,
    /// What it may do.
    pub scope: Scope,
    /// How long it is accepted.
    pub validity: Validity,
    /// The single-use id of the form, if a form asks.
    pub request: Option<SecretCode>,
}

/// A key that was just made: shown once, then dropped.
#[derive(Debug)]
pub struct CreatedKey {
    /// The key in full.
    pub plain: PlainKey,
    /// Its record.
    pub key: ApiKey,
}

/// Why no key was made.
#[derive(Debug, thiserror::Error)]
pub enum CreateKeyError {
    /// This form has made a key before; it cannot be shown again.
    #[error("this request was already completed")]
    RequestAlreadyUsed,
    /// Too many keys in the last hour.
    #[error(transparent)]
    HourlyLimit(#[from] HourlyLimit),
    /// There are so many keys that nobody oversees them.
    #[error("there are {MOST_KEYS} API keys already: revoked and expired ones count for 30 days")]
    TooMany,
    /// The server failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Why a key was not revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevokeKeyError {
    /// No key has this id.
    #[error(transparent)]
    UnknownKey(#[from] UnknownKey),
    /// It has ended already.
    #[error("the API key has expired or was revoked already")]
    HasEnded,
    /// The server failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

change_errors!(CreateKeyError, RevokeKeyError);

impl Keys {
    /// Works on `resources`, and tells everybody by `alerts` of keys that may replace the token.
    pub(crate) const fn new(resources: Resources, alerts: Alerts) -> Self {
        Self { resources, alerts }
    }

    /// Makes a key.
    pub async fn create(&self, new: NewKey, by: Author) -> Result<CreatedKey, CreateKeyError> {
        let plain = PlainKey::generate(|bytes| self.resources.entropy.fill(bytes));
        let (id, digest) = (plain.id().clone(), KeyDigest::of(plain.expose()));
        let alerts = self.alerts.clone();
        let created = move |conn: &mut Transaction, by: &Authorized| {
            check_new(conn, &new, by)?;
            let key = ApiKey {
                id,
                digest: Some(digest),
                expires_at: new.validity.expiry(by.now),
                name: new.name,
                scope: new.scope,
                created_at: by.now,
                created_by: by.actor.clone(),
                maker_is_active: true,
                revocation: None,
                last_use: None,
            };
            let request = new.request.map(|request| request.digest());
            store::keys::insert(conn, &key, request.as_ref())?;
            let (name, validity) = (key.scope.name(), new.validity);
            let detail = format!("{}: {name}, valid for {validity}", key.id);
            let event = by.event(Kind::ApiKeyCreated).about(key.name.as_str());
            store::activity::record(conn, &event.with_detail(detail))?;
            if key.scope.allows(Scope::Replace) {
                alerts.key_created(conn, &key)?;
            }
            Ok::<_, CreateKeyError>(key)
        };
        let key = self.resources.write_as(by, Lock::Admins, Kind::ApiKeyCreated, created).await?;
        self.alerts.wake();
        Ok(CreatedKey { plain, key })
    }

    /// All keys, the newest first; those that have ended are kept for 30 days.
    pub async fn list(&self) -> Result<Vec<ApiKey>, Failure> {
        Ok(self.resources.store.read(store::keys::list).await?)
    }

    /// The key with this id.
    pub async fn by_id(&self, id: KeyId) -> Result<Option<ApiKey>, Failure> {
        Ok(self.resources.store.read(move |conn| store::keys::by_id(conn, &id)).await?)
    }

    /// Revokes a key: when this returns, no instance accepts it.
    pub async fn revoke(&self, id: KeyId, by: Author) -> Result<ApiKey, RevokeKeyError> {
        let revoked = move |conn: &mut Transaction, by: &Authorized| {
            let key = store::keys::by_id(conn, &id)?.ok_or(UnknownKey)?;
            if matches!(key.status(by.now), KeyStatus::Revoked | KeyStatus::Expired) {
                return Err(RevokeKeyError::HasEnded);
            }
            store::keys::revoke(conn, &id, &by.actor, by.now)?;
            let event = by.event(Kind::ApiKeyRevoked).about(key.name.as_str());
            store::activity::record(conn, &event.with_detail(id.as_str()))?;
            Ok(key)
        };
        self.resources.write_as(by, Lock::Admins, Kind::ApiKeyRevoked, revoked).await
    }

    /// The key behind a presented one, read after the request arrived; or why it is not accepted.
    pub async fn authenticate(
        &self,
        presented: &PresentedKey,
    ) -> Result<Result<ApiKey, KeyRefusal>, Failure> {
        let id = presented.id().clone();
        let read = move |conn: &mut Conn| store::keys::by_id(conn, &id);
        let stored = self.resources.store.read(read).await?;
        Ok(decide(stored, presented, self.resources.clock.now()))
    }
}

fn check_new(conn: &mut Conn, new: &NewKey, by: &Authorized) -> Result<(), CreateKeyError> {
    if let Some(request) = &new.request
        && store::keys::is_request_used(conn, &request.digest())?
    {
        return Err(CreateKeyError::RequestAlreadyUsed);
    }
    if store::keys::list(conn)?.len() >= MOST_KEYS {
        return Err(CreateKeyError::TooMany);
    }
    hourly::check(conn, by, &[Kind::ApiKeyCreated], HOURLY_LIMIT)
}
