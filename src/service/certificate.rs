//! The certificate that this process serves, as far as use cases have to know it.

use std::sync::{Arc, PoisonError, RwLock};

use crate::domain::certificate::Certificate;

/// A place for it; cheap to clone. Empty while HTTPS is not served here.
#[derive(Debug, Clone, Default)]
pub struct ServedCertificate(Arc<RwLock<Option<Certificate>>>);

impl ServedCertificate {
    /// The present one.
    pub fn get(&self) -> Option<Certificate> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Another one is served from now on.
    pub fn set(&self, certificate: Certificate) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(certificate);
    }
}
