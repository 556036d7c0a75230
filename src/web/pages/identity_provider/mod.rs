//! What to enter in the identity provider, in its own words.

pub(super) mod page;
