//! Sessions as actix-session asks for them. A browser holds the id, the database its digest.
//!
//! actix-session keeps a map of texts, good for the CSRF token and the flash. Whose session it is,
//! and which one a request has begun, are typed values: each request has a store of its own that
//! hands them over.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_web::cookie::time::Duration;
use anyhow::anyhow;

use crate::domain::admin::ServerAdmin;
use crate::domain::admin::code::SessionId;
use crate::service::passkeys::Passkeys;
use crate::service::sessions::{Session, Sessions};

type State = HashMap<String, String>;

/// The sessions as one request sees them.
#[derive(Clone)]
pub(super) struct RequestStore {
    sessions: Sessions,
    passkeys: Arc<Passkeys>,
    /// Whether the request keeps its session from becoming idle.
    extends: bool,
    found: Rc<RefCell<Option<(Session, ServerAdmin)>>>,
    must_enrol: Rc<Cell<bool>>,
    begun: Rc<RefCell<Option<SessionId>>>,
    stored: Rc<RefCell<Option<SessionId>>>,
}

impl RequestStore {
    pub(super) fn new(sessions: Sessions, passkeys: Arc<Passkeys>, extends: bool) -> Self {
        let (found, begun, stored) = (Rc::default(), Rc::default(), Rc::default());
        let must_enrol = Rc::default();
        Self { sessions, passkeys, extends, found, must_enrol, begun, stored }
    }

    /// The session that the request's cookie names, and whose it is.
    pub(super) fn found(&self) -> Option<(Session, ServerAdmin)> {
        self.found.borrow().clone()
    }

    /// Whether they have to add a passkey before anything else.
    pub(super) fn must_enrol(&self) -> bool {
        self.must_enrol.get()
    }

    /// Says which session, begun by this request, the browser gets.
    pub(super) fn begin(&self, id: SessionId) {
        self.begun.replace(Some(id));
    }

    /// The session, begun by this request, that the browser gets.
    pub(super) fn stored(&self) -> Option<SessionId> {
        self.stored.take()
    }
}

impl SessionStore for RequestStore {
    async fn load(&self, key: &SessionKey) -> Result<Option<State>, LoadError> {
        let found = self.sessions.find(&id(key), self.extends).await;
        let Some((session, admin)) = found.map_err(|error| LoadError::Other(error.into()))? else {
            return Ok(None);
        };
        let state = serde_json::from_str(&session.state)
            .map_err(|error| LoadError::Deserialization(error.into()))?;
        let is_missing = self.passkeys.is_missing(admin.id).await;
        self.must_enrol.set(is_missing.map_err(|error| LoadError::Other(error.into()))?);
        self.found.replace(Some((session, admin)));
        Ok(Some(state))
    }

    async fn save(&self, state: State, _ttl: &Duration) -> Result<SessionKey, SaveError> {
        let Some(id) = self.begun.take() else {
            return Err(SaveError::Other(anyhow!("a session without a Server Admin")));
        };
        let text = serde_json::to_string(&state)
            .map_err(|error| SaveError::Serialization(error.into()))?;
        let stored = self.sessions.set_state(&id, text).await;
        stored.map_err(|error| SaveError::Other(error.into()))?;
        let key = SessionKey::try_from(id.expose().to_owned());
        self.stored.replace(Some(id));
        key.map_err(|error| SaveError::Other(error.into()))
    }

    async fn update(
        &self,
        key: SessionKey,
        state: State,
        _ttl: &Duration,
    ) -> Result<SessionKey, UpdateError> {
        let text = serde_json::to_string(&state)
            .map_err(|error| UpdateError::Serialization(error.into()))?;
        let updated = self.sessions.set_state(&id(&key), text).await;
        updated.map_err(|error| UpdateError::Other(error.into()))?;
        Ok(key)
    }

    async fn update_ttl(&self, _key: &SessionKey, _ttl: &Duration) -> Result<(), anyhow::Error> {
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        Ok(self.sessions.end(&id(key)).await?)
    }
}

fn id(key: &SessionKey) -> SessionId {
    SessionId::presented(key.as_ref())
}
