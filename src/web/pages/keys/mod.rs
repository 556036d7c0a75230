//! API keys: the list, the form that makes one, and revoking.

pub(super) mod create;
pub(super) mod list;
pub(super) mod revoke;
