//! What has happened: as a page, as a feed on other pages, as a file.

mod csv;
pub(super) mod export;
pub(super) mod feed;
mod filter;
mod json;
mod notes;
pub(super) mod page;
mod record;
pub(super) mod sentence;
mod words;
