//! Server Admins: who they are, how they join, their own account.

pub(super) mod account;
pub(super) mod activation;
pub(super) mod card;
pub(super) mod fields;
mod invitations;
pub(super) mod invite;
pub(super) mod join;
pub(super) mod list;
mod one_time_link;
pub(super) mod password_link;
mod search;
mod sign_in;
