//! The whole product through its own doors: one binary, so that it is linked once.
//!
//! Every test starts the real application on a port and a database of its own. Time is moved and
//! randomness seeded; nothing sleeps, shares or skips. Those that touch the database run on both:
//! list them in [`support::on_each_database`]. What needs PostgreSQL has `postgres` in its path: by
//! that `tests/run quick` leaves it out.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

mod activity;
mod alerts;
mod api;
mod authority;
mod backup;
mod calendar;
mod checklist;
mod cli;
mod clocks;
mod connections;
mod demo;
mod expiry_mails;
mod history;
mod identity_provider;
mod keys;
mod logins;
mod logs;
mod mail_server;
mod memory;
mod metrics;
mod notifications;
mod outages;
mod output;
mod overlap;
mod packages;
mod pages;
mod passkeys;
mod people;
mod proxies;
mod races;
mod requests;
mod scale;
mod server;
mod spellings;
mod support;
mod sync;
mod tls;
mod tokens;
mod upkeep;
mod values;
mod webhooks;
