//! What happened, who did it and from where: the entries of the activity list.

mod attempt;
pub mod kept;
mod kind;
pub mod timeline;
pub mod tried;

use chrono::{DateTime, Utc};

pub use self::attempt::Attempt;
pub use self::kind::{Kind, KindInfo, TOPICS, Topic, UnknownKind};
use super::admin::actor::Actor;
use super::network::source::Source;
use super::token::secret::TokenId;

/// One entry of the activity list. It never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When it happened; for counted entries, when the latest happened.
    pub at: DateTime<Utc>,
    /// What happened.
    pub kind: Kind,
    /// Who did it.
    pub actor: Actor,
    /// From where.
    pub source: Source,
    /// The token it is about.
    pub token: Option<TokenId>,
    /// What else it is about; see [`Kind`].
    pub subject: Option<String>,
    /// A sentence or an answer to show with it.
    pub detail: Option<String>,
    /// How many times it happened; 1 for most kinds.
    pub count: u64,
}

impl Event {
    /// An entry that happened once; the other fields are filled by the `with` methods.
    pub const fn new(at: DateTime<Utc>, kind: Kind, actor: Actor, source: Source) -> Self {
        Self { at, kind, actor, source, token: None, subject: None, detail: None, count: 1 }
    }

    /// Names the token it is about.
    #[must_use]
    pub fn about_token(mut self, token: TokenId) -> Self {
        self.token = Some(token);
        self
    }

    /// Names what else it is about.
    #[must_use]
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// Adds a sentence or an answer.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Says how many times it happened.
    #[must_use]
    pub const fn times(mut self, count: u64) -> Self {
        self.count = count;
        self
    }
}

/// An entry with the key that orders the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Grows with every entry: the key by which the list is paged.
    pub id: i64,
    /// The entry.
    pub event: Event,
}
