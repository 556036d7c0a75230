//! Server Admins: their accounts, sessions, failed logins, and links to join.

pub mod admins;
pub mod links;
pub mod login_failures;
pub mod sessions;
