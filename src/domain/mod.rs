//! What scimward decides, without knowing how it is stored, sent or shown.
//!
//! Everything here is a function of its arguments, the present instant among them: no I/O, no
//! async, no framework. Whatever enters the product is parsed into these types at its edge and not
//! checked again.

pub mod activity;
pub mod admin;
pub mod application;
pub mod base62;
pub mod calendar;
pub mod lifespan;
pub mod milestone;
pub mod network;
pub mod notice;
pub mod one_time;
pub mod public_url;
pub mod refusal;
pub mod secret;
pub mod source;
pub mod throttle;
pub mod timeline;
pub mod token;
