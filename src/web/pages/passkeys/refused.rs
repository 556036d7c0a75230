//! What people read about a passkey or code that was refused.

use chrono::{DateTime, Utc};

use crate::service::passkeys::PasskeyError;
use crate::web::error::PageError;
use crate::web::pages::layout::text::sentence;
use crate::web::pages::layout::time::wait;

/// Why a login was refused, in words that tell a stranger nothing; or what failed.
pub(super) fn login(error: PasskeyError, now: DateTime<Utc>) -> Result<String, PageError> {
    Ok(match error {
        PasskeyError::Failed(failure) => return Err(failure.into()),
        PasskeyError::NotPossible => return Err(PageError::NotFound),
        error @ (PasskeyError::Unknown | PasskeyError::WrongCode) => sentence(error),
        PasskeyError::Throttled { until } => too_many(until, now),
        _ => "The passkey was not used. Try again, or log in with your password.".to_owned(),
    })
}

/// Why a passkey was not added; or what failed.
pub(super) fn enrolment(error: PasskeyError, now: DateTime<Utc>) -> Result<String, PageError> {
    Ok(match error {
        PasskeyError::Failed(failure) => return Err(failure.into()),
        PasskeyError::NotPossible => return Err(PageError::NotFound),
        PasskeyError::TooMany { limit } => {
            format!("You have {limit} passkeys, which is the limit. Remove one first.")
        }
        PasskeyError::HourlyLimit(limit) => too_many(limit.until, now),
        _ => "No passkey was added. Try again.".to_owned(),
    })
}

fn too_many(until: DateTime<Utc>, now: DateTime<Utc>) -> String {
    format!("Too many attempts. Try again in {}.", wait((until - now).num_seconds().max(1)))
}
