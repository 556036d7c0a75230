//! What scimward decides, without knowing how it is stored, sent or shown.
//!
//! Everything here is a function of its arguments, the present instant among them: no I/O, no
//! async, no framework. Whatever enters the product is parsed into these types at its edge and not
//! checked again.

pub mod activity;
pub mod admin;
pub mod base62;
pub mod calendar;
pub mod certificate;
pub mod credential;
pub mod identity_provider;
pub mod introspection_client;
pub mod keys;
pub mod mail;
pub mod masking;
pub mod network;
pub mod requests;
pub mod sync;
pub mod token;
pub mod visible;
