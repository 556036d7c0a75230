//! What clients do: uses and refusals, gathered in memory and written once a minute.

pub mod counters;
pub mod refusals;
pub mod uses;
