//! What every letter looks like: the same parts in the same order, as text and as HTML.

use askama::Template;

use super::Letterhead;
use super::wrap::wrap;
use crate::domain::mail::calendar_entry::CalendarEntry;

/// The words of a mail, its subject and its two bodies, and what is attached.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Letter {
    /// The subject.
    pub subject: String,
    /// The body as plain text.
    pub text: String,
    /// The body as HTML.
    pub html: String,
    /// What it says, for those who are told in another form.
    pub outline: Outline,
    /// What calendars are told.
    pub entry: Option<CalendarEntry>,
}

/// What a letter says, without form: for receivers that have one of their own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outline {
    /// The subject without the product's name.
    pub title: String,
    /// What happens and what to do.
    pub paragraphs: Vec<String>,
    /// Label and value of each.
    pub facts: Vec<(&'static str, String)>,
    /// The one link: its label and its URL.
    pub link: (&'static str, String),
}

/// How urgent a letter is: the colour of its upper edge. The words say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// Something happened.
    Note,
    /// Somebody has to do something.
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

/// The parts of a letter, from top to bottom, as plain text.
pub(super) struct Parts {
    /// The subject without the product's name.
    pub(super) subject: String,
    /// What mail programs show beside the subject.
    pub(super) preview: String,
    pub(super) tone: Tone,
    pub(super) heading: String,
    /// What happens and what to do.
    pub(super) paragraphs: Vec<String>,
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) steps: Vec<String>,
    /// The one link: its label and its URL.
    pub(super) link: (&'static str, String),
    /// What comes next.
    pub(super) closing: String,
    /// Why the recipient gets the mail.
    pub(super) reason: String,
}

impl Parts {
    /// Renders both bodies.
    pub(super) fn render(&self, letterhead: &Letterhead) -> Letter {
        let product = &letterhead.product;
        let subject = format!("[{product}] {}", self.subject);
        let html = Html { parts: self, product, subject: &subject }.render().unwrap_or_default();
        let text =
            Text { parts: self, label_width: self.label_width() }.render().unwrap_or_default();
        let outline = Outline {
            title: self.subject.clone(),
            paragraphs: self.paragraphs.clone(),
            facts: self.facts.clone(),
            link: self.link.clone(),
        };
        Letter { subject, text: text + "\n", html, outline, entry: None }
    }

    fn label_width(&self) -> usize {
        self.facts.iter().map(|(label, _)| label.len()).max().unwrap_or_default()
    }
}

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct Html<'a> {
    parts: &'a Parts,
    product: &'a str,
    subject: &'a str,
}

#[derive(Template)]
#[template(path = "mail/letter.txt")]
struct Text<'a> {
    parts: &'a Parts,
    label_width: usize,
}

impl Text<'_> {
    #[expect(clippy::unused_self, reason = "templates call methods of their context")]
    fn wrap(&self, text: &str, indent: &str) -> String {
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
