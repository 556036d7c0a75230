//! scimward: the SCIM bearer token as a first-class thing.
pub mod clock;
pub mod domain;
pub mod entropy;
pub mod hasher;
pub mod service;
pub mod store;
