//! What fuzzing reaches of the web.

pub use super::api::fuzz::header;
pub(crate) use super::api::fuzz::path;
pub use super::pages::fuzz::form;
