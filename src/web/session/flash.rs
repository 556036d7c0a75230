//! Messages from one page to the next.

use std::borrow::Cow;

use actix_session::Session;
use serde::{Deserialize, Serialize};

const FLASH: &str = "flash";

/// A message for the next page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Flash {
    /// Whether it is good news.
    pub(crate) good: bool,
    /// The message.
    pub(crate) title: String,
    /// What follows from it; may be empty.
    pub(crate) text: String,
    /// Whether the text has marks of what stands out: then it holds nothing that others have chosen.
    #[serde(default)]
    pub(crate) marked: bool,
    /// Where to go about it.
    #[serde(default)]
    pub(crate) link: Option<Link>,
}

/// A link of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Link {
    pub(crate) href: Cow<'static, str>,
    pub(crate) text: Cow<'static, str>,
}

impl Link {
    pub(crate) fn new(
        href: impl Into<Cow<'static, str>>,
        text: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { href: href.into(), text: text.into() }
    }
}

impl Flash {
    /// Something was done.
    pub(crate) fn done(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { good: true, title: title.into(), text: text.into(), marked: false, link: None }
    }

    /// Something was not done, or not as expected.
    pub(crate) fn warning(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { good: false, title: title.into(), text: text.into(), marked: false, link: None }
    }

    /// Something was done, and a text with marks of our own says what follows.
    pub(crate) fn done_marked(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { marked: true, ..Self::done(title, text) }
    }

    /// The same with a link.
    pub(crate) fn with_link(self, link: Link) -> Self {
        Self { link: Some(link), ..self }
    }

    /// Leaves the message for the next page.
    pub(crate) fn leave(&self, session: &Session) {
        if let Err(error) = session.insert(FLASH, self) {
            tracing::error!(%error, "a message for the next page was lost");
        }
    }

    /// Takes the message that the page before has left.
    pub(super) fn take(session: &Session) -> Option<Self> {
        // Removing marks the session as changed even if there is nothing to remove.
        if !session.contains_key(FLASH) {
            return None;
        }
        session.remove_as(FLASH)?.ok()
    }
}
