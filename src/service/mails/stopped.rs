//! Which webhooks are left alone, because they have said that they are gone.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use crate::domain::mail::recipient::WebhookId;

/// Webhooks that have said that they are gone. They are not called again by this process.
#[derive(Debug, Default)]
pub(super) struct Stopped(Mutex<HashSet<WebhookId>>);

impl Stopped {
    pub(super) fn has(&self, id: &WebhookId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(id)
    }

    /// Adds one; false if it was there.
    pub(super) fn add(&self, id: &WebhookId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone())
    }

    /// Takes out one that has answered.
    pub(super) fn remove(&self, id: &WebhookId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}
