//! A form that was filled in and not acted on, kept for the page that it stands on.

use actix_session::Session;
use actix_web::web;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

const KEPT: &str = "kept";

/// A form as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptForm {
    /// The path that it was sent to.
    pub(crate) action: String,
    /// Its fields, as in a URL.
    pub(crate) fields: String,
}

impl KeptForm {
    pub(super) fn keep(&self, session: &Session) {
        if let Err(error) = session.insert(KEPT, self) {
            tracing::error!(%error, "a form that was filled in was lost");
        }
    }

    /// Takes the form that is kept: a page that does not show it forgets it.
    pub(super) fn take(session: &Session) -> Option<Self> {
        // Removing marks the session as changed even if there is nothing to remove.
        if session.contains_key(KEPT) { session.remove_as(KEPT)?.ok() } else { None }
    }

    /// What was filled in, if it was for this path.
    pub(super) fn read<T: DeserializeOwned>(&self, action: &str) -> Option<T> {
        let is_it = self.action == action;
        is_it.then(|| web::Query::<T>::from_query(&self.fields).ok().map(web::Query::into_inner))?
    }
}
