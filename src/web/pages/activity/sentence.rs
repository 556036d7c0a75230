//! Sentences that a page may show with more than plain text.

use std::fmt;

/// A sentence whose parts a page may show in different ways.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Sentence {
    /// The parts in their order.
    pub(crate) parts: Vec<Part>,
}

/// A part of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// Our own words.
    Words(String),
    /// What somebody has entered: it may be written in the other direction.
    Foreign(String),
    /// The id of a token.
    Code(String),
    /// An address, which breaks between its groups.
    Address(String),
}

impl Sentence {
    pub(super) fn new(words: impl Into<String>) -> Self {
        Self::default().words(words)
    }

    pub(super) fn words(self, words: impl Into<String>) -> Self {
        self.with(Part::Words(words.into()))
    }

    pub(super) fn foreign(self, text: impl Into<String>) -> Self {
        self.with(Part::Foreign(text.into()))
    }

    pub(super) fn code(self, id: impl Into<String>) -> Self {
        self.with(Part::Code(id.into()))
    }

    /// An address; several without one.
    pub(super) fn address(self, address: Option<String>) -> Self {
        match address {
            Some(address) => self.with(Part::Address(address)),
            None => self.words("various addresses"),
        }
    }

    fn with(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }
}

impl fmt::Display for Sentence {
    /// Writes the sentence as plain text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| {
            let (Part::Words(text) | Part::Foreign(text) | Part::Code(text) | Part::Address(text)) =
                part;
            f.write_str(text)
        })
    }
}
