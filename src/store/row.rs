//! Instants as they are stored: whole seconds since 1970, the same on both databases.

use chrono::{DateTime, Utc};

use super::error::StoreError;

/// The stored form of an instant.
pub(super) const fn seconds(at: DateTime<Utc>) -> i64 {
    at.timestamp()
}

/// The instant behind a stored value.
///
/// # Errors
/// [`StoreError::Corrupt`] when the value is outside the calendar.
pub(super) fn instant(seconds: i64) -> Result<DateTime<Utc>, StoreError> {
    DateTime::from_timestamp(seconds, 0)
        .ok_or_else(|| StoreError::Corrupt(format!("{seconds} is not an instant")))
}
