//! Why a change was refused: one enum per use case. The texts are for people, in pages and commands.

use chrono::{DateTime, Utc};

use crate::domain::admin::password::WeakPassword;
use crate::domain::admin::{EmailTaken, ServerAdmin, UnknownAdmin};
use crate::service::failure::change_errors;
use crate::service::{Failure, HourlyLimit};

/// Why a Server Admin was not added, directly or by a link.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// The link was used, has expired, is another person's or never existed.
    #[error("this link was used already or has expired")]
    LinkNotUsable,
    /// Somebody has this address already.
    #[error(transparent)]
    EmailTaken(#[from] EmailTaken),
    /// The password is not good enough.
    #[error(transparent)]
    WeakPassword(#[from] WeakPassword),
    /// The server failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Why an invitation was not made.
#[derive(Debug, thiserror::Error)]
pub enum InviteError {
    /// This Server Admin has the address already.
    #[error("{EmailTaken}")]
    EmailTaken(Box<ServerAdmin>),
    /// Too many invitations in the last hour.
    #[error(transparent)]
    HourlyLimit(#[from] HourlyLimit),
    /// So many invitations are open that no more are made.
    #[error("too many invitations are open")]
    TooManyOpen {
        /// How many may be open.
        limit: usize,
        /// When the first of them ends.
        until: DateTime<Utc>,
    },
    /// The server failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Why name and address were not changed.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// No Server Admin has this key.
    #[error(transparent)]
    UnknownAdmin(#[from] UnknownAdmin),
    /// Somebody else has this address.
    #[error(transparent)]
    EmailTaken(#[from] EmailTaken),
    /// Too many changes in the last hour.
    #[error(transparent)]
    HourlyLimit(#[from] HourlyLimit),
    /// The server failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Why a Server Admin was not deactivated or reactivated.
#[derive(Debug, thiserror::Error)]
pub enum ActivationError {
    /// No Server Admin has this key.
    #[error(transparent)]
    UnknownAdmin(#[from] UnknownAdmin),
    /// No active Server Admin would be left.
    #[error("the last active Server Admin cannot be deactivated")]
    LastActive,
    /// Too many changes in the last hour.
    #[error(transparent)]
    HourlyLimit(#[from] HourlyLimit),
    /// The server failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The password given as the present one is wrong.
    #[error("the current password is not correct")]
    WrongPassword,
    /// The present password was wrong too often.
    #[error("too many attempts with a wrong password")]
    Throttled {
        /// The first instant at which another attempt is looked at.
        until: DateTime<Utc>,
    },
    /// The new password is not good enough.
    #[error(transparent)]
    WeakPassword(#[from] WeakPassword),
    /// The server failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Why no password link was made.
#[derive(Debug, thiserror::Error)]
pub enum PasswordLinkError {
    /// No Server Admin has this key.
    #[error(transparent)]
    UnknownAdmin(#[from] UnknownAdmin),
    /// They ask for themselves.
    #[error("a password link is for somebody else: change your own password on your account page")]
    Own,
    /// Deactivated Server Admins cannot log in.
    #[error("{0} is deactivated and could not log in with a new password")]
    Deactivated(String),
    /// Too many links in the last hour.
    #[error(transparent)]
    HourlyLimit(#[from] HourlyLimit),
    /// The server failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Why no new password was chosen with a link.
#[derive(Debug, thiserror::Error)]
pub enum NewPasswordError {
    /// The link was used or replaced, has expired or never existed, or its Server Admin was deactivated.
    #[error("this link was used already or has expired")]
    LinkNotUsable,
    /// The password is not good enough.
    #[error(transparent)]
    WeakPassword(#[from] WeakPassword),
    /// The server failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

change_errors!(
    AddError,
    InviteError,
    ProfileError,
    ActivationError,
    PasswordError,
    PasswordLinkError,
    NewPasswordError
);
