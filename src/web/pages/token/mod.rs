//! The SCIM token: its page, generating it and revoking it.

pub(super) mod card;
pub(super) mod form;
pub(super) mod generate;
mod next;
pub(super) mod page;
pub(super) mod revoke;
pub(super) mod revoke_old;
pub(super) mod state;
pub(super) mod valid_tokens;
