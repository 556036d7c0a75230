//! What every mail looks like: the same parts in the same order, as text and as HTML.

use askama::Template;

use super::Letterhead;
use super::wrap::wrap;

/// A mail's subject and its two bodies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The subject.
    pub subject: String,
    /// The body for text readers.
    pub text: String,
    /// The body for all others.
    pub html: String,
}

/// How urgent a mail is: the colour of its upper edge. The words say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// Something happened.
    Note,
    /// Something is to be done.
    Attention,
    /// Something has stopped or is about to.
    Danger,
}

impl Tone {
    const fn colour(self) -> &'static str {
        match self {
            Self::Note => "#0969da",
            Self::Attention => "#9a6700",
            Self::Danger => "#cf222e",
        }
    }
}

/// The parts of a mail, from top to bottom. Nothing in them is formatted.
#[derive(Debug)]
pub(super) struct Draft {
    /// The subject without the product's name.
    pub(super) subject: String,
    /// What mailboxes show beside the subject.
    pub(super) preview: String,
    pub(super) tone: Tone,
    pub(super) heading: String,
    /// What happens and what to do.
    pub(super) paragraphs: Vec<String>,
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) steps: &'static [&'static str],
    /// The one link: its label and its URL.
    pub(super) link: (&'static str, String),
    /// What comes next.
    pub(super) closing: String,
    /// Why the recipient gets it.
    pub(super) reason: String,
}

impl Draft {
    /// Renders both bodies.
    pub(super) fn render(&self, letterhead: &Letterhead) -> Letter {
        let product = &letterhead.product;
        let subject = format!("[{product}] {}", self.subject);
        let html = Html { draft: self, product, subject: &subject }.render().unwrap_or_default();
        let text =
            Text { draft: self, label_width: self.label_width() }.render().unwrap_or_default();
        Letter { subject, text: text + "\n", html }
    }

    fn label_width(&self) -> usize {
        self.facts.iter().map(|(label, _)| label.len()).max().unwrap_or_default()
    }
}

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct Html<'a> {
    draft: &'a Draft,
    product: &'a str,
    subject: &'a str,
}

#[derive(Template)]
#[template(path = "mail/letter.txt")]
struct Text<'a> {
    draft: &'a Draft,
    label_width: usize,
}

impl Text<'_> {
    #[expect(clippy::unused_self, reason = "templates call methods of their context")]
    fn broken(&self, text: &str, indent: &str) -> String {
        wrap(text, indent)
    }

    /// `Expires:   4 Dec 2026, 14:03 UTC`
    fn fact(&self, label: &str, value: &str) -> String {
        let indent = " ".repeat(self.label_width + 4);
        let label = format!("{label}:");
        let width = self.label_width + 1;
        format!("{label:width$} {}", wrap(value, &indent))
    }
}
