//! Server Admins: their accounts, passkeys, sessions, failed logins, and links to join.

pub mod admins;
pub mod links;
pub mod login_failures;
pub mod passkeys;
pub mod recovery_codes;
pub mod second_steps;
pub mod sessions;
pub mod used_challenges;
