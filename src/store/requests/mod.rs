//! Counted requests: by hour, and by caller and day.

pub mod callers;
pub mod hours;
