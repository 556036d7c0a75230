//! How many requests arrive, and who sends them: as a card and as a page.

pub(super) mod callers;
pub(super) mod card;
mod chart;
pub(super) mod page;
mod words;
