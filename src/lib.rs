//! scimward manages the one bearer token with which an identity provider syncs users and groups
//! over SCIM: generated once in a browser, validated on every request, never expired unnoticed.
//!
//! ```text
//! cli        the command line: the only layer that prints
//! demo       made-up months, played through the services and thrown away
//! server     the web and what runs beside it, from start to shutdown; wires everything together
//! config     the only reader of the environment
//! web        HTTP: `api` for clients, proxies and applications, `pages` for browsers
//! service    one module per use case; asks the clock once, decides by domain, keeps it in store
//! store      the database: the only layer that knows Diesel
//! webhook    what webhooks get, and the answers of their receivers
//! mail       what mails say and how they leave
//! audit      what happened and what was refused, in the log
//! hasher     Argon2id on few threads · webauthn: whether a passkey proves something
//! clock      the time · entropy: randomness
//! stack      wiped after use · memory: given back after a rush · trust: which servers are believed
//! domain     decisions as functions of their arguments: no I/O, no async, no framework
//! ```
//!
//! Imports run downwards only; `tests/architecture/main.rs` holds the table.

pub mod audit;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod domain;
pub mod entropy;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
pub mod hasher;
pub mod mail;
mod memory;
pub mod server;
pub mod service;
mod stack;
pub mod store;
pub mod telemetry;
mod trust;
pub mod web;
pub mod webauthn;
pub mod webhook;
