//! The mails that are sent about the token.

pub(super) mod card;
pub(super) mod page;
mod settings;
pub(super) mod webhooks;
