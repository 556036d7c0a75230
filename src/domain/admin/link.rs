//! Links that make somebody a Server Admin, once.

use chrono::{DateTime, Utc};

use super::code::Digest;

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkPurpose {
    /// Creating the first Server Admin.
    Setup,
    /// Joining as a further Server Admin.
    Invitation,
}

/// A link that may still be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneTimeLink {
    /// The stored form of its code.
    pub digest: Digest,
    /// The name that was entered for the invited person.
    pub name: Option<String>,
    /// The address the invitation went to.
    pub email: Option<String>,
    /// The first instant at which it no longer works.
    pub expires_at: DateTime<Utc>,
}
