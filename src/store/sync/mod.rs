//! How sync fares: what is refused, and the outages that have ended.

pub mod outages;
pub mod refused;
