//! Identity providers: what each calls things, and what to do there.
//!
//! The records are the one source of `docs/identity-providers.md`, the page `Identity provider`, the
//! token window, notices and mails. Their texts mark what stands out as Markdown does:
//! `**strong**` and `` `code` ``.

#[cfg(test)]
mod manual;
mod records;
pub mod scim_url;

use std::str::FromStr;

use chrono::{DateTime, Utc};

pub use self::records::{GENERAL, TEST_FAILS};
use super::admin::actor::Actor;

/// What can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityProvider {
    /// Okta, which adds `Bearer ` by itself.
    Okta,
    /// Okta with an app that sends its field as it is.
    OktaHeader,
    /// Microsoft Entra ID.
    Entra,
    /// `OneLogin`.
    OneLogin,
    /// `PingOne`.
    PingOne,
    /// `PingFederate`.
    PingFederate,
    /// `JumpCloud`.
    JumpCloud,
    /// Google Workspace.
    Google,
    /// One that nothing is known of.
    Other,
}

/// What is known of an identity provider.
#[derive(Debug)]
pub struct Guide {
    /// The stored form; it never changes.
    pub code: &'static str,
    /// What the list of choices calls it.
    pub choice: &'static str,
    /// What sentences call it.
    pub name: &'static str,
    /// How the token is entered.
    pub form: TokenForm,
    /// What does not work there; may be empty.
    pub limits: &'static str,
    /// Where its fields are.
    pub place: &'static str,
    /// Its fields, in its own words.
    pub fields: &'static [Field],
    /// What to do once they are filled in.
    pub finish: &'static str,
    /// Where a new token is entered.
    pub open: &'static str,
    /// What to do there.
    pub paste: &'static str,
    /// What follows, so that sync goes on and nothing is lost.
    pub then: &'static str,
    /// Why; may be empty.
    pub why: &'static str,
    /// What repeats what was refused in the meantime; empty where nothing is known.
    pub repeat: &'static str,
    /// Where to look when nothing arrives.
    pub look: &'static str,
}

/// How an identity provider takes the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenForm {
    /// It puts `Bearer ` in front.
    Alone,
    /// It sends the field as it is, so `Bearer ` belongs into it.
    Header,
    /// Not known.
    Either,
}

/// A field of an identity provider.
#[derive(Debug)]
pub struct Field {
    /// Its name there.
    pub name: &'static str,
    /// What to know about it; may be empty.
    pub note: &'static str,
    /// Whether customers and other products say so, rather than the vendor.
    pub is_reported: bool,
    /// What belongs into it.
    pub value: Value,
}

/// What belongs into a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// The address of the SCIM service.
    BaseUrl,
    /// The token.
    Token,
    /// This text.
    Entered(&'static str),
    /// This one of a list.
    Chosen(&'static str),
}

/// What the identity provider is called that nothing is known of.
pub const YOURS: &str = "your identity provider";

/// The name in sentences.
pub fn name(chosen: Option<IdentityProvider>) -> &'static str {
    chosen.map_or(YOURS, |provider| provider.guide().name)
}

/// `text`, which speaks of the identity provider, with the name of the chosen one.
pub fn named(text: &str, chosen: Option<IdentityProvider>) -> String {
    match name(chosen) {
        YOURS => text.to_owned(),
        name => ["the identity provider", "The identity provider", YOURS]
            .iter()
            .fold(text.to_owned(), |text, words| text.replace(words, name)),
    }
}

impl Guide {
    /// Whether it speaks of an identity provider that is known.
    pub fn is_known(&self) -> bool {
        self.name != YOURS
    }

    /// What it calls the address of the SCIM service.
    pub fn base_url_field(&self) -> &'static str {
        let field = self.fields.iter().find(|field| field.value == Value::BaseUrl);
        field.map_or("SCIM base URL", |field| field.name)
    }

    /// The steps by which a new token is entered, without the name.
    pub fn steps(&self) -> [String; 2] {
        let Self { open, paste, then, why, .. } = self;
        [format!("**{open}**: {paste}."), [then, " ", why].concat().trim_end().to_owned()]
    }
}

/// The identity provider that a Server Admin has chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Which.
    pub provider: IdentityProvider,
    /// Who has chosen it.
    pub by: Actor,
    /// When.
    pub at: DateTime<Utc>,
}

/// How a piece of text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// As all text.
    Plain,
    /// It stands out.
    Strong,
    /// It is entered or read as it is.
    Code,
}

/// The pieces of a text with marks.
pub fn pieces(text: &str) -> Vec<(Look, &str)> {
    let mut pieces = Vec::new();
    for (number, part) in text.split("**").enumerate() {
        let around = if number % 2 == 0 { Look::Plain } else { Look::Strong };
        for (number, piece) in part.split('`').enumerate() {
            let look = if number % 2 == 0 { around } else { Look::Code };
            if !piece.is_empty() {
                pieces.push((look, piece));
            }
        }
    }
    pieces
}

/// The text without its marks, as mails have it.
pub fn unmarked(text: &str) -> String {
    pieces(text).into_iter().map(|(_, piece)| piece).collect()
}

/// The text names no identity provider that can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("choose one from the list")]
pub struct UnknownProvider;

impl FromStr for IdentityProvider {
    type Err = UnknownProvider;

    fn from_str(code: &str) -> Result<Self, UnknownProvider> {
        let all = Self::ALL.iter().copied();
        all.into_iter().find(|provider| provider.guide().code == code).ok_or(UnknownProvider)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_record_is_complete() {
        for provider in IdentityProvider::ALL {
            let guide = provider.guide();
            assert_eq!(guide.code.parse(), Ok(*provider));
            for value in [Value::BaseUrl, Value::Token] {
                let fields = guide.fields.iter().filter(|field| field.value == value);
                assert_eq!(fields.count(), 1, "{}: {value:?}", guide.choice);
            }
            let texts = [guide.limits, guide.place, guide.finish, guide.paste, guide.then];
            for text in texts.into_iter().chain([guide.why, guide.repeat, guide.look]) {
                let ends =
                    text.is_empty() || text.ends_with(['.', '?', '*']) || text == guide.paste;
                assert!(ends, "{}: {text}", guide.choice);
                assert_eq!(text.matches("**").count() % 2, 0, "{text}");
                assert_eq!(text.matches('`').count() % 2, 0, "{text}");
            }
        }
        assert_eq!("Okta".parse::<IdentityProvider>(), Err(UnknownProvider));
    }

    #[test]
    fn marks_make_pieces() {
        let text = "**Tasks**: choose `userName`, **Retry**.";
        let expected = [
            (Look::Strong, "Tasks"),
            (Look::Plain, ": choose "),
            (Look::Code, "userName"),
            (Look::Plain, ", "),
            (Look::Strong, "Retry"),
            (Look::Plain, "."),
        ];
        assert_eq!(pieces(text), expected);
        assert_eq!(unmarked(text), "Tasks: choose userName, Retry.");
    }

    #[test]
    fn a_text_speaks_of_the_chosen_one() {
        let text = "The identity provider adds it. If it is the identity provider's, ask in your \
                    identity provider.";
        let okta = named(text, Some(IdentityProvider::OktaHeader));
        assert_eq!(okta, "Okta adds it. If it is Okta's, ask in Okta.");
        for unknown in [None, Some(IdentityProvider::Other)] {
            assert_eq!(named(text, unknown), text);
        }
    }
}
