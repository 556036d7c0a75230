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

    /// Takes what was filled in, if it was for this path: another page forgets it.
    pub(super) fn take<T: DeserializeOwned>(session: &Session, action: &str) -> Option<T> {
        // Removing marks the session as changed even if there is nothing to remove.
        if !session.contains_key(KEPT) {
            return None;
        }
        let kept: Self = session.remove_as(KEPT)?.ok()?;
        kept.read().filter(|_| kept.action == action)
    }

    /// What was filled in.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Option<T> {
        web::Query::<T>::from_query(&self.fields).ok().map(web::Query::into_inner)
    }
}
