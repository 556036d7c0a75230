//! Whether sync works: what every page says about it, and what the page of the token shows.

pub(super) mod live;
pub(super) mod notes;
pub(super) mod notice;
pub(super) mod refused;
pub(super) mod way;
