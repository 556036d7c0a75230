//! Links that let somebody in, once.

use chrono::{DateTime, Utc};

use super::code::Digest;
use super::person::AdminId;

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkPurpose {
    /// Creating the first Server Admin.
    Setup,
    /// Joining as a further Server Admin.
    Invitation,
    /// Choosing a new password.
    Password,
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
    /// The Server Admin whose password it is for.
    pub admin: Option<AdminId>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The first instant at which it no longer works.
    pub expires_at: DateTime<Utc>,
    /// Why no mail has brought it: the mail server's answer, empty if no mail was sent.
    pub undelivered: Option<String>,
}
